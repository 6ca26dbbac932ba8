"""The log pane as a person sees and uses it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.log_pane import LogPane
from tests.app.fake_feed import NOW, agent, write_log
from tests.waiting import wait_for
from tests.widgets.host import Host, shown, strips


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % n for n in range(first, last + 1))


def with_log(folder: Path, *parts: tuple[str, bytes], run: int = 1, **facts: Any) -> AgentInfo:
    log = write_log(folder / str(run) / "log", *parts)
    return agent("builder", **{"log_path": str(log), "run": run, **facts})


async def test_a_log_opens_at_its_end_with_the_newest_line_last(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 8)):
        pane.show(with_log(tmp_path, ("stdout", lines(1, 50))))
        rows = shown(pane)
        assert rows[0].startswith(" builder · run 1") and rows[0].endswith("following")
        assert [row.split("┃")[0].strip() for row in rows[1:]] == [f"line {n}" for n in range(44, 51)]


async def test_growth_is_seen_without_being_told(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 8)):
        info = with_log(tmp_path, ("stdout", b"first\n"))
        pane.show(info)
        write_log(Path(info.log_path or ""), ("stdout", b"name? "))
        await wait_for("prompt", lambda: any("name?" in row for row in shown(pane)), within=2)


async def test_a_log_that_is_not_there_yet_is_picked_up(tmp_path: Path) -> None:
    pane = LogPane()
    (tmp_path / "1").mkdir()
    async with Host(pane).run_test(size=(60, 8)):
        pane.show(agent("builder", log_path=str(tmp_path / "1" / "log")))
        write_log(tmp_path / "1" / "log", ("stdout", b"hello\n"))
        await wait_for("line", lambda: any("hello" in row for row in shown(pane)), within=5)


async def test_keys_scroll_and_end_follows_again(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 11)) as pilot:
        info = with_log(tmp_path, ("stdout", lines(1, 100)))
        pane.show(info)
        pane.focus()
        for key, first in (("up", 90), ("pageup", 81), ("j", 82), ("pagedown", 91), ("home", 0), ("down", 1)):
            await pilot.press(key)
            text = shown(pane)[1].split("┃")[0].strip()
            assert text == f"line {first}" if first else text.startswith("── run 1"), key
        assert "not following" in shown(pane)[0]
        write_log(Path(info.log_path or ""), ("stdout", lines(101, 140)))
        await wait_for("hint", lambda: "▼ 40 new lines: End" in shown(pane)[0])
        await pilot.press("end")
        assert pane.following
        assert "line 140" in shown(pane)[-1]


async def test_long_lines_are_cut_with_a_mark_or_wrapped(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(21, 8)) as pilot:
        pane.show(with_log(tmp_path, ("stdout", b"0123456789abcdefghijklmnopqrstuvwxyz\n")))
        pane.focus()
        assert shown(pane)[2] == " 0123456789abcdefgh›"
        await pilot.press("right")
        assert shown(pane)[2] == "789abcdefghijklmnop›"
        pane.toggle_wrap()
        assert shown(pane)[2:4] == [" 0123456789abcdefghi", "jklmnopqrstuvwxyz"]


async def test_both_streams_are_told_apart_and_shown_alone(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(40, 8)):
        pane.show(with_log(tmp_path, ("stdout", b"fine\n"), ("stderr", b"oops\n")))
        assert shown(pane)[2:4] == [" fine", "┃oops"]
        pane.next_stream()
        assert shown(pane)[2:4] == [" fine", ""] and "stdout" in shown(pane)[0]
        pane.next_stream()
        assert shown(pane)[2:4] == ["┃oops", ""] and "stderr" in shown(pane)[0]
        pane.next_stream()
        assert shown(pane)[2:4] == [" fine", "┃oops"]


async def test_timestamps_tell_when_a_line_arrived(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(40, 5)):
        pane.show(with_log(tmp_path, ("stdout", b"fine\n")))
        pane.toggle_timestamps()
        stamp, word = shown(pane)[2].split()
        assert len(stamp) == len("12:00:00.000") and word == "fine"


async def test_colours_of_the_agent_are_kept(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(40, 5)):
        pane.show(with_log(tmp_path, ("stdout", b"\x1b[1;38;2;10;20;30mloud\x1b[0m calm\n")))
        loud = next(segment for segment in strips(pane)[2] if segment.text == "loud")
        assert loud.style is not None and loud.style.bold
        assert loud.style.color is not None and loud.style.color.triplet == (10, 20, 30)


async def test_a_new_run_is_switched_to_with_a_mark_and_the_old_end_in_sight(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(50, 12)):
        pane.show(with_log(tmp_path, ("stdout", b"about to crash\n")))
        pane.show(with_log(tmp_path, ("stdout", b"born again\n"), run=2))
        rows = [row for row in shown(pane)[1:] if row]
        assert rows[0].strip() == "about to crash"
        assert rows[1].startswith("── run 2")
        assert rows[2].strip() == "born again"


async def test_another_agent_shows_nothing_of_the_one_before(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(50, 12)):
        pane.show(with_log(tmp_path, ("stdout", b"secret of builder\n")))
        pane.show(agent("other", log_path=str(write_log(tmp_path / "o/log", ("stdout", b"mine\n")))))
        assert not any("secret" in row for row in shown(pane))
        pane.show(agent("third", AgentStatus.IDLE))
        assert any("third has not run yet" in row for row in shown(pane))
        pane.show(None)
        assert not any(row.strip() for row in shown(pane)[1:])


async def test_the_end_of_a_run_is_marked_with_its_verdict(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 8)):
        info = with_log(tmp_path, ("stdout", b"last words\n"))
        pane.show(info)
        pane.show(replace(info, status=AgentStatus.FAILED, exit_code=3, ended_at=NOW))
        assert any(row.startswith("── ✗ failed · exit code 3") for row in shown(pane))


async def test_a_truncated_log_begins_anew(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 8)):
        info = with_log(tmp_path, ("stdout", lines(1, 100)))
        pane.show(info)
        path = Path(info.log_path or "")
        (path.parent / "index").write_bytes(b"")
        path.write_bytes(b"short\n")
        await wait_for("new content", lambda: any("short" in row for row in shown(pane)))
        assert not any("line" in row for row in shown(pane)[1:])


async def test_dragging_selects_lines_and_copying_takes_them(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(40, 12)) as pilot:
        pane.show(with_log(tmp_path, ("stdout", b"\x1b[31mone\x1b[0m\ntwo\nthree\n")))
        assert pane.copied_text() == ("one\ntwo\nthree", 3)
        await pilot.mouse_down(LogPane, offset=(3, 3))
        await pilot.hover(LogPane, offset=(9, 4))
        await pilot.mouse_up(LogPane, offset=(9, 4))
        assert pane.copied_text() == ("two\nthree", 2)


async def test_a_huge_line_and_bytes_that_are_no_text_are_shown_sensibly(tmp_path: Path) -> None:
    pane = LogPane()
    async with Host(pane).run_test(size=(60, 8)):
        pane.show(
            with_log(tmp_path, ("stdout", b"x" * 3_000_000 + b"\n\xff\xfe\x00bad\nprogress 1%\rprogress 99%"))
        )
        pane.toggle_wrap()
        text = "\n".join(shown(pane))
        assert "bad" in text and "progress 99%" in text and "1%" not in text.replace("99%", "")
