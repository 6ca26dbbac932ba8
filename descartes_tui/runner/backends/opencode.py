"""opencode: `opencode run --format json`."""

import re
from collections.abc import Sequence
from typing import Final

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last, table
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict

_NUMBER: Final = re.compile(r"[-+.]?\d")


class OpencodeAdapter(HeadlessCliAdapter):
    """opencode. There is no closing event: the last `step_finish` says why it stopped."""

    name = "opencode"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """Pass the prompt word by word: opencode puts quotes around an argument that has a blank in it.

        A word that is a number goes behind a tab: as a number it would crash opencode.
        """
        words = [f"\t{word}" if _NUMBER.match(word) else word for word in prompt_of(config).split(" ")]
        return ("run", "--format", "json", *option("-m", config.model), *config.args, "--", *words)

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """A refused permission ends the run at once, with exit code 0."""
        if last(events, "error"):
            return Verdict.FAILED
        if plain is not Verdict.DONE:
            return plain
        if any(_is_refusal(event) for event in events) or b"auto-rejecting" in tail:
            return Verdict.DONE_WITH_REFUSALS
        finish = last(events, "step_finish")
        reason = table(finish.get("part")).get("reason") if finish else None
        return Verdict.DONE if reason == "stop" else Verdict.CUT_OFF


def _is_refusal(event: Event) -> bool:
    state = table(table(event.get("part")).get("state"))
    return state.get("status") == "error" and "rejected permission" in str(state.get("error", ""))
