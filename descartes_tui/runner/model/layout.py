"""The names and formats of a run's files. Imports next to nothing: keepers read it too."""

import struct

LOG = "log"  # raw bytes as the agent wrote them
INDEX = "index"  # records of INDEX_RECORD
ENDING = "ending.json"
RUN_FACTS = "run.json"
LOCK = "lock"  # held by the keeper for life: liveness is this lock, not a pid
CONTROL = "ctl"  # the keeper's socket
LEDGER = "pids"  # pid and start time of everything seen in the family

INDEX_RECORD = struct.Struct("<QQ")
"""(offset, nanoseconds since 1970 << 2 | stream): from `offset` on, bytes came from `stream` at that time."""
STDOUT, STDERR, TERMINAL = 0, 1, 2
STREAM_NAMES = ("stdout", "stderr", "stdout")  # a terminal has one stream, shown as stdout

MARK = "DESCARTES_RUN_ID"
