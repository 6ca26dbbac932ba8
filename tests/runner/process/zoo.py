"""Children that make trouble, each on request: `python zoo.py KIND [FILE]`. They write their pids to FILE."""

import os
import signal
import subprocess
import sys
import time

WHERE = sys.argv[2] if len(sys.argv) > 2 else ""
LONGEST_CHAIN = 30.0  # seconds


def note() -> None:
    """Write this process's pid to the ground truth."""
    if WHERE:
        with open(WHERE, "a") as file:
            file.write(f"{os.getpid()}\n")


def forked(work: "object", *, leave: bool = False) -> None:
    """Run `work` in a child; with `leave`, return at once without waiting."""
    if os.fork() == 0:
        work()  # type: ignore[operator]
        os._exit(0)


def idle() -> None:
    note()
    while True:
        time.sleep(3600)


def burn() -> None:
    note()
    while True:
        pass


def deaf() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    idle()


def in_own_session() -> None:
    os.setsid()
    idle()


def daemon() -> None:
    """Fork twice, in a session of its own: the parent chain is cut."""
    os.setsid()
    if os.fork():
        os._exit(0)
    idle()


def clean_daemon() -> None:
    """A daemon that carries no mark of its run."""
    os.setsid()
    if os.fork():
        os._exit(0)
    note()
    os.execve("/bin/sleep", ["sleep", "3600"], {})


def self_stopped() -> None:
    note()
    os.kill(os.getpid(), signal.SIGSTOP)
    idle()


def chain() -> None:
    """Fork and exit, again and again: whoever is seen is gone already. Ends by itself if it is ever let go."""
    end = time.monotonic() + LONGEST_CHAIN
    while time.monotonic() < end:
        if os.fork():
            os._exit(0)
        time.sleep(0.001)


def born_in_handler() -> None:
    def respawn(number: int, frame: object) -> None:
        forked(deaf)

    signal.signal(signal.SIGTERM, respawn)
    idle()


KINDS = {
    "idle": idle,
    "burn": burn,
    "deaf": deaf,
    "session": in_own_session,
    "daemon": daemon,
    "clean_daemon": clean_daemon,
    "self_stopped": self_stopped,
    "chain": chain,
    "born_in_handler": born_in_handler,
}


def zoo() -> None:
    """One of each, and then wait."""
    for kind in ("idle", "deaf", "session", "daemon", "clean_daemon", "self_stopped", "born_in_handler"):
        subprocess.Popen([sys.executable, "-S", __file__, kind, WHERE])
    idle()


if __name__ == "__main__":
    (zoo if sys.argv[1] == "zoo" else KINDS[sys.argv[1]])()
