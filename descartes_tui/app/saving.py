"""Saving an agent's log where the person is."""

import os
from pathlib import Path


def save_log(source: Path, folder: Path, name: str) -> Path:
    """Copy a log byte for byte into `folder` under a name that was free, and return its path. May take a while."""
    number, target = 1, folder / f"{name}.log"
    while True:
        try:
            with source.open("rb") as log, target.open("xb") as copy:
                os.fchmod(copy.fileno(), 0o600)
                while data := log.read(1 << 20):
                    copy.write(data)
            return target
        except FileExistsError:
            number += 1
            target = folder / f"{name}-{number}.log"
