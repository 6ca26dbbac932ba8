"""GitHub Copilot CLI: `copilot -p … --output-format json`."""

from collections.abc import Sequence

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last, table
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict


class CopilotAdapter(HeadlessCliAdapter):
    """Copilot. A tool that was refused is marked with the code `denied`; the exit code stays 0."""

    name = "copilot"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """The task, the format, the model."""
        return (
            *("-p", prompt_of(config), "--output-format", "json"),
            *option("--model", config.model),
            *config.args,
        )

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """`result.exitCode` is 0 also for an interrupted run; then an `abort` stands before it."""
        result = last(events, "result")
        if last(events, "abort"):
            return Verdict.INTERRUPTED
        if result is None:
            return Verdict.CUT_OFF if plain is Verdict.DONE else plain
        if result.get("exitCode") or plain is Verdict.FAILED:
            return Verdict.GAVE_UP if last(events, "assistant.turn_retry") else Verdict.FAILED
        if any(_is_refusal(event) for event in events):
            return Verdict.DONE_WITH_REFUSALS
        return plain


def _is_refusal(event: Event) -> bool:
    data = table(event.get("data"))
    return event.get("type") == "tool.execution_complete" and table(data.get("error")).get("code") == "denied"
