"""`send`: write to an agent's standard input."""

from argparse import ArgumentParser, Namespace
from base64 import b64encode

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import print_json


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `send` understands."""
    parser.add_argument("agent", metavar="AGENT")
    parser.add_argument(
        "text", metavar="TEXT", nargs="*", default=[], help="several words are joined by a space"
    )
    parser.add_argument("--no-newline", action="store_true", default=False, help="send TEXT as it is")
    parser.add_argument("--eof", action="store_true", default=False, help="close the input afterwards")


def run(options: Namespace) -> int:
    """Send the text; the agent's stdin must be a pipe or a terminal."""
    if not options.text and not options.eof:
        raise CommandError("nothing to send; give TEXT, or --eof to close the input", Exit.USAGE)
    text = " ".join(options.text)
    if options.text and not options.no_newline:
        text += "\n"
    data = text.encode(errors="surrogateescape")
    answer = ask(options, "send", agent=options.agent, data=b64encode(data).decode(), eof=options.eof)
    if options.json:
        print_json(answer)
    return Exit.OK
