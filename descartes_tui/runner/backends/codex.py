"""Codex CLI: `codex exec --json`."""

from collections.abc import Sequence

from descartes_tui.runner.backends.base import HeadlessCliAdapter, option, prompt_of
from descartes_tui.runner.backends.stream import Event, last
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.status import Verdict


class CodexAdapter(HeadlessCliAdapter):
    """Codex. Its `error` events are also used for retries that then succeed: only the turn's end counts."""

    name = "codex"

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """Without `--skip-git-repo-check` it refuses to work outside a git checkout."""
        flags = ("exec", "--json", "--skip-git-repo-check")
        return (*flags, *option("-m", config.model), *config.args, prompt_of(config))

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """`turn.completed` or `turn.failed` is the word; neither comes after a signal."""
        end = last(events, "turn.completed", "turn.failed", "turn.started")
        kind = end.get("type") if end else None
        if kind == "turn.failed":
            return Verdict.GAVE_UP if any(_is_retry(event) for event in events) else Verdict.FAILED
        if kind != "turn.completed" and plain is Verdict.DONE:
            return Verdict.CUT_OFF
        return plain


def _is_retry(event: Event) -> bool:
    return event.get("type") == "error" and str(event.get("message", "")).startswith("Reconnecting")
