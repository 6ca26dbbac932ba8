"""aider: `aider --message`, plain text."""

import re
from collections.abc import Sequence
from typing import Final

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict

_QUIET: Final = (
    "--no-check-update",
    "--no-show-release-notes",
    "--analytics-disable",
    "--no-pretty",
    "--no-gitignore",
)
_ERROR: Final = re.compile(rb"^.{0,200}?litellm\.\w+(Error|Exception|Exceeded\w*)\b", re.MULTILINE)
_RETRY: Final = re.compile(rb"^Retrying in [\d.]+ seconds", re.MULTILINE)
_ANSWERED: Final = re.compile(rb"^Tokens: .* sent, .* received", re.MULTILINE)


class AiderAdapter(HeadlessCliAdapter):
    """aider. Its exit code is 0 for everything but death by a signal: success is read from the text."""

    name = "aider"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """Keep it from asking about updates, news and statistics, and from editing `.gitignore`."""
        return (*option("--model", config.model), *_QUIET, *config.args, "--message", prompt_of(config))

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """An answer is followed by a line with its tokens; what stands after the last one counts."""
        if b"^C again to exit" in tail:
            return Verdict.INTERRUPTED
        if plain is not Verdict.DONE:
            return plain
        answers = list(_ANSWERED.finditer(tail))
        rest = tail[answers[-1].end() :] if answers else tail
        if _ERROR.search(rest):
            return Verdict.GAVE_UP if _RETRY.search(rest) else Verdict.FAILED
        return Verdict.DONE if answers else Verdict.CUT_OFF
