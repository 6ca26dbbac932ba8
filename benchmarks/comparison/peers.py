"""The other tools, installed below a folder of their own in the versions that the table names."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PYTHON = ("supervisor==4.3.0", "circus==0.19.0", "honcho==2.0.0")
NODE = ("pm2@7.0.4", "mprocs@0.9.6", "concurrently@9.2.5")
DEBIAN = ("s6", "libs6-2.11", "libskarnet2.13", "execline", "libexecline2.9")


def install(folder: Path) -> list[str]:
    """Install what is not there yet; return one line for each thing that could not be installed."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = ((_python, PYTHON), (_node, NODE), (_debian, DEBIAN))
    return [line for step, names in steps for line in _tried(step, folder, names)]


def _tried(step: Callable[[Path, tuple[str, ...]], None], folder: Path, names: tuple[str, ...]) -> list[str]:
    try:
        step(folder, names)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        return [f"{' '.join(names)}: {said[-1] if said else error}"]
    return []


def _run(folder: Path, *argv: str) -> None:
    subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True, timeout=600)


def _python(folder: Path, names: tuple[str, ...]) -> None:
    if not (folder / "py/bin/honcho").exists():
        _run(folder, sys.executable, "-m", "venv", "py")
        _run(folder, "py/bin/pip", "install", "--quiet", *names)


def _node(folder: Path, names: tuple[str, ...]) -> None:
    if not (folder / "npm/node_modules/.bin/concurrently").exists():
        (folder / "npm").mkdir(exist_ok=True)
        (folder / "npm/package.json").write_text('{"name": "peers", "private": true}\n')
        _run(folder / "npm", shutil.which("npm") or "npm", "install", "--no-fund", "--no-audit", *names)


def _debian(folder: Path, names: tuple[str, ...]) -> None:
    """Unpack packages without installing them: nothing of the system is changed."""
    if not (folder / "s6/usr/bin/s6-svscan").exists():
        (folder / "s6").mkdir(exist_ok=True)
        _run(folder / "s6", "apt-get", "download", *names)
        for package in sorted((folder / "s6").glob("*.deb")):
            _run(folder / "s6", "dpkg", "-x", package.name, ".")
