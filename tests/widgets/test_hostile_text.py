"""Whatever an agent says of itself or prints, no control character of it reaches the terminal."""

from pathlib import Path

import pytest

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.agent_table import AgentTable
from descartes_tui.widgets.fleet_header import FleetHeader
from descartes_tui.widgets.log_pane import LogPane
from tests.app.fake_feed import agent, write_log
from tests.widgets.host import Host, controls_in, strips

HOSTILE = (
    "\x1b]0;title\x07",
    "\x1b]52;c;aGFjaw==\x07",
    "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "\x1bc",
    "\x1b[2J\x1b[H",
    "\x1b[6n",
    "\x9b31m\x9d0;x\x9c",
    "\x1bP+q544e\x1b\\",
    "a\x00b\x07c\x08d\x0be\x0cf\x0eg\x7fh",
    "\u202eright to left\u2066",
    "[/nope][@click=app.quit]x[/]",
    "\x1b[?1049l\x1b[?1003h",
    "\r\n\t",
    "z" + "\u0301" * 500,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_the_log_shows_it_as_text(tmp_path: Path, text: str) -> None:
    pane = LogPane()
    raw = text.encode("utf-8", "surrogatepass")
    async with Host(pane).run_test(size=(80, 12)):
        log = write_log(tmp_path / "log", ("stdout", b"before " + raw + b" after\n"), ("stderr", raw))
        pane.show(agent("a", AgentStatus.FAILED, reason=text, log_path=str(log)))
        assert controls_in(strips(pane)) == []
        assert "before" in "".join(strip.text for strip in strips(pane))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_the_table_and_the_header_show_it_as_text(text: str) -> None:
    table, header = AgentTable(), FleetHeader()
    info = agent("a", reason=text, activity=text, backend=text, command_line=text, tags=(text,))
    async with Host(header, table).run_test(size=(160, 12)):
        table.show_all([info])
        table.show_only("a")
        header.show_fleet(text, [info])
        assert controls_in(strips(table)) == controls_in(strips(header)) == []
        assert all(strip.cell_length == 160 for strip in strips(table))
