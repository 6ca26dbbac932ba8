"""Gemini CLI: `gemini -p … -o stream-json`."""

from collections.abc import Sequence

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict


class GeminiAdapter(HeadlessCliAdapter):
    """Gemini. It exits with 0 after INT, TERM and HUP: without a `result` event it did not finish."""

    name = "gemini"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """`--skip-trust` lets it start in a folder it has not seen; it grants no tool anything."""
        flags = ("-o", "stream-json", "--skip-trust")
        return ("-p", prompt_of(config), *flags, *option("-m", config.model), *config.args)

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """The `result` event decides."""
        result = last(events, "result")
        if result is None:
            return Verdict.CUT_OFF if plain is Verdict.DONE else plain
        return plain if result.get("status") == "success" else Verdict.FAILED
