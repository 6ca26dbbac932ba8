"""Claude Code: `claude -p`, JSON events, one `result` at the end."""

import re
from collections.abc import Sequence
from typing import Final

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict

_LONG_RESULT: Final = re.compile(rb'(?<!\\)"type":"result"')
_IS_ERROR: Final = re.compile(rb'(?<!\\)"is_error":true')


class ClaudeCodeAdapter(HeadlessCliAdapter):
    """Claude Code. Its exit code is 0 when it was interrupted, and its failed result has the subtype `success`."""

    name = "claude"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """`--output-format stream-json` is refused without `--verbose`."""
        return (
            "-p",
            prompt_of(config, with_system=False),
            *("--output-format", "stream-json", "--verbose"),
            *option("--model", config.model),
            *option("--append-system-prompt", config.system_prompt),
            *config.args,
        )

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """The last `result` event decides; without one the stream was cut."""
        result = last(events, "result")
        if result is None:
            return _without_result(plain, tail)
        if str(result.get("terminal_reason", "")).startswith("aborted"):
            return Verdict.INTERRUPTED
        if result.get("subtype") == "error_max_budget_usd":
            return Verdict.OVER_BUDGET
        if result.get("is_error"):
            retried = any(event.get("subtype") == "api_retry" for event in events)
            return Verdict.GAVE_UP if retried else Verdict.FAILED
        if result.get("permission_denials"):
            return Verdict.DONE_WITH_REFUSALS
        return plain


def _without_result(plain: Verdict, tail: bytes) -> Verdict:
    """A result longer than the tail has no readable line: look at what is there of it."""
    line = tail.rstrip().rpartition(b"\n")[2]
    if _LONG_RESULT.search(line):
        return Verdict.FAILED if _IS_ERROR.search(line) else plain
    return Verdict.CUT_OFF if plain is Verdict.DONE else plain
