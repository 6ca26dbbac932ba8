"""The warm process: a small interpreter with everything loaded that forks a keeper in a fraction of a millisecond.

It is a sub-reaper as well: when a keeper is killed, what that one held becomes a child of this process, which
reaps it and tells what it saw. It ends when the process that started it is gone. Run it as

    python -I -S zygote.py PACKAGE_ROOT SOCKET_DESCRIPTOR

Requests come framed as a 4-byte length and JSON, the first byte carrying the descriptor of the keeper's first
client (SCM_RIGHTS, unix(7)). Answers: `{"forked": pid, "run_id": …}`, `{"failed": cause, "run_id": …}`,
`{"reaped": pid, "status": waitpid status}`; each one line.
"""

import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from contextlib import suppress


def serve(channel: socket.socket) -> None:
    """Fork a keeper for each request until the other side is gone."""
    from descartes_tui.runner.process import kernel

    kernel.become_subreaper("descartes-warm")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    poll.register(reading, select.POLLIN)
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        ready = dict(poll.poll())
        if reading in ready:
            os.read(reading, 4096)
            _reap(channel)
        if channel.fileno() in ready and not _serve_one(channel):
            return


def _serve_one(channel: socket.socket) -> bool:
    """Read one request and fork its keeper; False when the other side is gone."""
    head, descriptors, _, _ = socket.recv_fds(channel, 4, 1)
    if not head:
        return False
    while len(head) < 4:
        head += channel.recv(4 - len(head))
    body = bytearray()
    (length,) = struct.unpack("<I", head)
    while len(body) < length:
        part = channel.recv(min(length - len(body), 1 << 20))
        if not part:
            return False
        body += part
    spec = json.loads(body)
    try:
        pid = os.fork()
    except OSError as error:
        _tell(channel, {"failed": os.strerror(error.errno or 0), "run_id": spec["run_id"]})
        os.close(descriptors[0])
        return True
    if pid == 0:
        _keep(channel, spec, descriptors[0])
    os.close(descriptors[0])
    _tell(channel, {"forked": pid, "run_id": spec["run_id"]})
    return True


def _keep(channel: socket.socket, spec: "dict[str, object]", owner: int) -> None:
    """Be a keeper; never returns."""
    from descartes_tui.runner.process.keeper import Keeper

    code = 1
    try:
        signal.set_wakeup_fd(-1)
        channel.close()
        os.set_inheritable(owner, False)  # descriptors that arrive by SCM_RIGHTS would pass to the agent
        Keeper(spec).run(socket.socket(fileno=owner))
        code = 0
    except BaseException:
        _leave_a_trace(str(spec["folder"]))
    finally:
        os._exit(code)


def _leave_a_trace(folder: str) -> None:
    """Write the traceback beside the run: a keeper has no other place to complain."""
    import traceback

    try:
        with open(f"{folder}/keeper.error", "w") as file:
            traceback.print_exc(file=file)
    except OSError:
        pass


def _reap(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(channel, {"reaped": pid, "status": status})


def _tell(channel: socket.socket, message: "dict[str, object]") -> None:
    with suppress(OSError):  # the other side is gone: the next read says so
        channel.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import descartes_tui.runner.process.keeper  # noqa: F401  loaded once, shared by all keepers

    serve(socket.socket(fileno=int(sys.argv[2])))
