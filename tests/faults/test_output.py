"""Output of any kind is on the disk exactly as it was written, whoever dies meanwhile."""

import hashlib
import subprocess
import sys
from pathlib import Path

from descartes_tui.runner.model.layout import INDEX_RECORD, STDERR, STDOUT
from tests.faults.shop import Shop
from tests.torture.looking import resident_bytes

WRITERS = {
    "invalid text": "import os; [os.write(1, bytes(range(256))) for _ in range(500)]",
    "random bytes": "import os, random; r = random.Random(1); [os.write(1, r.randbytes(65536)) for _ in range(50)]",
    "zeros": "import os; os.write(1, bytes(1_000_000))",
    "no newline": "import os; [os.write(1, b'x' * 65536) for _ in range(320)]",
    "blank lines": r"import os; os.write(1, b'\n\r\n\r' * 20_000)",
    "escapes": r"import os; os.write(1, b'\x1b]52;c;aGk=\x07\x1b[2J\x1bc\x9b31m' * 5_000)",
    "unterminated": r"import os; os.write(1, b'one\ntwo')",
}


def test_bytes_are_kept_exactly(shop: Shop) -> None:
    for number, script in enumerate(WRITERS.values()):
        config = {"name": f"w{number}", "command": [sys.executable, "-S", "-E", "-c", script]}
        shop.call("spawn", config=config, env=shop.env)
    for number, (kind, script) in enumerate(WRITERS.items()):
        log = Path(shop.ended(f"w{number}")["log_path"]).read_bytes()
        program = [sys.executable, "-S", "-E", "-c", script]
        expected = subprocess.run(program, capture_output=True, check=True).stdout
        assert hashlib.sha256(log).digest() == hashlib.sha256(expected).digest(), kind
    assert resident_bytes(shop.supervisor) < 80 << 20


def test_lines_of_each_stream_keep_their_order(shop: Shop) -> None:
    script = """
import sys
for n in range(1000):
    print("out", n, flush=True)
    print("err", n, file=sys.stderr, flush=True)"""
    shop.call("spawn", config={"name": "web", "command": [sys.executable, "-c", script]}, env=shop.env)
    log = Path(shop.ended("web")["log_path"])
    data, records = log.read_bytes(), list(INDEX_RECORD.iter_unpack((log.parent / "index").read_bytes()))
    ends = [offset for offset, _ in records[1:]] + [len(data)]
    for stream, name in ((STDOUT, "out"), (STDERR, "err")):
        cut = (data[at:end] for (at, word), end in zip(records, ends, strict=True) if word & 3 == stream)
        assert b"".join(cut).decode().splitlines() == [f"{name} {n}" for n in range(1000)]


def test_a_flood_is_whole_although_the_supervisor_dies_again_and_again(shop: Shop) -> None:
    agent = shop.nasty("web", "burst", "100000")
    for _ in range(4):
        shop.kill_supervisor()
        shop.call("list")
    shop.ended("web")
    lines = Path(agent["log_path"]).read_bytes().splitlines()
    assert lines == [b"%d" % number for number in range(1, 100_001)]


def test_output_that_looks_like_ours_is_only_output(shop: Shop) -> None:
    script = """echo '{"event": "ended", "exit": [0, null]}'; echo '{"id": 1, "ok": null}'; exec sleep 1000"""
    agent = shop.shell("web", script)
    shop.wrote(agent, '"ok"')
    assert shop.agent("web")["status"] == "running"
