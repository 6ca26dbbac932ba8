"""Probes the health of a running agent: a command, an HTTP request, or a line in its log."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from descartes_tui.runner.fleet.clock import Clock, pass_time
from descartes_tui.runner.fleet.ending import describe
from descartes_tui.runner.fleet.health import HealthCount
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.preparing import run_spec
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.run_files import last_line
from descartes_tui.runner.model.config import HealthCheck
from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.folders import LOG, MARK, private_folder
from descartes_tui.runner.model.run import Ended, Lost, RunEvent, RunLink, RunSpec, StartFailed
from descartes_tui.runner.model.status import Health

PROBE: Final = "probe"  # sub-folder of the run's folder
Result = tuple[bool, str]  # did it succeed, and by what evidence
Report = Callable[[Record, Run, Health, str], None]


async def probe_for_ever(record: Record, run: Run, parts: Parts, report: Report) -> None:
    """Probe until the run is over; one probe at a time, none while the agent is paused."""
    check = record.config.health
    assert check is not None
    count = HealthCount(check, parts.clock.monotonic())
    while True:
        count.shift(await _until_awake(run, parts.clock))
        pauses = run.pauses
        ok, evidence = await _probe(check, record, run, parts)
        if run.over:
            return
        if run.pauses == pauses:  # what was found while being stopped proves nothing
            health = count.passed() if ok else count.failed(parts.clock.monotonic())
            report(record, run, health, evidence)
        await pass_time(parts.clock, count.pause_before_next(parts.clock.monotonic()))


async def _until_awake(run: Run, clock: Clock) -> float:
    """Wait while the agent is paused; return the seconds that this took."""
    before = clock.monotonic()
    await run.awake.wait()
    return clock.monotonic() - before


async def _probe(check: HealthCheck, record: Record, run: Run, parts: Parts) -> Result:
    try:
        if check.exec:
            return await probe_by_command(check, record, run, parts)
        if check.http:
            return await probe_by_http(check.http, check.timeout)
        if run.log.seen(check.log):
            return True, f"printed {check.log!r}"
        return False, f"has not printed {check.log!r}"
    except (AgentError, OSError, ValueError) as error:
        return False, str(error) or type(error).__name__


async def probe_by_http(url: str, seconds: float) -> Result:
    """Ask for `url`; status 200 to 399 is a success. `seconds` are for everything together."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = f"GET {target} HTTP/1.0\r\nHost: {parts.netloc}\r\nUser-Agent: descartes-tui\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            status = await _first_line(parts.hostname or "127.0.0.1", port, tls, request)
    except TimeoutError:
        return False, f"{url}: no answer within {seconds:g}s"
    except OSError as error:
        known = error.errno is not None and error.errno > 0
        return False, f"{url}: {os.strerror(error.errno or 0) if known else error.strerror or error}"
    words = status.split()
    if len(words) < 2 or not words[1].isdigit():
        return False, f"{url}: no HTTP answer"
    return 200 <= int(words[1]) < 400, f"{url}: status {words[1].decode()}"


async def _first_line(host: str, port: int, tls: bool, request: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, ssl=tls or None, limit=16 << 10)
    try:
        writer.write(request.encode("latin-1", "replace"))
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def probe_by_command(check: HealthCheck, record: Record, run: Run, parts: Parts) -> Result:
    """Run the probe's command as a run of its own; when `timeout` is over it is killed with all its family."""
    spec = await _probe_spec(check, record, run, parts)
    over: asyncio.Future[RunEvent] = asyncio.get_running_loop().create_future()

    def hear(event: RunEvent) -> None:
        if isinstance(event, Ended | Lost | StartFailed) and not over.done():
            over.set_result(event)

    link = await parts.launcher.launch(spec, hear)
    try:
        in_time = await _within(over, check.timeout, parts.clock)
    except asyncio.CancelledError:
        parts.tasks.start(_end(link, over, spec.folder), f"end a probe of {record.name}")
        raise
    result = _result(over.result(), spec.folder) if in_time else (False, f"no result in {check.timeout:g}s")
    await _end(link, over, spec.folder)
    return result


async def _probe_spec(check: HealthCheck, record: Record, run: Run, parts: Parts) -> RunSpec:
    folder = private_folder(run.folder / PROBE)
    await asyncio.to_thread(_empty, folder)
    run_id = probe_id(run)
    spec = run_spec(record, run, parts)
    return replace(
        spec,
        run_id=run_id,
        folder=folder,
        argv=check.exec,
        env=spec.env | {MARK: run_id},
        stdin="null",
        tty=False,
        sweep_grace=0.0,
        keep_leftovers=False,
        on_loss=0.0,
    )


def probe_id(run: Run) -> str:
    """Return the mark of the probes of a run."""
    return f"{run.run_id}.{PROBE}"


def _result(event: RunEvent, folder: Path) -> Result:
    if isinstance(event, StartFailed):
        return False, event.cause
    assert isinstance(event, Ended | Lost)
    said = last_line(folder / LOG)
    return event.exit.success, describe(event.exit) + (f": {said}" if said else "")


async def _end(link: RunLink, over: "asyncio.Future[RunEvent]", folder: Path) -> None:
    """Make sure that nothing is left of a probe."""
    if not over.done():
        with contextlib.suppress(AgentError, OSError):
            await link.kill()
        await over
    await asyncio.to_thread(_empty, folder)


async def _within(over: "asyncio.Future[RunEvent]", seconds: float, clock: Clock) -> bool:
    """True when `over` is done before `seconds` have passed."""
    either = asyncio.Event()
    timer = clock.call_later(seconds, either.set)
    over.add_done_callback(lambda _: either.set())
    try:
        await either.wait()
    finally:
        timer.cancel()
    return over.done()


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
