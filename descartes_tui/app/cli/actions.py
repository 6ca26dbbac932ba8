"""`start stop restart pause resume kill signal rm`: one thing done to several agents, told one line each."""

from argparse import ArgumentParser, Namespace
from typing import Any, Final

from descartes_tui.app.cli.exit import OF_CODE, CommandError, Exit
from descartes_tui.app.cli.link import add_selection, ask, selection
from descartes_tui.app.cli.output import clean, complain, print_json
from descartes_tui.app.cli.times import seconds

WAITING: Final = ("stop", "kill")  # these end only when processes have ended
TIME_TO_ACT: Final = 60.0  # seconds, when --timeout says nothing else


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what the verb understands."""
    if verb == "signal":
        parser.add_argument("signal", metavar="SIG", help="a name or number: INT, SIGHUP, 10")
    add_selection(parser)
    parser.set_defaults(timeout=TIME_TO_ACT)
    parser.add_argument("--no-wait", action="store_true", default=False, help="ask for it, and do not wait")
    if verb == "stop":
        parser.add_argument(
            "--grace", type=seconds, metavar="S", help="time before KILL, instead of the agent's"
        )
    if verb == "pause":
        parser.add_argument(
            "--cooperative",
            action="store_true",
            default=False,
            help="ask by a JSON line on the agent's stdin",
        )


def run(options: Namespace) -> int:
    """Do it and tell for each agent how it went."""
    results = ask(options, options.verb, **selection(options), **_facts(options))
    if options.json:
        print_json(results)
    else:
        for result in results:
            _tell(result, options)
    return exit_code_of(results)


def _facts(options: Namespace) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if options.verb in WAITING:
        facts["wait"] = not options.no_wait
    if options.verb == "stop" and hasattr(options, "grace"):
        facts["grace"] = options.grace
    if options.verb == "pause":
        facts["cooperative"] = options.cooperative
    if options.verb == "signal":
        facts["signal"] = _signal(options.signal)
    return facts


def _signal(name: str) -> str:
    from descartes_tui.runner.model.signals import signal_number

    try:
        signal_number(name)
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    return name


def _tell(result: dict[str, Any], options: Namespace) -> None:
    if not result["ok"]:
        complain(clean(f"{result['agent']}: {result['message']}"))
    elif not options.quiet:
        note = f" ({result['note']})" if result.get("note") else ""
        print(clean(f"{result['agent']}: {result.get('status') or 'done'}{note}"))


def exit_code_of(results: list[dict[str, Any]]) -> int:
    """Return 0 when all went well, 7 when some did, and the reason's own code when none did."""
    failures = [result for result in results if not result["ok"]]
    if not failures:
        return Exit.OK
    if len(failures) < len(results):
        return Exit.PARTLY
    codes = {OF_CODE.get(result["code"], Exit.FAILED) for result in failures}
    return codes.pop() if len(codes) == 1 else Exit.FAILED
