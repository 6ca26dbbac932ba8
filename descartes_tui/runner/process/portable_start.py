"""Start a program with subprocess, its streams on pipes."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from descartes_tui.runner.model.run import RunSpec, StartFailed
from descartes_tui.runner.process.causes import cause_of


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
        number = getattr(error, "errno", None) or errno.EINVAL  # no number: a NUL, or nothing to run
        return StartFailed(cause_of(number, spec.argv, spec.env, spec.cwd), number)


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
