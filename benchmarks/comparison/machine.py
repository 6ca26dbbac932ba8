"""Where and when it was run."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def facts() -> dict[str, object]:
    """Return the facts about this machine that the figures depend on."""
    return {
        "date": now(),
        "cores": os.cpu_count(),
        "processor": _line("/proc/cpuinfo", "model name"),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": load(),
    }


def now() -> str:
    """Return the date and the time of day."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def load() -> list[float]:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return [round(value, 1) for value in os.getloadavg()]


def _line(path: str, name: str) -> str:
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "unknown")
