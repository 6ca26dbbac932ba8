"""Everything about one agent: why it is where it is, configuration, family, runs, what happened lately."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.feed import Feed, recent_events
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.widgets.looks import label

Rows = Iterable[tuple[str, str]]


class DetailsScreen(ModalScreen[None]):
    """Asks once when it opens; escape, d or enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,q,enter", "dismiss", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("r", "ask_again", show=False),
    ]

    def __init__(self, feed: Feed, agent: AgentInfo) -> None:
        super().__init__(classes="dialog")
        self._feed, self._agent = feed, agent

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog-box tall", id="details"):
            yield Static(Text(f"{self._agent.name}  {label(self._agent.status)}"), classes="dialog-title")
            yield Static("asking …", classes="dialog-text", id="details-text", markup=False)
            yield Static("r ask again   esc close", classes="dialog-keys")

    def on_mount(self) -> None:
        self.query_one("#details").focus()
        self.action_ask_again()

    def action_scroll_down(self) -> None:
        self.query_one("#details").scroll_down()

    def action_ask_again(self) -> None:
        self.run_worker(self._ask(), exclusive=True, name="show")

    async def _ask(self) -> None:
        try:
            shown = await self._feed.call("show", agent=self._agent.id)
            events = await recent_events(self._feed, self._agent.id, 12)
        except Exception as error:  # said in place of the facts
            text = Text(
                f"Could not ask about {self._agent.name}: {safe_text(str(error))}. Press r to try again."
            )
        else:
            text = details_text(shown, events, f"bold {self.app.current_theme.primary}")
        self.query_one("#details-text", Static).update(text)


def details_text(shown: Mapping[str, Any], events: Sequence[Mapping[str, Any]], heading: str) -> Text:
    """Return the facts that `show` and `events` give as text; nothing in it acts on a terminal."""
    text = Text()
    for title, rows in (
        ("Why", _why(shown)),
        ("Now", _now(shown)),
        ("Configuration", _config(shown.get("config") or {})),
        ("Family", _family(_list(shown.get("family")))),
        ("Runs", _runs(_list(shown.get("runs")))),
        ("Lately", _events(events)),
    ):
        _section(text, title, rows, heading)
    return text


def _section(text: Text, title: str, rows: Rows, heading: str) -> None:
    rows = [(safe_text(key), safe_text(value)) for key, value in rows if value]
    if rows:
        text.append(f"\n{title}\n", heading)
        width = min(16, max(len(key) for key, _ in rows))
        for key, value in rows:
            text.append(f"  {key:<{width}}  ", "dim")
            text.append(f"{value}\n")


def _why(shown: Mapping[str, Any]) -> Rows:
    why = shown.get("why") or {}
    for key in ("since", "who", "cause", "next", "next_at"):
        yield key.replace("_", " "), _plain(why.get(key))


def _now(shown: Mapping[str, Any]) -> Rows:
    for key in ("status", "reason", "pid", "run", "restarts", "health", "activity", "verdict", "exit_code", "exit_signal",
                "command_line", "log_path", "session_id", "cost_usd"):  # fmt: skip
        yield key.replace("_", " "), _plain(shown.get(key))


def _config(config: Mapping[str, Any]) -> Rows:
    for key, value in config.items():
        if value not in (None, "", [], (), {}, False):
            yield key.replace("_", " "), _plain(value)


def _family(family: Sequence[Any], depth: int = 0) -> Rows:
    for process in family:
        if isinstance(process, Mapping):
            line = f"{'  ' * depth}{process.get('cmdline') or process.get('name')}  {_plain(process.get('status'))}"
            yield str(process.get("pid")), line
            yield from _family(_list(process.get("children")), depth + 1)


def _runs(runs: Sequence[Any]) -> Rows:
    for run in runs[-8:]:
        ended = _plain(run.get("verdict")) or "running"
        code = run.get("exit_code") if run.get("exit_signal") is None else f"signal {run.get('exit_signal')}"
        span = f"{_time(run.get('started_at'))} – {_time(run.get('ended_at'))}"
        yield str(run.get("run")), f"{span}  {ended}{'' if code is None else f'  exit {code}'}"


def _events(events: Sequence[Mapping[str, Any]]) -> Rows:
    for event in events:
        known = ("seq", "at", "agent", "agent_id", "run", "kind")
        facts = "  ".join(
            f"{key} {_plain(value)}" for key, value in event.items() if key not in known and value
        )
        yield _time(event.get("at")), f"{_plain(event.get('kind'))}  {facts}"


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _time(value: Any) -> str:
    return str(value)[11:19] if value else "…"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "  ".join(f"{key}={_plain(inner)}" for key, inner in value.items() if inner not in (None, ""))
    if isinstance(value, list | tuple):
        return " ".join(_plain(inner) for inner in value)
    return str(value)
