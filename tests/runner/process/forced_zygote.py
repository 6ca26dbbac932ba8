"""The warm process with every fast path switched off: what runs where the kernel has less to offer."""

import socket
import sys

sys.path.insert(0, sys.argv[1])

from descartes_tui.runner.process import kernel, pump, zygote

kernel.HAS_PIDFD = False
kernel.can_list_children = lambda: False
pump.Pump._move = lambda self, source, limit: self._copy(source)  # type: ignore[method-assign]

if __name__ == "__main__":
    zygote.serve(socket.socket(fileno=int(sys.argv[2])))
