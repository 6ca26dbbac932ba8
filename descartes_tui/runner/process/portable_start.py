"""Start a program with subprocess, its streams on pipes; and say in one line why one did not start."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.model.run import RunSpec, StartFailed

LONGEST_ARGUMENT: Final = 128 * 1024  # Linux, execve(2): MAX_ARG_STRLEN


@dataclass(frozen=True, slots=True)
class Child:
    """A program that runs, and our ends of its streams; `stdin` is None where it reads nothing."""

    popen: "subprocess.Popen[bytes]"
    stdin: int | None
    stdout: int
    stderr: int

    def refuse(self) -> None:
        """End a program that nobody can look after. Its streams stay with whoever has begun to use them."""
        self.popen.kill()
        self.popen.wait()


def start_child(spec: RunSpec) -> Child | StartFailed:
    """Start a program in a session (Windows: a process group) of its own. Blocks until exec is done."""
    if spec.tty:
        return StartFailed(
            "a terminal needs a keeper, and here agents are started without one: set tty: false"
        )
    try:
        with ExitStack() as ours, ExitStack() as theirs:
            stdin, to_agent = _stdin(spec.stdin, ours, theirs)
            from_stdout, stdout = _pipe(ours, theirs)
            from_stderr, stderr = _pipe(ours, theirs)
            popen = _popen(spec, stdin, stdout, stderr)
            ours.pop_all()  # they belong to the Child from here on
            return Child(popen, to_agent, from_stdout, from_stderr)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        number = getattr(error, "errno", None) or 0
        return StartFailed(cause_of(error, spec.argv, spec.env, spec.cwd), number)


def _stdin(mode: str, ours: ExitStack, theirs: ExitStack) -> tuple[int, int | None]:
    if mode != "pipe":
        return subprocess.DEVNULL, None
    reading, writing = os.pipe()
    theirs.callback(os.close, reading)
    ours.callback(os.close, writing)
    return reading, writing


def _pipe(ours: ExitStack, theirs: ExitStack) -> tuple[int, int]:
    reading, writing = os.pipe()
    ours.callback(os.close, reading)
    theirs.callback(os.close, writing)
    return reading, writing


def _popen(spec: RunSpec, stdin: int, stdout: int, stderr: int) -> "subprocess.Popen[bytes]":
    apart = _apart()
    # looked up here: CreateProcess looks in our PATH, not in the agent's, and exec in each folder of PATH in
    # turn reports the first folder that may not be read instead of what is wrong with the program
    bare = Path(spec.argv[0]).name == spec.argv[0]
    executable = shutil.which(spec.argv[0], path=spec.env.get("PATH", os.defpath)) if bare else None
    return subprocess.Popen(
        spec.argv,
        executable=executable,
        env=spec.env,
        cwd=spec.cwd or None,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        **apart,
    )


def _apart() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def cause_of(error: Exception, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> str:
    """Say in one line why a program did not start, and what is to be done."""
    if not argv or not argv[0]:
        return "the command is empty: name a program"
    if not isinstance(error, OSError):
        return f"{shorten(argv[0])!r}: the command, its folder or its environment holds a NUL character"
    number, program = error.errno or 0, shorten(argv[0])
    if number in _OF_THE_SYSTEM:
        return f"{program}: {_OF_THE_SYSTEM[number]}"
    if number == errno.E2BIG:
        return f"{program}: {_too_long(argv, env)}"
    return _folder_cause(cwd) or _program_cause(argv[0], number, env, cwd)


_OF_THE_SYSTEM: Final = {
    errno.EAGAIN: "cannot start: the system's limit of processes is reached (ulimit -u)",
    errno.ENOMEM: "cannot start: the system has no memory left",
    errno.EMFILE: "cannot start: this process has no file descriptors left (ulimit -n)",
    errno.ENFILE: "cannot start: the system has no file descriptors left",
}


def shorten(text: str) -> str:
    """Return a text that fits into one line of a message."""
    return text if len(text) <= 200 else f"{text[:200]}…"


def _too_long(argv: Sequence[str], env: Mapping[str, str]) -> str:
    for place, argument in enumerate(argv):
        if len(os.fsencode(argument)) >= LONGEST_ARGUMENT:
            return f"argument {place} has {len(argument)} characters, the system takes {LONGEST_ARGUMENT - 1}"
    total = sum(len(os.fsencode(part)) + 1 for part in (*argv, *env.keys(), *env.values()))
    return f"arguments and environment are too long for the system, together {total} bytes"


def _folder_cause(cwd: str) -> str:
    """Return what is wrong with the working folder, '' when nothing is."""
    remedy = "set working_dir to a folder that exists and may be entered"
    if not cwd:
        return ""
    try:
        mode = Path(cwd).stat().st_mode
    except OSError as error:
        return f"working folder {cwd}: {os.strerror(error.errno or 0).lower()}; {remedy}"
    if not stat.S_ISDIR(mode):
        return f"working folder {cwd}: is no folder; {remedy}"
    if not os.access(cwd, os.X_OK):
        return f"working folder {cwd}: permission denied; {remedy}"
    return ""


def _program_cause(program: str, number: int, env: Mapping[str, str], cwd: str) -> str:
    found = _find(program, env, cwd)
    program = shorten(program)
    if found is None:
        return f"{program}: not found; install it, or give the full path in command"
    if found.is_dir():
        return f"{program}: is a folder, not a program"
    if number == errno.ENOENT:
        return f"{program}: {_interpreter_cause(found)}"
    if number == errno.ENOEXEC:
        return f"{program}: is neither a binary of this system nor a script with a #! line"
    if number == errno.EACCES and not os.access(found, os.X_OK):
        return f"{program}: not executable; try: chmod +x {found}"
    return f"{program}: {os.strerror(number).lower()}"


def _find(program: str, env: Mapping[str, str], cwd: str) -> Path | None:
    """Return the path that was tried for `program`, None when there is nothing at any."""
    if os.path.dirname(program):  # noqa: PTH120 - a Path drops the leading `./`
        places = [Path(cwd) / program]
    else:
        places = [Path(cwd) / place / program for place in os.get_exec_path(env)]
    return next((place for place in places if os.path.lexists(place)), None)


def _interpreter_cause(script: Path) -> str:
    if script.is_symlink() and not script.exists():
        return f"is a link to {script.readlink()}, which does not exist"
    with script.open("rb") as file:
        first = file.readline(256)
    if not first.startswith(b"#!"):
        return "its loader does not exist: it was built for another system"
    interpreter = first[2:].strip().decode(errors="replace").split(" ")[0]
    ending = " (the line ends with a carriage return)" if first.endswith(b"\r\n") else ""
    return f"its interpreter {interpreter} does not exist{ending} (see the first line of {script})"
