"""A session is reached by its name, however long the path to its socket and whatever the name is."""

import socket
import threading
from pathlib import Path

import pytest

from descartes_tui.runner.wire import address
from descartes_tui.runner.wire.address import (
    check_session,
    dial,
    listening_sessions,
    reachable,
    short_stand_in,
)
from descartes_tui.runner.wire.errors import WireError


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


def listener_at(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with reachable(path) as name:
        listener.bind(name)
    listener.listen()
    return listener


@pytest.mark.parametrize("length", [20, 400])
def test_a_socket_is_bound_and_reached_at_paths_of_any_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    root = tmp_path.joinpath(*["d" * 100] * (length // 100))
    monkeypatch.setenv("XDG_STATE_HOME", str(root))
    with listener_at(root / "descartes-tui" / "shop" / "supervisor.sock"):
        line = dial("shop", 1.0)
        assert line is not None
        line.close()
        assert listening_sessions() == ("shop",)
        assert listening_sessions(but="shop") == ()


def test_a_long_path_has_a_short_private_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    short = short_stand_in(Path("/x" * 100))
    assert short == short_stand_in(Path("/x" * 100))
    assert short != short_stand_in(Path("/y" * 100))
    assert short.parent.stat().st_mode & 0o777 == 0o700
    short.parent.chmod(0o755)
    with pytest.raises(PermissionError, match="nobody else can enter"):
        short_stand_in(Path("/x" * 100))


def test_nobody_listens_where_there_is_nothing_a_stale_socket_or_a_file(tmp_path: Path) -> None:
    assert dial("shop", 1.0) is None
    assert listening_sessions() == ()
    path = tmp_path / "state" / "descartes-tui" / "shop" / "supervisor.sock"
    listener_at(path).close()
    assert dial("shop", 1.0) is None
    path.unlink()
    path.write_text("no socket")
    assert dial("shop", 1.0) is None


def test_a_queue_that_is_full_is_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state" / "descartes-tui" / "shop" / "supervisor.sock"
    with listener_at(path) as listener:
        listener.listen(0)
        lines = []
        with pytest.raises(WireError) as caught:
            for _ in range(10):
                lines.append(dial("shop", 0.1))
        assert caught.value.code == "timeout"
        for line in lines:
            assert line is not None
            line.close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-a", "a" * 64, "a\0", "a b", "ä"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(WireError) as caught:
        check_session(name)
    assert caught.value.code == "bad_request"


def test_the_longest_name_fits_behind_a_descriptor() -> None:
    check_session("a" * 63)
    assert len(f"/proc/self/fd/1234567/{'a' * 63}.sock") <= address.LONGEST


def test_a_queue_that_is_full_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "state" / "descartes-tui" / "shop" / "supervisor.sock"
    with listener_at(path) as listener:
        listener.listen(0)
        first = dial("shop", 5.0)
        later = threading.Timer(0.1, listener.accept)
        later.start()
        second = dial("shop", 5.0)
        later.join()
        for line in (first, second):
            assert line is not None
            line.close()
