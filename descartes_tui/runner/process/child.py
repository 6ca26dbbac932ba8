"""From a keeper to its agent: a session of its own, its descriptors, its folder, its program.

posix_spawn(3) is used because it does not copy this process first (glibc: CLONE_VFORK) and tells why exec
failed. Imports next to nothing.
"""

import errno
import os
import signal

from descartes_tui.runner.process.causes import cause_of, places

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
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or errno.EINVAL
        return 0, cause_of(number, argv, env, cwd), number
    number = errno.ENOENT
    try:
        for path in places(argv[0], env, cwd):
            if os.path.lexists(path):  # a look is cheaper than an attempt
                try:
                    return _spawn(path, argv, env, plumbing), "", 0
                except PermissionError as error:
                    number = error.errno or 0  # like execvp(3): a later folder of PATH may have a better one
    except OSError as error:
        number = error.errno or 0
    except (ValueError, IndexError):
        number = errno.EINVAL
    finally:
        os.chdir("/")
    return 0, cause_of(number, argv, env, cwd), number


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
