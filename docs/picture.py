"""Make the README's picture: the real app on the example fleet, in a session of its own. `make picture`."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SESSION = "shop"


async def paint(target: Path) -> None:
    """Open the screen without a terminal, walk to an agent with something to see, and save what is shown."""
    from descartes_tui.app.live import live_app

    app = live_app(SESSION)
    async with app.run_test(size=(118, 32)) as pilot:
        await asyncio.sleep(4.0)
        await pilot.press("down", "down", "down", "p", "up")
        await asyncio.sleep(2.0)
        app.save_screenshot(filename=target.name, path=str(target.parent))


def main() -> None:
    """Start the example fleet, paint it, end it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = f"{folder}/{name.lower()}"
        os.environ["XDG_RUNTIME_DIR"] = folder
        os.environ["WEB_PORT"] = "27815"
        command = [sys.executable, "-m", "descartes_tui", "--session", SESSION]
        subprocess.run([*command, "up", "-f", "agents.example.yaml", "--detach"], cwd=ROOT, check=True)
        try:
            asyncio.run(paint(ROOT / "docs" / "screen.svg"))
        finally:
            subprocess.run([*command, "down"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
