"""What each key does to the log that is shown."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from descartes_tui.app.desk import Desk
from descartes_tui.app.saving import save_log


def _copy(screen: Desk) -> None:
    text, count = screen.log_pane.copied_text()
    if count:
        screen.app.copy_to_clipboard(text)
        screen.notify(f"Copied {count} line{'s' if count > 1 else ''}.", markup=False, timeout=3)


def _save(screen: Desk) -> None:
    info = screen.table.selected
    if info is None or info.log_path is None:
        screen.notify("There is no log yet: the agent has not run.", severity="warning", markup=False)
        return
    source, folder, name = Path(info.log_path), Path.cwd(), f"{info.name}-run{info.run}"

    async def saving() -> None:
        try:
            target = await asyncio.to_thread(save_log, source, folder, name)
        except OSError as error:
            text = f"Could not save the log of {info.name} in {folder}: {error.strerror}. Nothing else is affected."
            screen.notify(text, severity="error", markup=False)
        else:
            screen.notify(f"Saved {target.name} in {folder}.", markup=False)

    screen.run_worker(saving(), name="save log", exit_on_error=False)


LOG_DEEDS: Final[Mapping[str, Callable[[Desk], None]]] = {
    "follow": lambda screen: screen.log_pane.toggle_follow(),
    "wrap": lambda screen: screen.log_pane.toggle_wrap(),
    "stream": lambda screen: screen.log_pane.next_stream(),
    "timestamps": lambda screen: screen.log_pane.toggle_timestamps(),
    "copy": _copy,
    "save": _save,
    "zoom": lambda screen: screen.toggle_zoom(),
}
"""By the id of the action in the registry."""
