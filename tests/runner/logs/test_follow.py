"""Following logs that a child process writes at the same time."""

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from descartes_tui.runner.logs.files import open_for_reading, read_at, seek_and_read
from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.logs.last_line import last_line
from descartes_tui.runner.logs.reader import StreamReader
from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.logs.window import LogWindow
from tests.runner.logs.making import make_log
from tests.waiting import wait_until

WRITER = """
import os, struct, sys, time
folder, count = sys.argv[1], int(sys.argv[2])
log = os.open(folder + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
index = os.open(folder + "/index", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
offset = 0
for number in range(count):
    stream = number % 3 == 0
    data = b"%s %d\\n" % ((b"out", b"err")[stream], number)
    os.write(index, struct.pack("<QQ", offset, time.time_ns() << 2 | stream))
    for part in (data[:3], data[3:]):
        os.write(log, part)
    offset += len(data)
"""


@pytest.fixture(params=[False, True], ids=["inotify", "poll"])
def poll(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), "20000"]) as child:
        yield child
        child.kill()


def test_a_window_over_a_log_being_written_sees_every_line_once(
    tmp_path: Path, writer: "subprocess.Popen[bytes]"
) -> None:
    seen: list[bytes] = []
    with LogWindow(tmp_path / "log") as window, Watcher(tmp_path / "log") as watcher:
        offset = 0
        while len(seen) < 20_000:
            if not window.refresh() and offset == window.size:
                watcher.wait(0.1)
            window.index_some()
            for line in window.lines_after(offset, 1000):
                if line.partial:
                    break
                assert line.raw.startswith(b"err" if line.stream == "stderr" else b"out")
                assert line.number in (None, len(seen) + 1)
                seen.append(line.raw.split()[1])
                offset = line.end
            tail = window.tail(3)
            assert all(int(x.raw[4:]) >= len(seen) - 3 for x in tail if not x.partial)
    assert seen == [b"%d" % n for n in range(20_000)]


def test_streams_of_a_log_being_written_lose_nothing(
    tmp_path: Path, writer: "subprocess.Popen[bytes]"
) -> None:
    reader, got = StreamReader(tmp_path / "log"), {"stdout": b"", "stderr": b""}

    def all_read() -> bool:
        over = writer.poll() is not None
        for stream in got:
            while data := reader.read(stream, 1000):
                got[stream] += data
        return over

    wait_until("the end of the log", all_read, within=60)
    reader.close()
    numbers = {stream: [int(x.split()[1]) for x in data.splitlines()] for stream, data in got.items()}
    assert numbers == {"stdout": [n for n in range(20_000) if n % 3], "stderr": list(range(0, 20_000, 3))}


def test_a_change_is_told_and_silence_is_not(tmp_path: Path, poll: bool) -> None:
    path = make_log(tmp_path, [("stdout", b"one\n")])
    with Watcher(path, poll=poll) as watcher:
        assert (watcher.fd is None) == poll
        assert watcher.wait(0.1) == set()
        with path.open("ab") as log:
            log.write(b"two\n")
        assert watcher.wait(5) == {path}
        assert watcher.drain() == set()


def test_a_file_that_appears_later_is_told(tmp_path: Path, poll: bool) -> None:
    path = tmp_path / "log"
    with Watcher(path, poll=poll) as watcher:
        assert watcher.wait(0) == set()
        path.write_bytes(b"x")
        assert watcher.wait(5) == {path}
        with path.open("ab") as log:
            log.write(b"y")
        assert watcher.wait(5) == {path}
        path.unlink()
        assert watcher.wait(5) == {path}
        path.write_bytes(b"xyz")
        assert watcher.wait(5) == {path}


def test_the_folder_of_a_new_run_is_told(tmp_path: Path, poll: bool) -> None:
    with Watcher(tmp_path, poll=poll) as watcher:
        (tmp_path / "2").mkdir()
        assert watcher.wait(5) == {tmp_path}


def test_what_is_no_longer_watched_is_not_told(tmp_path: Path, poll: bool) -> None:
    path = make_log(tmp_path, [])
    with Watcher(path, poll=poll) as watcher:
        watcher.remove(path)
        watcher.remove(tmp_path)
        path.write_bytes(b"x")
        assert watcher.wait(0.1) == set()


async def test_a_loop_goes_on_while_it_waits_for_a_change(tmp_path: Path, poll: bool) -> None:
    path = make_log(tmp_path, [])
    with Watcher(path, poll=poll) as watcher:
        assert await watcher.changed(0.01) == set()
        waiting = asyncio.create_task(watcher.changed(5))
        await asyncio.sleep(0)
        path.write_bytes(b"x")
        assert await waiting == {path}


async def test_the_descriptor_wakes_a_loop(tmp_path: Path) -> None:
    path = make_log(tmp_path, [])
    told = asyncio.Event()
    with Watcher(path) as watcher:
        if watcher.fd is None:
            pytest.skip("no inotify that tells all here")
        asyncio.get_running_loop().add_reader(watcher.fd, told.set)
        path.write_bytes(b"x")
        await asyncio.wait_for(told.wait(), 5)
        asyncio.get_running_loop().remove_reader(watcher.fd)


def test_on_a_kernel_that_does_not_announce_splice_the_file_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_log(tmp_path, [])
    for release in ("6.7.12-generic", "5.15.0", "unheard-of"):
        monkeypatch.setattr("platform.release", lambda release=release: release)
        with Watcher(path) as watcher:
            assert watcher.fd is None


def test_a_descriptor_of_any_number_can_be_waited_for(tmp_path: Path) -> None:
    path = make_log(tmp_path, [])
    with Watcher(path) as watcher:
        if watcher.fd is None:
            pytest.skip("no inotify that tells all here")
        high, low = fcntl.fcntl(watcher.fd, fcntl.F_DUPFD_CLOEXEC, 2000), watcher.fd
        watcher.fd = high
        os.close(low)
        path.write_bytes(b"x")
        assert watcher.wait(5) == {path}


def test_without_inotify_left_looking_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise OSError(24, "too many")

    monkeypatch.setattr("descartes_tui.runner.logs.inotify.open_queue", full)
    path = make_log(tmp_path, [])
    with Watcher(path) as watcher:
        path.write_bytes(b"x")
        assert watcher.wait(5) == {path}


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", ""),
        (b"one\ntwo\n", "two"),
        (b"one\nPrompt? ", "Prompt?"),
        (b"error\n\n   \n\x1b[0m\n", "error"),
        (b"10%\r99%\r", "99%"),
        (b"\x1b[31mred\x1b]0;t\x07\n", "red␛"),
        (b"x" * 10_000, "x" * 4096),
    ],
)
def test_the_last_line_is_short_and_safe(tmp_path: Path, data: bytes, shown: str) -> None:
    assert last_line(make_log(tmp_path, [("stdout", data)])) == shown


def test_no_log_has_no_last_line(tmp_path: Path) -> None:
    assert last_line(tmp_path / "log") == ""


def test_files_are_let_go(tmp_path: Path) -> None:
    log = RunLog(make_log(tmp_path, [("stdout", b"x")]))
    log.close()
    log.close()
    assert (log.read(0, 1), len(log.index), log.refresh()) == (b"", 0, False)


def test_reading_without_pread_gives_the_same(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"0123456789")])
    fd = open_for_reading(path)
    for count, offset in [(3, 0), (4, 5), (10, 8), (1, 99)]:
        assert (
            seek_and_read(fd, count, offset)
            == read_at(fd, count, offset)
            == b"0123456789"[offset : offset + count]
        )
    os.close(fd)
