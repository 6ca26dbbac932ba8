"""Pictures of the screen without any process: `python -m tests.app.demo FOLDER` writes SVGs of an invented fleet."""

import asyncio
import sys
from pathlib import Path

from descartes_tui.app.app import DescartesApp
from descartes_tui.runner.model.info import AgentInfo, Usage
from descartes_tui.runner.model.status import AgentStatus, Health
from tests.app.fake_feed import NOW, FakeFeed, agent, write_log

LOG = b"".join(
    b"\x1b[2m%02d\x1b[0m \x1b[32mINFO\x1b[0m  planner  step %d of 120: reading "
    b"\x1b[36mdescartes_tui/runner/model/status.py\x1b[0m\n" % (n % 60, n)
    for n in range(1, 90)
)


def fleet(folder: Path) -> tuple[AgentInfo, ...]:
    """Return one agent in each state, with a log each."""
    log = str(
        write_log(
            folder / "runs/p/2/log",
            ("stdout", LOG),
            ("stderr", b"warning: cache is cold, the first call takes longer\n"),
            ("stdout", b"done with step 89\nContinue? [y/N] "),
        )
    )
    idle = AgentStatus.IDLE
    return (
        agent(
            "planner",
            run=2,
            restarts=1,
            backend="claude",
            activity="tool: Read",
            pid=20411,
            log_path=log,
            usage=Usage(12.4, 310 << 20, 6),
            tags=("core",),
        ),
        agent("web", pid=20413, health=Health.HEALTHY, usage=Usage(0.3, 21 << 20, 1), log_path=log),
        agent("poller", pid=20420, activity="GET /health 200", usage=Usage(0.1, 14 << 20, 1)),
        agent(
            "line-counter", AgentStatus.COMPLETED, exit_code=0, ended_at=NOW - 70, verdict=None, reason="done"
        ),
        agent(
            "flaky", AgentStatus.BACKOFF, reason="exit code 1; restart 3 of 5", restarts=3, next_at=NOW + 6
        ),
        agent(
            "folder-watcher",
            AgentStatus.PAUSED,
            pid=20431,
            reason="paused by you",
            usage=Usage(0.0, 18 << 20, 2),
        ),
        agent("questioner", AgentStatus.STOPPING, pid=20433, reason="TERM sent, KILL", next_at=NOW + 4),
        agent(
            "reviewer",
            AgentStatus.FAILED,
            exit_code=1,
            ended_at=NOW - 5,
            backend="codex",
            reason="codex is not installed: npm i -g @openai/codex",
        ),
        agent(
            "deployer", AgentStatus.TERMINATED, exit_signal=15, ended_at=NOW - 20, reason="ended on request"
        ),
        agent("starter", AgentStatus.STARTING, pid=20499),
        agent("release-notes", idle, reason="waits for planner to complete", backend="opencode"),
    )


async def picture(
    folder: Path, width: int, height: int, *keys: str, theme: str = "dark", name: str = ""
) -> None:
    """Write one SVG, after pressing `keys`."""
    work = folder / "state" / f"{width}{name}{theme}"
    feed = FakeFeed(*fleet(work))
    feed.answers["show"] = {
        "config": {
            "command": ["python", "-u", "agent.py"],
            "working_dir": "/srv/shop",
            "environment": {"API_KEY": "••••••"},
        },
        "why": {
            "since": "2027-01-15T08:00:00Z",
            "who": "supervisor",
            "cause": "started with the fleet",
            "next": "",
        },
        "family": {
            "pid": 20411,
            "cmdline": "claude -p",
            "status": "S",
            "children": [{"pid": 20415, "cmdline": "rg TODO", "status": "R"}],
        },
        "runs": [
            {
                "run": 1,
                "started_at": "2027-01-15T07:58:00Z",
                "ended_at": "2027-01-15T07:59:00Z",
                "exit_code": 1,
                "verdict": "failed",
            }
        ],
        "status": "running",
        "pid": 20411,
    }
    feed.events = [
        {"seq": 4, "at": "2027-01-15T08:00:00Z", "kind": "status", "old": "starting", "new": "running"}
    ]
    app = DescartesApp(feed, clock=lambda: NOW)
    async with app.run_test(size=(width, height)) as pilot:
        app.theme = theme
        for _ in range(5):
            await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()
        name = name or "-".join(keys) or "table"
        app.save_screenshot(f"{width}x{height}-{theme}-{name}.svg", str(folder))


async def main(folder: Path) -> None:
    """Write all pictures."""
    for size in ((80, 24), (120, 40), (200, 60), (60, 15)):
        await picture(folder, *size)
    for theme in ("light", "high-contrast", "nord", "colour-blind"):
        await picture(folder, 120, 40, theme=theme)
    for key in ("q", "k", "n", "d", "ctrl+p", "?", "i", "/"):
        await picture(folder, 100, 30, key, name={"?": "help", "/": "filter"}.get(key, key))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
