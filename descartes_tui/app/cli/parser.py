"""What was typed, taken apart: options for all verbs, the verb, and what the verb alone understands.

Only the module of the verb that was typed is imported, so that `ps` does not pay for `up`.
"""

import sys
from argparse import REMAINDER, SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NoReturn, Protocol, cast

from descartes_tui import __version__
from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.output import width_of
from descartes_tui.app.cli.times import seconds
from descartes_tui.app.cli.verbs import ALIASES, GROUPS, MODULES, SUMMARIES

PROGRAM: Final = "descartes-tui"
WIDEST: Final = 110
DEFAULTS: Final = {"session": None, "json": False, "no_color": False, "quiet": False, "verbose": 0}
FLEET_FILE_ENDINGS: Final = (".yaml", ".yml")


class VerbModule(Protocol):
    """What each module of a verb offers."""

    def add_arguments(self, parser: ArgumentParser, verb: str) -> None:
        """Add what the verb understands."""

    def run(self, options: Namespace) -> int:
        """Do it, and return the exit code."""


class HelpText(RawDescriptionHelpFormatter):
    """Help as wide as the terminal. Told the width, argparse need not load a package to find it out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(width_of(sys.stdout), WIDEST))


class Parser(ArgumentParser):
    """An ArgumentParser whose complaints are one line with a remedy."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise CommandError(f"{message}; see `{self.prog} --help`", Exit.USAGE)


def parse(argv: Sequence[str]) -> tuple[Namespace, VerbModule]:
    """Return the options and the module that knows the verb; CommandError for what is not understood.

    `--help` prints and leaves with SystemExit(0), as argparse does.
    """
    typed = _up_to_the_verb(list(argv))
    verb, rest = _split_verb(typed.rest)
    module = cast(VerbModule, import_module(f"descartes_tui.app.cli.{MODULES[verb]}"))
    rest, command = _split_command(rest) if verb == "spawn" else (rest, None)
    options = Namespace(**{**DEFAULTS, **vars(typed), "verb": verb, "command": command})
    return _verb_parser(verb, module).parse_intermixed_args(rest, options), module


def _up_to_the_verb(argv: list[str]) -> Namespace:
    """Return the global options before the verb, and as `rest` what follows them."""
    if argv and not argv[0].startswith("-"):
        return Namespace(rest=argv)  # nothing to take apart: most commands
    return _head_parser().parse_args(argv)


def _split_verb(words: list[str]) -> tuple[str, list[str]]:
    """Return the verb and what follows it; a fleet file in place of a verb opens the screen."""
    if not words:
        return "open", []
    first = ALIASES.get(words[0], words[0])
    if first == "help":
        _print_help_and_leave(words[1:])
    if first in MODULES:
        return first, words[1:]
    if first.endswith(FLEET_FILE_ENDINGS) or "/" in first:
        return "open", words
    raise CommandError(f"unknown verb {first!r}{_resembling(first)}; see `{PROGRAM} --help`", Exit.USAGE)


def _print_help_and_leave(words: list[str]) -> NoReturn:
    """`help` and `help VERB`, for those who type it that way."""
    if words:
        parse([words[0], "--help"])
    _head_parser().print_help()
    raise SystemExit(Exit.OK)


def _split_command(words: list[str]) -> tuple[list[str], list[str] | None]:
    """Return the words before `--` and the command after it, None when there is no `--`."""
    if "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _resembling(word: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, [*MODULES, *ALIASES], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _head_parser() -> Parser:
    """The parser of everything up to the verb."""
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options] [VERB | FLEET-FILE] …",
        description=_overview(),
        epilog=EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}", help=SUPPRESS)
    _add_global_options(parser)
    parser.add_argument("rest", nargs=REMAINDER, help=SUPPRESS)
    return parser


def _verb_parser(verb: str, module: VerbModule) -> Parser:
    """The parser of what follows the verb; global options are understood here too."""
    parser = Parser(
        prog=f"{PROGRAM} {verb}" if verb != "open" else PROGRAM,
        description=SUMMARIES[verb][0].upper() + SUMMARIES[verb][1:] + ".",
        formatter_class=HelpText,
        argument_default=SUPPRESS,
        allow_abbrev=False,
    )
    module.add_arguments(parser, verb)
    _add_global_options(parser)
    return parser


def _add_global_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("options of every verb")
    add = group.add_argument
    add("--session", metavar="NAME", default=SUPPRESS, help="whose fleet (also: DESCARTES_SESSION)")
    add("--json", action="store_true", default=SUPPRESS, help="facts as JSON")
    add("--no-color", action="store_true", default=SUPPRESS, help="no colours (also: NO_COLOR)")
    add("-q", "--quiet", action="store_true", default=SUPPRESS, help="no words on stderr but errors")
    add("--timeout", type=seconds, metavar="S", default=SUPPRESS, help="give up after so long, exit code 6")
    add("-v", "--verbose", action="count", default=SUPPRESS, help="more words on stderr")


def _overview() -> str:
    lines = [
        "Start, watch and steer a fleet of agents. With no verb, or with a fleet file, opens the screen.",
        "",
    ]
    for group, verbs in GROUPS.items():
        lines += [f"{group}:", *(f"  {verb:<11}{summary}" for verb, (_, summary) in verbs.items()), ""]
    return "\n".join([*lines, f"`{PROGRAM} VERB --help` tells more about each."])


EXAMPLES: Final = """\
AGENT is a name, an id, the beginning of an id that fits one only, or a pattern like 'web-*'.

examples:
  descartes-tui init && descartes-tui up          write a fleet file, launch it, open the screen
  descartes-tui spawn poet claude "Write a poem"  one agent, of one kind, with one task
  descartes-tui spawn tests -- make test          any command is an agent as well
  descartes-tui ps --json | jq -r '.[].name'      facts for scripts
  descartes-tui logs -f web worker                follow two agents, merged by time
  descartes-tui wait tests && echo green          exit code of the agent

exit codes:
  0 done · 1 the thing failed · 2 usage or bad file · 3 no supervisor · 4 no such agent
  5 refused in this state · 6 timed out · 7 partly done · 130 interrupted
"""
