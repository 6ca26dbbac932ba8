"""What keepers need of the kernel, each with a fallback of the same signature beside it.

Linux has sub-reapers (prctl(2), 3.4), pidfds (pidfd_open(2), 5.3) and splice(2). Elsewhere the fallbacks run;
what they promise less stands in their docstrings. Imports next to nothing.
"""

import ctypes
import os
import signal
import sys

PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
IS_LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True)
HAS_PIDFD = hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal")


def become_subreaper(name: str) -> bool:
    """Adopt every orphan below this process and take `name` (15 bytes) in process lists.

    False where the system has no such thing: descendants that daemonise are then found by their mark only.
    """
    if not IS_LINUX:
        return False
    LIBC.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)
    return bool(LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def stand_in_line(places: int) -> None:
    """Move this process, and whom it starts from now on, up in the line of who is killed when memory is short.

    `places` from -1000 to 1000 is added to where it stands (proc(5), oom_score_adj); what the system refuses
    is left as it is.
    """
    try:
        with open("/proc/self/oom_score_adj", "r+") as file:
            now = int(file.read())
            file.seek(0)
            file.write(str(max(-1000, min(1000, now + places))))
    except (OSError, ValueError):
        return


class Stat:
    """One line of /proc/PID/stat (proc(5)): the facts that name a process and place it in its family."""

    __slots__ = ("name", "pid", "ppid", "session", "start_ticks", "state")

    def __init__(self, pid: int, name: str, fields: "list[str]") -> None:
        self.pid, self.name = pid, name
        self.state, self.ppid, self.session = fields[0], int(fields[1]), int(fields[3])
        self.start_ticks = int(fields[19])

    @property
    def is_alive(self) -> bool:
        """False for a zombie and for one that is just vanishing."""
        return self.state not in "ZXx"

    @property
    def is_stopped(self) -> bool:
        """True for a process stopped by a signal or held by a tracer."""
        return self.state in "Tt"


def read_stat(pid: int) -> "Stat | None":
    """Return the facts of one process, None when it is gone."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        line = os.read(descriptor, 1024).decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    end = line.rfind(")")  # the name may itself hold blanks and parentheses
    return Stat(pid, line[line.find("(") + 1 : end], line[end + 2 :].split()) if end > 0 else None


def children_of(pid: int) -> "list[int]":
    """Return the children of every thread of `pid` (proc(5), /proc/PID/task/TID/children)."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            descriptor = os.open(f"/proc/{pid}/task/{thread}/children", os.O_RDONLY)
        except OSError:
            continue
        try:
            while part := os.read(descriptor, 65536):
                found += [int(number) for number in part.split()]
        except OSError:
            pass
        finally:
            os.close(descriptor)
    return found


def children_by_scan(pid: int) -> "list[int]":
    """Fallback for `children_of`: one pass over all processes; slower, and a fork may slip past the cursor."""
    if IS_LINUX:
        stats = (read_stat(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
        return [stat.pid for stat in stats if stat is not None and stat.ppid == pid]
    with os.popen("ps -axo pid=,ppid=") as listing:  # no /proc: macOS and the BSDs
        pairs = [line.split() for line in listing]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def send(pid: int, start_ticks: int, number: int) -> bool:
    """Send a signal to the process that had this pid and start time, never to one that reused the pid.

    Returns False when it is gone. Raises PermissionError when the system refuses.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        stat = read_stat(pid)
        if stat is None or stat.start_ticks != start_ticks or not stat.is_alive:
            return False
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)


def send_by_number(pid: int, start_ticks: int, number: int) -> bool:
    """Fallback for `send`: looks, then signals; between the two a pid might be reused."""
    if IS_LINUX:
        stat = read_stat(pid)
        if stat is None or stat.start_ticks != start_ticks or not stat.is_alive:
            return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def can_list_children() -> bool:
    """True where the kernel tells the children of a process (CONFIG_PROC_CHILDREN)."""
    return IS_LINUX and os.path.exists(f"/proc/self/task/{os.getpid()}/children")
