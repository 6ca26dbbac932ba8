"""What all agent programs have in common that run one task without a person at the keyboard."""

from collections.abc import Sequence

from descartes_tui.runner.backends.exits import verdict_of_exit
from descartes_tui.runner.backends.stream import Event, events_in
from descartes_tui.runner.model.backend import BUILT_IN, Invocation
from descartes_tui.runner.model.config import AgentConfig, StdinMode, StopPolicy
from descartes_tui.runner.model.errors import InvalidConfig
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict


class HeadlessCliAdapter:
    """A program that gets its task as an argument, prints what it does, and ends.

    A subclass says how its command line looks and what its last events mean. No permission is granted here:
    what an agent may do is for its own configuration, or for `args`, to say.
    """

    name: str = ""
    program: str = ""
    install_hint: str = ""
    default_stop: StopPolicy = StopPolicy()
    open_stdin_hangs: bool = False

    def __init_subclass__(cls) -> None:
        """Take over the facts that the model holds of a built-in kind."""
        super().__init_subclass__()
        facts = BUILT_IN.get(cls.name)
        if facts:
            cls.program, cls.install_hint = facts.program, facts.install_hint
            cls.default_stop, cls.open_stdin_hangs = facts.default_stop, facts.open_stdin_hangs

    def invocation(self, config: AgentConfig) -> Invocation:
        """Return the command line for `config`; InvalidConfig where it cannot work."""
        if config.command:
            raise InvalidConfig(f"backend {self.name} makes its own command line: give a task", key="command")
        if not config.task.strip():
            raise InvalidConfig(f"backend {self.name} needs a task", key="task")
        if self.open_stdin_hangs and config.stdin is StdinMode.PIPE:
            raise InvalidConfig(f"an open pipe on stdin makes {self.name} wait for ever", key="stdin")
        return Invocation((self.program, *self.arguments(config)))

    def verdict(self, config: AgentConfig, exit_status: ExitStatus, tail: bytes) -> Verdict:
        """Judge a run from its exit and the events in the last part of its log."""
        plain = verdict_of_exit(config, exit_status)
        if plain is Verdict.INTERRUPTED:
            return plain
        return self.judge(plain, events_in(tail), tail)

    def arguments(self, config: AgentConfig) -> Sequence[str]:
        """Return what follows the program's name."""
        raise NotImplementedError

    def judge(self, plain: Verdict, events: list[Event], tail: bytes) -> Verdict:
        """Return the verdict, given the one that the exit alone suggests (DONE or FAILED)."""
        return plain


def prompt_of(config: AgentConfig, *, with_system: bool = True) -> str:
    """Return the task, after the system prompt where the program has no option for one.

    A leading `-` would be taken for an option by some programs, so a blank goes before it.
    """
    prompt = (
        f"{config.system_prompt}\n\n{config.task}" if config.system_prompt and with_system else config.task
    )
    return f" {prompt}" if prompt.startswith("-") else prompt


def option(flag: str, value: str) -> tuple[str, ...]:
    """Return `flag value`, or nothing for an empty value."""
    return (flag, value) if value else ()
