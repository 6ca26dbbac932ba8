"""A program that cannot be started is told of in one line that names the cause."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.run import SignalReport
from descartes_tui.runner.process.causes import cause_of
from descartes_tui.runner.process.portable import PortableLauncher
from tests.runner.process.portable_runs import launch


@pytest.fixture
async def launcher() -> AsyncIterator[PortableLauncher]:
    launcher = PortableLauncher()
    yield launcher
    await launcher.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with programs that do not start."""
    (tmp_path / "plain").write_text("just text")
    texts = {"text": "no first line", "bad": "#!/no/such/interp -x\n", "dos": "#!/bin/sh\r\n", "elf": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "bin").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        ([], "the command is empty: name a program"),
        ([""], "the command is empty: name a program"),
        (["no-such-program"], "no-such-program: not found; install it, or give the full path in command"),
        (["./no-such"], "./no-such: not found; install it, or give the full path in command"),
        (["./bin"], "./bin: is a folder, not a program"),
        (["./plain"], "./plain: not executable; try: chmod +x {}/plain"),
        (["./text"], "./text: is neither a binary of this system nor a script with a #! line"),
        (["./bad"], "./bad: its interpreter /no/such/interp does not exist (see the first line of {}/bad)"),
        (["./dos"], "./dos: its interpreter /bin/sh does not exist (the line ends with a carriage return) "
                    "(see the first line of {}/dos)"),
        (["./link"], "./link: is a link to nowhere, which does not exist"),
        (["echo", "x" * 140_000], "echo: argument 1 has 140000 characters, the system takes 131071"),
        (["echo", *["x" * 100_000] * 100], "echo: arguments and environment are too long for the system, "),
        (["echo", "a\0b"], "'echo': the command, its folder or its environment holds a NUL character"),
    ],
)  # fmt: skip
async def test_the_cause_is_named(
    launcher: PortableLauncher, folder: Path, argv: list[str], cause: str
) -> None:
    run = await launch(launcher, folder, *argv)
    told = await run.failed()
    assert told.startswith(cause.format(folder)) and "\n" not in told
    assert run.living.pid is None


@pytest.mark.parametrize(
    ("place", "cause"),
    [("gone", "no such file or directory"), ("plain", "is no folder"), ("plain/x", "not a directory")],
)
async def test_a_bad_folder_is_named(
    launcher: PortableLauncher, folder: Path, place: str, cause: str
) -> None:
    run = await launch(launcher, folder, "true", cwd=str(folder / place))
    remedy = "set working_dir to a folder that exists and may be entered"
    assert await run.failed() == f"working folder {folder / place}: {cause}; {remedy}"


async def test_a_terminal_is_refused(launcher: PortableLauncher, folder: Path) -> None:
    run = await launch(launcher, folder, "true", tty=True)
    assert "a terminal needs a keeper" in await run.failed()


async def test_a_run_that_never_started_takes_every_call(launcher: PortableLauncher, folder: Path) -> None:
    run = await launch(launcher, folder, "no-such-program")
    nobody = SignalReport(())
    assert [await run.living.signal(15), await run.living.pause(), await run.living.resume()] == [nobody] * 3
    await run.living.kill()
    await run.living.close_stdin()
    await run.living.resize(1, 1)
    assert await run.living.family() == () and not run.living.is_paused()
    with pytest.raises(CommunicationError):
        await run.living.write_stdin(b"x")


async def test_failed_starts_hold_no_descriptor(launcher: PortableLauncher, folder: Path) -> None:
    def held() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    await (await launch(launcher, folder, "no-such-program")).failed()
    before = held()
    for _ in range(20):
        await (await launch(launcher, folder, "no-such-program", stdin="pipe")).failed()
    assert held() <= before


async def test_the_agents_own_path_is_searched(launcher: PortableLauncher, folder: Path) -> None:
    program = folder / "bin" / "my-agent"
    program.write_text('#!/bin/sh\necho "in $PWD, $*"\n')
    program.chmod(0o755)
    run = await launch(launcher, folder, "my-agent", "x y", env={"PATH": str(folder / "bin")})
    await run.ended()
    assert run.log.decode() == f"in {folder}, x y\n"


async def test_nothing_is_inherited(
    launcher: PortableLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAKED", "1")
    script = "env; ls -l /proc/$$/fd; ps -o sid= -p $$"
    run = await launch(launcher, tmp_path, "sh", "-c", script, env={"PATH": os.environ["PATH"]})
    pid = run.living.pid
    await run.ended()
    assert "LEAKED" not in run.log.decode()
    assert run.log.split()[-1] == str(pid).encode()  # a session of its own


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EAGAIN, "limit of processes"), (errno.EMFILE, "file descriptors"), (errno.ENOMEM, "memory")],
)
def test_what_the_system_lacks_is_named(number: int, words: str) -> None:
    assert words in cause_of(number, ["agent"], {}, "/")


def test_a_long_program_is_shortened() -> None:
    assert len(cause_of(errno.ENAMETOOLONG, ["y" * 5000], {"PATH": "/bin"}, "/")) < 400
