"""The form for a new agent: checked while it is typed, nothing lost when the runner says no."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, Select, Static, TextArea

from descartes_tui.app.choices import BackendChoice
from descartes_tui.app.feed import Feed
from descartes_tui.app.spawn_checks import (
    command_problem,
    folder_path,
    folder_problem,
    free_name,
    name_problem,
    parse_environment,
    program_problem,
)
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.config import AgentConfig, StdinMode
from descartes_tui.runner.wire.codec import config_to_json


class SpawnForm(ModalScreen[str | None]):
    """Gives back the id of the agent that was spawned, None when the form was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "spawn", show=False),
        Binding("escape", "dismiss(None)", show=False),
    ]

    def __init__(
        self, feed: Feed, backends: Sequence[BackendChoice], living: Collection[str], used: Collection[str]
    ) -> None:
        super().__init__(classes="dialog")
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-high")]
        self._feed, self._living, self._used = feed, living, used
        self._backends = {choice.name: choice for choice in backends} or {"command": BackendChoice("command")}
        self._suggested = ""
        self._touched = False  # the task or command: not blamed for being empty before that

    def compose(self) -> ComposeResult:
        first = next(iter(self._backends))
        with VerticalScroll(classes="dialog-box form", can_focus=False):
            yield Static("New agent", classes="dialog-title")
            yield from self._field(
                "backend",
                Select(
                    [(name, name) for name in self._backends],
                    value=first,
                    allow_blank=False,
                    compact=True,
                    id="backend",
                ),
            )
            yield from self._field("name", Input(compact=True, max_length=64, id="name"))
            yield from self._field("command", Input(compact=True, id="task"))
            yield from self._field("folder", Input(str(Path.cwd()), compact=True, id="folder"))
            yield from self._field(
                "environment", TextArea(compact=True, id="environment", tab_behavior="focus")
            )
            yield from self._field(
                "", Checkbox("keep standard input open, for the key i", compact=True, id="stdin")
            )
            yield Static("", id="spawn-error", markup=False)
            with Horizontal(classes="dialog-keys"):
                yield Button("Spawn  ctrl+s", id="spawn", compact=True, variant="primary")
                yield Button("Cancel  esc", id="cancel", compact=True)

    def _field(self, label: str, field: Widget) -> Iterator[Widget]:
        with Horizontal(classes="form-row"):
            yield Label(label, classes="form-label", id=f"label-{field.id}", markup=False)
            with Vertical(classes="form-field"):
                yield field
                yield Static("", classes="form-problem", id=f"problem-{field.id}", markup=False)

    def on_mount(self) -> None:
        self._backend_chosen()
        self.query_one("#task", Input).focus()

    @property
    def _choice(self) -> BackendChoice:
        return self._backends[str(self.query_one("#backend", Select).value)]

    @on(Select.Changed, "#backend")
    def _backend_chosen(self) -> None:
        """Another backend: its own name is suggested, and its task or command asked for."""
        name = self.query_one("#name", Input)
        if name.value in ("", self._suggested):
            stem = "agent" if self._choice.name == "command" else self._choice.name
            name.value = self._suggested = free_name(stem, self._used)
        self.query_one("#label-task", Label).update("command" if self._choice.name == "command" else "task")
        self._check()

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self, event: Input.Changed | TextArea.Changed) -> None:
        self._touched |= isinstance(event, Input.Changed) and event.input.id == "task" and bool(event.value)
        self._check()

    @on(Input.Submitted)
    @on(Button.Pressed, "#spawn")
    def action_spawn(self) -> None:
        """Spawn, unless a field is wrong: then that field gets the keyboard."""
        self._touched = True
        for field, problem in self._check().items():
            if problem:
                self.query_one(f"#{field}").focus()
                return
        self._say("starting …")
        self.run_worker(self._spawn(self._config()), exclusive=True, name="spawn")

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    def _check(self) -> dict[str, str]:
        """Return the problem of each field ('' = fine), and show it beside the field."""
        task, folder = self.query_one("#task", Input).value, self.query_one("#folder", Input).value
        is_command = self._choice.name == "command"
        problems = {
            "backend": program_problem(self._choice.program, self._choice.hint),
            "name": name_problem(self.query_one("#name", Input).value, self._living),
            "task": command_problem(task, folder_path(folder))
            if is_command
            else ""
            if task.strip()
            else "a task is needed",
            "folder": folder_problem(folder),
            "environment": parse_environment(self.query_one("#environment", TextArea).text)[1],
        }
        for field, problem in problems.items():
            shown = problem if field != "task" or self._touched else ""
            label = self.query_one(f"#problem-{field}", Static)
            label.update(shown)
            label.display = bool(shown)
        return problems

    def _config(self) -> AgentConfig:
        task = self.query_one("#task", Input).value
        is_command = self._choice.name == "command"
        return AgentConfig(
            name=self.query_one("#name", Input).value,
            backend=self._choice.name,
            task="" if is_command else task,
            command=task if is_command else (),
            working_dir=str(folder_path(self.query_one("#folder", Input).value)),
            environment=parse_environment(self.query_one("#environment", TextArea).text)[0],
            stdin=StdinMode.PIPE if self.query_one("#stdin", Checkbox).value else StdinMode.NULL,
        )

    async def _spawn(self, config: AgentConfig) -> None:
        try:
            agent = await self._feed.call("spawn", config=config_to_json(config), env=dict(os.environ))
        except Exception as error:  # whatever the runner says is shown, and nothing that was typed is lost
            self._say(safe_text(str(error) or type(error).__name__))
        else:
            self.dismiss(
                str(agent.get("id", "")) if isinstance(agent, dict) else str(getattr(agent, "id", ""))
            )

    def _say(self, text: str) -> None:
        line = self.query_one("#spawn-error", Static)
        line.update(text)
        line.display = bool(text)
