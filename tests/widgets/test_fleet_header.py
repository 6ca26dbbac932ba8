"""The header's counts and totals in any width."""

import pytest

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.fleet_header import FleetHeader
from tests.app.fake_feed import agent
from tests.widgets.host import Host, shown

FLEET = [agent(f"{status.value}-{n}", status) for n, status in enumerate(AgentStatus)]


async def test_counts_and_totals() -> None:
    header = FleetHeader()
    async with Host(header).run_test(size=(180, 3)):
        header.show_fleet("shop", FLEET)
        (line,) = shown(header)
        assert line.startswith(" descartes  shop  ● 1 running  ◐ 1 starting  ‖ 1 paused")
        assert line.endswith("cpu   6%  mem  96M")


@pytest.mark.parametrize("width", [1, 5, 12, 20, 40, 60, 79, 80, 100])
async def test_no_count_is_cut_in_half(width: int) -> None:
    header = FleetHeader()
    async with Host(header).run_test(size=(width, 3)):
        header.show_fleet("shop", FLEET)
        (line,) = shown(header)
        counts = line.removeprefix(" descartes  shop").split("cpu")[0].split()
        if width >= 20:
            assert len(counts) % 2 == 0


async def test_an_alarm_takes_the_place_of_the_totals() -> None:
    header = FleetHeader()
    async with Host(header).run_test(size=(60, 3)):
        header.show_fleet("shop", FLEET)
        header.show_alarm("reconnecting …")
        assert shown(header)[0].rstrip().endswith("reconnecting …")
        header.show_alarm("")
        assert "reconnecting" not in shown(header)[0]
