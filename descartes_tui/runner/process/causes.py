"""Why a program did not start, in one line for a person. Imports next to nothing: keepers say it too."""

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_ARGUMENT = 128 * 1024  # Linux, execve(2): MAX_ARG_STRLEN
OF_THE_SYSTEM = {
    errno.EAGAIN: "cannot start: the system's limit of processes is reached (ulimit -u)",
    errno.ENOMEM: "cannot start: the system has no memory left",
    errno.EMFILE: "cannot start: this process has no file descriptors left (ulimit -n)",
    errno.ENFILE: "cannot start: the system has no file descriptors left",
}


def cause_of(number: int, argv: "Sequence[str]", env: "Mapping[str, str]", cwd: str) -> str:
    """Say in one line why exec of `argv` in `cwd` failed with errno `number`, and what is to be done."""
    if not argv or not argv[0]:
        return "the command is empty: name a program"
    program = shorten(argv[0])
    if number == errno.EINVAL:
        return f"{program!r}: the command, its folder or its environment holds a NUL character"
    if number in OF_THE_SYSTEM:
        return f"{program}: {OF_THE_SYSTEM[number]}"
    if number == errno.E2BIG:
        return f"{program}: {_too_long(argv, env)}"
    return _folder_cause(cwd) or _program_cause(argv[0], number, env, cwd)


def shorten(text: str) -> str:
    """Return a text that fits into one line of a message."""
    return text if len(text) <= 200 else f"{text[:200]}…"


def places(program: str, env: "Mapping[str, str]", cwd: str) -> "list[str]":
    """Return the paths where exec looks for `program`, in order."""
    if os.path.dirname(program):
        return [os.path.join(cwd, program.removeprefix("./"))]
    return [os.path.join(cwd, place, program) for place in os.get_exec_path(env)]


def _too_long(argv: "Sequence[str]", env: "Mapping[str, str]") -> str:
    for place, argument in enumerate(argv):
        if len(os.fsencode(argument)) >= LONGEST_ARGUMENT:
            return f"argument {place} has {len(argument)} characters, the system takes {LONGEST_ARGUMENT - 1}"
    total = sum(len(os.fsencode(part)) + 1 for part in (*argv, *env.keys(), *env.values()))
    return f"arguments and environment are too long for the system, together {total} bytes"


def _folder_cause(cwd: str) -> str:
    """Return what is wrong with the working folder, "" when nothing is."""
    remedy = "set working_dir to a folder that exists and may be entered"
    if not cwd:
        return ""
    try:
        mode = os.stat(cwd).st_mode
    except OSError as error:
        return f"working folder {cwd}: {os.strerror(error.errno or 0).lower()}; {remedy}"
    if not stat.S_ISDIR(mode):
        return f"working folder {cwd}: is no folder; {remedy}"
    if not os.access(cwd, os.X_OK):
        return f"working folder {cwd}: permission denied; {remedy}"
    return ""


def _program_cause(name: str, number: int, env: "Mapping[str, str]", cwd: str) -> str:
    found = next((place for place in places(name, env, cwd) if os.path.lexists(place)), "")
    program = shorten(name)
    if not found:
        return f"{program}: not found; install it, or give the full path in command"
    if os.path.isdir(found):
        return f"{program}: is a folder, not a program"
    if number == errno.ENOENT:
        return f"{program}: {_interpreter_cause(found)}"
    if number == errno.ENOEXEC:
        return f"{program}: is neither a binary of this system nor a script with a #! line"
    if number == errno.EACCES and not os.access(found, os.X_OK):
        return f"{program}: not executable; try: chmod +x {found}"
    return f"{program}: {os.strerror(number).lower()}"


def _interpreter_cause(script: str) -> str:
    if os.path.islink(script) and not os.path.exists(script):
        return f"is a link to {os.readlink(script)}, which does not exist"
    try:
        with open(script, "rb") as file:
            first = file.readline(256)
    except OSError:
        return "its interpreter or loader does not exist"
    if not first.startswith(b"#!"):
        return "its loader does not exist: it was built for another system"
    interpreter = first[2:].strip().decode(errors="replace").split(" ")[0]
    ending = " (the line ends with a carriage return)" if first.endswith(b"\r\n") else ""
    return f"its interpreter {interpreter} does not exist{ending} (see the first line of {script})"
