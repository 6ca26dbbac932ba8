"""The warm process with every fast path switched off: what runs where the kernel has less to offer."""

import os
import socket
import sys

sys.path.insert(0, sys.argv[1])

from descartes_tui.runner.process import kernel, zygote

kernel.HAS_PIDFD = False
kernel.can_list_children = lambda: False
del os.splice

if __name__ == "__main__":
    zygote.serve(socket.socket(fileno=int(sys.argv[2])))
