"""Facts of the machine, without which no figure means anything."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
import subprocess
from pathlib import Path

from cli.supervisor.checks import temporal_binary


def facts() -> list[str]:
    """Return what the figures were measured on, in lines."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("temporalio", "pydantic"))
    return [
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, {versions}, SQLite {sqlite3.sqlite_version}",
        _server(),
        load(),
    ]


def load() -> str:
    """Return how many processes wanted to run during the last minute, besides ours and with them."""
    return f"load average of the last minute: {os.getloadavg()[0]:.1f}"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "processor unknown"


def _server() -> str:
    said = subprocess.run([temporal_binary(), "--version"], capture_output=True, text=True, check=True)
    return said.stdout.strip()
