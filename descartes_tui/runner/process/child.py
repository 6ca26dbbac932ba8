"""From a keeper to its agent: a session of its own, its descriptors, its folder, its program.

posix_spawn(3) is used because it does not copy this process first (glibc: CLONE_VFORK) and tells why exec
failed. Imports next to nothing.
"""

import errno
import os
import signal
import stat

ALL_SIGNALS = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


class Plumbing:
    """The descriptors that become the agent's stdin, stdout and stderr; `terminal` is the path of a pty."""

    __slots__ = ("stderr", "stdin", "stdout", "terminal")

    def __init__(self, stdin: int, stdout: int, stderr: int, terminal: str = "") -> None:
        self.stdin, self.stdout, self.stderr, self.terminal = stdin, stdout, stderr, terminal

    def actions(self) -> "list[tuple[int, ...] | tuple[int, int, str, int, int]]":
        """Return what the child does with its descriptors.

        A session leader without a terminal that opens one makes it its controlling terminal (tty_ioctl(4)).
        """
        if self.terminal:
            opened = (os.POSIX_SPAWN_OPEN, 0, self.terminal, os.O_RDWR, 0)
            return [opened, (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]
        ends = (self.stdin, self.stdout, self.stderr)
        return [(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(ends)]

    def close(self) -> None:
        """Close the keeper's copies; the agent has its own."""
        for descriptor in {self.stdin, self.stdout, self.stderr}:
            os.close(descriptor)


def start(argv: "list[str]", env: "dict[str, str]", cwd: str, plumbing: Plumbing) -> "tuple[int, str, int]":
    """Start a program; return (pid, "", 0), or (0, cause in one line, errno) when it cannot be started.

    All signals are set to their defaults: Python ignores some, and a supervisor started by nohup one more.
    """
    try:
        os.chdir(cwd)
    except OSError as error:
        return 0, _explain_folder(error.errno or 0, cwd), error.errno or 0
    number = errno.ENOENT
    try:
        for path in _places(argv[0], env, cwd):
            if os.path.lexists(path):  # a look is cheaper than an attempt
                try:
                    return _spawn(path, argv, env, plumbing), "", 0
                except (
                    PermissionError
                ) as error:  # like execvp(3): a later folder of PATH may have a better one
                    number = error.errno or 0
    except OSError as error:
        number = error.errno or 0
    except (ValueError, IndexError):
        number = errno.EINVAL
    finally:
        os.chdir("/")
    return 0, _explain(number, argv, env, cwd), number


def _spawn(path: str, argv: "list[str]", env: "dict[str, str]", plumbing: Plumbing) -> int:
    return os.posix_spawn(
        path,
        argv,
        env,
        file_actions=plumbing.actions(),
        setsid=True,
        setsigdef=ALL_SIGNALS,
        setsigmask=(),
    )


def _places(program: str, env: "dict[str, str]", cwd: str) -> "list[str]":
    """Return the paths where exec would look for `program`."""
    if "/" in program:
        return [os.path.join(cwd, program)]
    if not program:
        raise ValueError("empty command")
    return [os.path.join(cwd, place, program) for place in env.get("PATH", os.defpath).split(":")]


def _explain_folder(number: int, cwd: str) -> str:
    reason = "is no folder" if number == errno.ENOTDIR else os.strerror(number).lower()
    return f"working folder {cwd}: {reason}; set working_dir to a folder that exists"


def _explain(number: int, argv: "list[str]", env: "dict[str, str]", cwd: str) -> str:
    """Say in one line why a program did not start, and what is to be done."""
    program = argv[0] if argv else ""
    if number == errno.E2BIG:
        return f"{program}: the arguments and the environment together are too long for the system"
    if number == errno.EINVAL or not program:
        return f"{program!r}: the command is empty or holds a NUL character"
    found = next((place for place in _places(program, env, cwd) if os.path.lexists(place)), "")
    if not found:
        return f"{program}: not found; install it, or give the full path in command"
    if os.path.isdir(found):
        return f"{program}: is a folder, not a program"
    if number == errno.ENOENT:
        return f"{program}: its interpreter does not exist (see the first line of {found})"
    if number == errno.ENOEXEC:
        return f"{program}: is neither a binary of this system nor a script with a #! line"
    if number == errno.EACCES and not os.stat(found).st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH):
        return f"{program}: not executable; try: chmod +x {found}"
    return f"{program}: {os.strerror(number).lower()}"
