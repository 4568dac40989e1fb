"""Real child processes, and waiting for what they do."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PATIENCE = 30.0
"""Seconds after which what was waited for is taken not to happen."""


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Tell whether no process runs as `pid`; one that is dead and not yet buried counts as gone."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment for `golive` with three free ports and its own home."""
    api, temporal, ui = free_ports(3)
    ours = {
        "GOLIVE_HOME": str(home),
        "GOLIVE_PORT": str(api),
        "GOLIVE_TEMPORAL_PORT": str(temporal),
        "GOLIVE_TEMPORAL_UI_PORT": str(ui),
        "LC_ALL": "C.UTF-8",
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOLIVE_", "TEMPORAL_"))
    }
    return kept | ours | more


def script(folder: Path, name: str, code: str) -> list[str]:
    """Write a Python program and return the command that runs it."""
    path = folder / f"{name}.py"
    path.write_text(code)
    return [sys.executable, "-u", str(path)]
