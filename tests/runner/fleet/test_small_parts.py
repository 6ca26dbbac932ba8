"""Health counts, selections, log searches, joined lines, declarations: each by itself."""

import stat
from pathlib import Path

import pytest

from descartes_tui.runner.fleet.declared import Declaration, Declared, Limits
from descartes_tui.runner.fleet.health import HealthCount
from descartes_tui.runner.fleet.line_joiner import LONGEST, LineJoiner
from descartes_tui.runner.fleet.log_search import LogSearch, check_pattern
from descartes_tui.runner.fleet.presence import holds_agents
from descartes_tui.runner.fleet.run_files import forget_old_runs, last_line, newest_run
from descartes_tui.runner.fleet.selecting import resolve
from descartes_tui.runner.fleet.starts import ordinal
from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    Dependency,
    DependencyNeed,
    HealthCheck,
    OnLimit,
    RestartPolicy,
    RestartWhen,
    StdinMode,
    StopPolicy,
)
from descartes_tui.runner.model.errors import NotFound
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.runner import Output
from descartes_tui.runner.model.status import AgentStatus, Health

CHECK = HealthCheck(exec=("true",), interval=30.0, retries=3, start_period=10.0)


def test_failures_of_the_start_period_do_not_count() -> None:
    count = HealthCount(CHECK, started=100.0)
    assert [count.failed(t) for t in (101.0, 105.0, 109.9)] == [Health.UNKNOWN] * 3
    assert [count.failed(t) for t in (110.0, 140.0, 170.0)] == [Health.UNKNOWN] * 2 + [Health.UNHEALTHY]


def test_after_the_first_success_failures_count_even_in_the_start_period() -> None:
    count = HealthCount(CHECK, started=100.0)
    assert count.passed() is Health.HEALTHY
    assert [count.failed(102.0) for _ in range(3)] == [Health.HEALTHY] * 2 + [Health.UNHEALTHY]
    assert count.passed() is Health.HEALTHY


def test_probes_are_eager_until_something_is_known() -> None:
    count = HealthCount(CHECK, started=100.0)
    assert (count.pause_before_next(101.0), count.pause_before_next(110.0)) == (1.0, 30.0)
    count.passed()
    assert count.pause_before_next(101.0) == 30.0


def test_time_spent_paused_does_not_use_up_the_start_period() -> None:
    count = HealthCount(CHECK, started=100.0)
    count.shift(3600.0)
    assert [count.failed(3705.0) for _ in range(5)] == [Health.UNKNOWN] * 5


INFOS = [
    AgentInfo(id, name, AgentStatus.IDLE, tags=tags)
    for id, name, tags in (("aa11", "web-1", ("core",)), ("aa22", "web-2", ()), ("bb33", "db", ("core",)))
]


@pytest.mark.parametrize(
    ("agents", "tags", "everyone", "ids"),
    [
        (["db"], (), False, ["bb33"]),
        (["db", "web-1", "db"], (), False, ["aa11", "bb33"]),
        (["web-*"], (), False, ["aa11", "aa22"]),
        (["aa2"], (), False, ["aa22"]),
        (["bb33"], (), False, ["bb33"]),
        ([], ("core",), False, ["aa11", "bb33"]),
        (["web-2"], ("core",), False, ["aa11", "aa22", "bb33"]),
        ([], (), True, ["aa11", "aa22", "bb33"]),
        ([], (), False, []),
    ],
)
def test_agents_are_selected_by_what_a_person_types(
    agents: list[str], tags: tuple[str, ...], everyone: bool, ids: list[str]
) -> None:
    assert resolve(INFOS, agents, tags=tags, everyone=everyone) == ids


@pytest.mark.parametrize(
    ("selector", "close"), [("web-3", ("web-2", "web-1")), ("aa", ()), ("", ()), ("x*", ())]
)
def test_what_matches_nothing_is_not_found(selector: str, close: tuple[str, ...]) -> None:
    with pytest.raises(NotFound) as caught:
        resolve(INFOS, ["db", selector])
    assert caught.value.agent == selector
    assert set(caught.value.close) == set(close)


def test_a_tag_that_nobody_has_is_not_found() -> None:
    with pytest.raises(NotFound):
        resolve(INFOS, [], tags=["none"])


def test_a_search_goes_on_where_it_was_left(tmp_path: Path) -> None:
    log, search = tmp_path / "log", LogSearch(tmp_path / "log")
    assert not search.seen("ready")
    log.write_bytes(b"starting\nrea")
    assert not search.seen("^ready on [0-9]+$")
    with log.open("ab") as file:
        file.write(b"dy on 80\n\xff\xfe\n")
    assert search.seen("^ready on [0-9]+$")
    log.write_bytes(b"")
    assert search.seen("^ready on [0-9]+$")
    assert not search.seen("never")


def test_a_pattern_is_found_across_the_border_of_two_reads(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * ((1 << 20) - 3) + b"needle" + b"y" * 100)
    assert LogSearch(log).seen("needle")


def test_a_bad_pattern_is_named() -> None:
    assert "no regular expression" in (check_pattern("(") or "")
    assert check_pattern("ok|ready") is None


def output(data: bytes, stream: str = "stdout", offset: int = 0) -> Output:
    return Output(stream, data, offset, 1.0)


def test_a_line_in_pieces_comes_as_one() -> None:
    joiner = LineJoiner()
    assert joiner.add(output(b'{"a":')) == []
    assert joiner.add(output(b"oops\n", "stderr", 5)) == [output(b"oops\n", "stderr", 5)]
    assert joiner.add(output(b'1}\n{"b"', offset=10)) == [output(b'{"a":1}\n')]
    assert joiner
    assert joiner.flush() == [output(b'{"b"', offset=13)]
    assert not joiner


def test_a_line_without_end_is_let_go_at_a_mebibyte() -> None:
    joiner, piece = LineJoiner(), b"x" * (64 << 10)
    held = [joiner.add(output(piece, offset=n * len(piece))) for n in range(16)]
    assert [len(found) for found in held] == [0] * 15 + [1]
    assert len(held[-1][0].data) == LONGEST


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (112, "112th")],
)
def test_places_in_line_are_read_aloud(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_old_runs_are_forgotten_and_ten_stay(tmp_path: Path) -> None:
    for number in range(1, 15):
        (tmp_path / "runs" / "id" / str(number)).mkdir(parents=True)
    (tmp_path / "runs" / "id" / "note").mkdir()
    assert newest_run(tmp_path, "id") == 14
    forget_old_runs(tmp_path / "runs" / "id", 14)
    left = {path.name for path in (tmp_path / "runs" / "id").iterdir()}
    assert left == {*map(str, range(5, 15)), "note"}
    assert newest_run(tmp_path, "nobody") == 0


def test_the_last_line_that_says_something_is_made_harmless(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\n\x1b]0;title\x07boom \xff\n\n  \n")
    assert last_line(tmp_path / "log") == " ]0;title boom �"
    assert last_line(tmp_path / "none") == ""


FULL = AgentConfig(
    "web",
    command=["run", "\udcff"],
    environment={"TOKEN": "s3cret", "ODD": "\udcfe"},
    stdin=StdinMode.PIPE,
    tags=("a",),
    depends_on=(Dependency("db", DependencyNeed.LOG, "up", 3.0),),
    restart=RestartPolicy(RestartWhen.ALWAYS),
    health=HealthCheck(http="http://127.0.0.1:1/"),
    stop=StopPolicy("exit\n"),
    limits=AgentLimits(1 << 30, 60.0, 9, OnLimit.STOP),
)


def test_what_is_declared_comes_back_whole(tmp_path: Path) -> None:
    folder = tmp_path / "volatile"
    declarations = [
        Declaration("id-2", 2, True, FULL, {"PATH": "/bin", "ODD": "\udcfd"}),
        Declaration("id-1", 1, False, AgentConfig("db", command="x"), {"PATH": "/bin", "ODD": "\udcfd"}),
    ]
    for declaration in declarations:
        Declared(folder).write(declaration)
    assert Declared(folder).read() == declarations[::-1]
    assert len(list(folder.glob("env-*.json"))) == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_limits_come_back_and_all_can_be_cleared(tmp_path: Path) -> None:
    declared = Declared(tmp_path)
    assert declared.read_limits() == Limits()
    declared.write_limits(Limits(8, 0.2))
    declared.write(Declaration("id", 1, True, FULL, {}))
    assert Declared(tmp_path).read_limits() == Limits(8, 0.2)
    assert holds_agents(tmp_path)
    declared.remove("id")
    assert not holds_agents(tmp_path)
    declared.clear()
    assert not list(tmp_path.iterdir())
    assert not holds_agents(tmp_path / "none")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"id": 1}', "null", '{"order": "x", "wanted": 1, "env": "e", "config": 5}']
)
def test_a_broken_declaration_is_set_aside_and_the_others_live(tmp_path: Path, text: str) -> None:
    declared = Declared(tmp_path)
    declared.write(Declaration("good", 1, True, FULL, {}))
    (tmp_path / "bad.agent.json").write_text(text)
    assert [one.id for one in Declared(tmp_path).read()] == ["good"]
    assert (tmp_path / "bad.agent.json.unreadable").exists()
