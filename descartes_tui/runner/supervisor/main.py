"""The supervisor's life: take the session's lock, take up what runs, serve, and leave without hurting it."""

import asyncio
import gc
import logging
import logging.handlers
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import descartes_tui
from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.model.folders import private_folder, session_folder, socket_path
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.process.sampler import Sampler
from descartes_tui.runner.store.sqlite import SqliteStore
from descartes_tui.runner.supervisor.desk import Desk
from descartes_tui.runner.supervisor.feed import Feed
from descartes_tui.runner.supervisor.lock import Taken, held_lock
from descartes_tui.runner.supervisor.server import Server, listen
from descartes_tui.runner.wire.ensure import LOCK_NAME, LOG_NAME

log = logging.getLogger(__name__)

LOG_SIZE: Final = 1 << 20  # bytes, after which a new log is begun
LOGS_KEPT: Final = 2  # beside the present one


def run_supervisor(session: str, foreground: bool = False) -> int:
    """Be the supervisor of `session` until `down`, SIGTERM or SIGINT; return the exit code.

    SIGTERM and SIGINT detach: agents live on, and the next supervisor takes them up. SIGHUP is ignored.
    1 when another supervisor has the session, or the start fails; the log says why.
    """
    folder = private_folder(session_folder(session))
    _log_to(folder / LOG_NAME, foreground=foreground)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")
    try:
        with held_lock(folder / LOCK_NAME):
            return asyncio.run(_live(session, folder))
    except Taken as taken:
        log.error("%s", taken)
    except Exception:
        log.exception("the supervisor of session %s ends", session)
    return 1


async def _live(session: str, folder: Path) -> int:
    store = SqliteStore(folder / "events.db")
    launcher = KeeperLauncher()
    fleet = Fleet(
        folder, session=session, launcher=launcher, backends=backends(), store=store, sampler=Sampler()
    )
    leave = asyncio.Event()
    _detach_on_signals(leave)
    await fleet.open()
    try:
        await fleet.adopt()
        desk = Desk(fleet, Feed(fleet, store, session), session, ending=leave)
        await _serve(desk, socket_path(session))
    finally:
        await fleet.close()
        await launcher.close()
        store.close()
    log.info("left")
    return 0


async def _serve(desk: Desk, path: Path) -> None:
    server = Server(desk, listen(path))
    gc.collect()
    gc.freeze()
    log.info("serving session %s at %s, version %s", desk.session, path, descartes_tui.__version__)
    serving = asyncio.create_task(server.serve(), name="accept connections")
    try:
        await desk.ending.wait()
    finally:
        serving.cancel()
        with suppress(FileNotFoundError):
            path.unlink()
        await server.close()
        await desk.tasks.close()
        desk.feed.close()


def _detach_on_signals(leave: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.set)


def _log_to(path: Path, *, foreground: bool) -> None:
    handler: logging.Handler
    if foreground:
        handler = logging.StreamHandler(sys.stderr)
    else:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_SIZE, backupCount=LOGS_KEPT)
        path.chmod(0o600)
    form = f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[handler], force=True)
