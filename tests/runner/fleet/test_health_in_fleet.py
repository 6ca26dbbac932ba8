"""Probes of running agents, with real commands behind them where that matters."""

import asyncio
from dataclasses import replace

from descartes_tui.runner.fleet.probing import probe_by_http
from descartes_tui.runner.model.config import AgentConfig, HealthCheck, RestartPolicy, RestartWhen
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import FakeRun
from tests.waiting import wait_for

CHECK = HealthCheck(exec=("check",), interval=10.0, timeout=2.0, retries=2, start_period=0.0)
A = AgentConfig("a", health=CHECK)


def answering(world: World, *codes: int | None) -> list[FakeRun]:
    """Let probes exit with these codes, the last one for ever; None hangs."""
    left, probes = list(codes), list[FakeRun]()

    def prepare(run: FakeRun) -> None:
        if run.number:
            return
        probes.append(run)
        code = left.pop(0) if len(left) > 1 else left[0]
        start = run.start

        def start_and_end() -> None:
            start()
            if code is not None:
                run.end(code)

        run.start = start_and_end  # type: ignore[method-assign]

    world.launcher.prepare = prepare
    return probes


async def probed(world: World, probes: list[FakeRun], count: int) -> None:
    """Wait until so many probes are over and judged, and the pause before the next one has begun."""
    await wait_for(f"probe {count}", lambda: len(probes) >= count and 10.0 in world.clock.awaited())


async def test_a_command_that_succeeds_proves_health(world: World) -> None:
    probes = answering(world, 0)
    await world.up(A)
    await probed(world, probes, 1)
    await wait_for("health", lambda: world.info("a").health.value == "healthy")
    spec = probes[0].spec
    assert spec.argv == ("check",)
    assert spec.folder == world.launcher.last("a").spec.folder / "probe"
    assert spec.env["DESCARTES_RUN_ID"] == spec.run_id != world.launcher.last("a").spec.run_id
    assert "health" in world.kinds("a")


async def test_failures_in_a_row_prove_the_opposite(world: World) -> None:
    probes = answering(world, 0, 1)
    await world.up(A)
    for count in (1, 2, 3):
        await probed(world, probes, count)
        assert world.info("a").health.value == ("unhealthy" if count == 3 else "healthy")
        await world.clock.advance(10)
    assert world.status("a") == "running"


async def test_a_probe_that_hangs_is_killed_and_counts_as_failed(world: World) -> None:
    probes = answering(world, None)
    await world.up(replace(A, health=replace(CHECK, retries=1)))
    await wait_for("a probe", lambda: probes)
    await world.clock.advance(2.1)
    await wait_for("the verdict", lambda: world.info("a").health.value == "unhealthy")
    assert probes[0].calls == ["kill"]


async def test_the_unhealthy_are_restarted_where_configured_and_not_for_ever(world: World) -> None:
    answering(world, 1)
    config = replace(
        A,
        health=replace(CHECK, retries=1, on_failure="restart"),
        restart=RestartPolicy(RestartWhen.NEVER, max=1, backoff_min=1.0),
    )
    await world.up(config)
    await wait_for("back-off", lambda: world.status("a") == "backoff")
    assert world.info("a").reason.endswith("after unhealthy: exit code 1")
    await world.clock.advance(1.2)
    await wait_for("giving up", lambda: world.status("a") == "failed")


async def test_the_unhealthy_are_stopped_where_configured(world: World) -> None:
    answering(world, 1)
    await world.up(replace(A, health=replace(CHECK, retries=1, on_failure="stop")))
    await wait_for("the stop", lambda: world.status("a") == "terminated")
    assert world.info("a").reason == "stopped by the health probe: killed by SIGTERM"


async def test_nobody_is_probed_while_paused(world: World) -> None:
    probes = answering(world, 0)
    await world.up(A)
    await probed(world, probes, 1)
    await world.fleet.pause(world.info("a").id)
    await world.clock.advance(1000)
    assert len(probes) == 1
    await world.fleet.resume(world.info("a").id)
    await probed(world, probes, 2)


async def test_a_probe_ends_with_its_agent(world: World) -> None:
    probes = answering(world, None)
    await world.up(A)
    await wait_for("a probe", lambda: probes)
    world.launcher.last("a").end(0)
    await wait_for("its end", lambda: probes[0].over)
    assert probes[0].calls == ["kill"]


async def answer(text: bytes) -> tuple[asyncio.Server, int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_http_is_asked_over_a_real_socket() -> None:
    for text, good in (
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 302 Found\r\n\r\n", True),
        (b"HTTP/1.0 500 No\r\n\r\n", False),
        (b"SSH-2.0\r\n", False),
        (b"", False),
    ):
        server, port = await answer(text)
        async with server:
            ok, evidence = await probe_by_http(f"http://127.0.0.1:{port}/health?x=1", 5.0)
        assert ok is good, evidence


async def test_http_that_nobody_answers_fails_with_its_cause() -> None:
    server, port = await answer(b"")
    server.close()
    await server.wait_closed()
    ok, evidence = await probe_by_http(f"http://127.0.0.1:{port}/", 5.0)
    assert (ok, "refused" in evidence.lower()) == (False, True)
