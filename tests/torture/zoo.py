"""Agents that misbehave, each in its own way: `python zoo.py KIND [NUMBER]`. What they did is noted in $ZOO_TRUTH.

`RUN.lines` holds how many numbered lines have been written for certain (a mapped number, so that SIGKILL loses
nothing), `RUN.exit` the exit code that is about to be used.
"""

import ctypes
import mmap
import os
import signal
import struct
import sys
import tempfile
import time

RUN = os.environ.get("DESCARTES_RUN_ID", "none").replace("/", "_")
TRUTH = os.environ.get("ZOO_TRUTH", "")
NUMBER = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def leave(code: int) -> None:
    """Note the exit code, and exit with it."""
    if TRUTH:
        with open(f"{TRUTH}/{RUN}.exit", "w") as file:  # noqa: PTH123
            file.write(str(code))
    os._exit(code)


def idle() -> None:
    while True:
        time.sleep(3600)


def child(work: "object") -> int:
    """Run `work` in a child that never returns."""
    pid = os.fork()
    if pid == 0:
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(0)
    return pid


def deaf() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    idle()


def own_session() -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    idle()


def daemon() -> None:
    os.setsid()
    if os.fork():
        os._exit(0)
    deaf()


def clean_daemon() -> None:
    """Fork twice, in a session of its own, and carry no mark of the run."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve("/bin/sleep", ["sleep", "3600"], {})


def leader_dies() -> None:
    """The leader goes, its group stays."""
    for _ in range(3):
        child(deaf)
    leave(3)


def holder() -> None:
    """A child holds stdout after the leader has gone."""
    child(idle)
    leave(4)


def tools() -> None:
    """What agent programs do: tools in sessions of their own."""
    for work in (own_session, daemon, clean_daemon):
        child(work)
    idle()


def born_in_stop() -> None:
    def respawn(number: int, frame: object) -> None:
        child(deaf)
        child(own_session)

    signal.signal(signal.SIGTERM, respawn)
    idle()


LONGEST_CHAIN = 30.0  # seconds


def chain() -> None:
    """Fork and exit for ever: whoever is seen is gone already."""
    child(lambda: _chain())
    idle()


def _chain() -> None:
    end = time.monotonic() + LONGEST_CHAIN  # it ends by itself if it is ever let go
    while time.monotonic() < end:
        if os.fork():
            os._exit(0)
        time.sleep(0.001)


def storm() -> None:
    """Children that come and go all the time; some stay."""
    while True:
        for number in range(4):
            child(deaf if NUMBER and number == 0 and _few() else (lambda: os._exit(0)))
        for _ in range(4):
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
        time.sleep(0.01)


def _few(counter: "list[int]" = [0]) -> bool:  # noqa: B006  counts its calls
    counter[0] += 1
    return counter[0] <= 5


def self_stopped() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    idle()


def closes_stdout() -> None:
    os.close(1)
    os.close(2)
    idle()


def closes_stdin() -> None:
    os.close(0)
    idle()


def execs() -> None:
    """The same process becomes another program, five times."""
    time.sleep(0.005)
    if NUMBER < 5:
        os.execv(sys.executable, [sys.executable, "-S", "-E", __file__, "execs", str(NUMBER + 1)])
    os.execv("/bin/sleep", ["sleep", "3600"])


def no_newline() -> None:
    for _ in range(256):
        os.write(1, b"x" * 65536)
        time.sleep(0.002)
    idle()


def flood() -> None:
    _count(sys.maxsize)


def burst() -> None:
    """NUMBER lines and an exit code that depends on NUMBER."""
    _count(NUMBER)
    leave(NUMBER % 5)


def _count(end: int) -> None:
    """Write lines 1, 2, 3… and note how many are out."""
    where = os.open(f"{TRUTH}/{RUN}.lines", os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(where, 8)
    with mmap.mmap(where, 8) as noted:
        number = 0
        while number < end:
            first, number = number + 1, min(number + 100, end)
            data = b"".join(b"%d\n" % line for line in range(first, number + 1))
            while data:
                data = data[os.write(1, data) :]
            noted[:8] = struct.pack("<Q", number)
            if number % 1000 == 0:
                time.sleep(0.01)


def gone_folder() -> None:
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)  # noqa: PTH106
    child(own_session)
    idle()


def renames() -> None:
    ctypes.CDLL(None).prctl(15, b"a) R (b\n 1 2", 0, 0, 0)
    child(deaf)
    idle()


def stranger() -> None:
    """A child becomes another user, where that is allowed."""

    def other() -> None:
        if os.getuid() == 0:
            os.setuid(65534)
        deaf()

    child(other)
    idle()


def zombies() -> None:
    for _ in range(20):
        child(lambda: os._exit(0))
    idle()


def games() -> None:
    """Children that move to groups of their own and of each other."""
    first = child(deaf)
    os.setpgid(first, first)
    for _ in range(2):
        pid = child(deaf)
        os.setpgid(pid, first)
    idle()


def reader() -> None:
    """Copy stdin to stdout and leave at its end."""
    while data := os.read(0, 65536):
        os.write(1, data)
    leave(6)


def polite() -> None:
    """Say goodbye on TERM."""

    def bye(number: int, frame: object) -> None:
        os.write(1, b"bye\n")
        leave(0)

    signal.signal(signal.SIGTERM, bye)
    idle()


def zoo() -> None:
    """One of each that stays."""
    for work in (deaf, own_session, daemon, clean_daemon, self_stopped, born_in_stop, closes_stdout, chain):
        child(work)
    idle()


KINDS = {
    work.__name__: work
    for work in (
        deaf, own_session, leader_dies, holder, tools, born_in_stop, chain, storm, self_stopped, closes_stdout,
        closes_stdin, execs, no_newline, flood, burst, gone_folder, renames, stranger, zombies, games, reader,
        polite, zoo,
    )
}  # fmt: skip

if __name__ == "__main__":
    KINDS[sys.argv[1]]()
