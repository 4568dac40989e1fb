"""The processes of the demo: golive itself, started as `make up` starts it, and the shop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.failure import Failure
from cli.language import ROOT, _

LOCAL = "127.0.0.1"
READY_WITHIN = 90.0
ENDS_WITHIN = 30.0
_LAST_LINES = 8

Ready = Callable[[httpx.AsyncClient], Awaitable[bool]]


@dataclass(frozen=True)
class Stack:
    """Where everything is. The ports are free ones, so that a golive which runs already is not in the way."""

    home: Path
    port: int
    temporal_port: int
    temporal_ui_port: int
    shop_port: int

    @classmethod
    def in_home(cls, home: Path) -> Stack:
        """Choose ports for a stack in `home`."""
        return cls(home, *free_ports(4))

    @property
    def api(self) -> str:
        """The address of the API and the pages."""
        return f"http://{LOCAL}:{self.port}"

    @property
    def temporal_ui(self) -> str:
        """The address of Temporal's own pages."""
        return f"http://{LOCAL}:{self.temporal_ui_port}"

    @property
    def shop(self) -> str:
        """The address of the demo's service."""
        return f"http://{LOCAL}:{self.shop_port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of golive's processes: nothing that was set for another golive is kept."""
        foreign = ("GOLIVE_", "TEMPORAL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "GOLIVE_HOME": str(self.home),
            "GOLIVE_PORT": str(self.port),
            "GOLIVE_TEMPORAL_PORT": str(self.temporal_port),
            "GOLIVE_TEMPORAL_UI_PORT": str(self.temporal_ui_port),
            "GOLIVE_METRICS_URL": f"{self.shop}/counters",
            "PYTHONUNBUFFERED": "1",
        }


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now, all different."""
    probes = [socket.create_server((LOCAL, 0)) for _n in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@asynccontextmanager
async def golive(stack: Stack) -> AsyncIterator[None]:
    """Run golive in the stack's home until the block is left. Raises Failure when it does not come up."""

    async def ready(http: httpx.AsyncClient) -> bool:
        found = (await http.get(f"{stack.api}/api/v1/health")).json()
        return all(found[part]["state"] == "up" for part in ("database", "engine", "worker"))

    async with _running(["-m", "cli", "up"], stack, "up", ready):
        yield


@asynccontextmanager
async def shop(stack: Stack, service: str, stable: str) -> AsyncIterator[None]:
    """Run the shop, which serves `stable` until golive moves traffic, until the block is left."""
    command = ["-m", "demo.shop", "--traffic", str(stack.home / "traffic"), "--port", str(stack.shop_port)]

    async def ready(http: httpx.AsyncClient) -> bool:
        return (await http.get(f"{stack.shop}/weights")).is_success

    async with _running([*command, "--service", service, "--stable", stable], stack, "shop", ready):
        yield


@asynccontextmanager
async def _running(arguments: list[str], stack: Stack, name: str, ready: Ready) -> AsyncIterator[None]:
    log = stack.home / "logs" / f"demo-{name}.log"
    with log.open("wb") as written:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends its processes in order.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments),
            env=stack.environment(),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        await _until_ready(process, ready, name, log)
        yield
    finally:
        await asyncio.shield(_end(process))


async def _until_ready(process: asyncio.subprocess.Process, ready: Ready, name: str, log: Path) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while process.returncode is None:
                    with suppress(httpx.TransportError, ValueError, KeyError):
                        if await ready(http):
                            return
                    await asyncio.sleep(0.1)
    raise _not_up(name, log)


def _not_up(name: str, log: Path) -> Failure:
    lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    sentence = _("The demo's “{name}” did not come up; {log} says why.")
    return Failure(sentence.format(name=name, log=log), tuple(lines))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process as Ctrl-C would; kill it and what it started when it takes too long."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
