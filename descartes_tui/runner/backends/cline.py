"""Cline CLI: `cline --json`."""

from collections.abc import Sequence

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict


class ClineAdapter(HeadlessCliAdapter):
    """Cline. It leaves a hub daemon behind after each run, and heeds TERM only after its turn."""

    name = "cline"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """`--auto-approve false` is said aloud: its own default may be to approve everything."""
        approval = () if "--auto-approve" in config.args else ("--auto-approve", "false")
        return ("--json", *approval, *option("-m", config.model), *config.args, prompt_of(config))

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """`run_result` decides, unless `run_aborted` follows it."""
        if last(events, "run_aborted"):
            return Verdict.INTERRUPTED
        result = last(events, "run_result")
        if result is None:
            return Verdict.CUT_OFF if plain is Verdict.DONE else plain
        if result.get("finishReason") != "completed":
            return Verdict.FAILED
        return Verdict.DONE_WITH_REFUSALS if b"requires approval in a TTY" in tail else plain
