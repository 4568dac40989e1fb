"""golive as an operator runs it who does without `golive up`: Temporal, APIs and workers as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import httpx
from typing_extensions import override

from cli.language import ROOT
from tests.cli.processes import free_ports, until
from tests.conftest import temporal_binary

Kind = Literal["api", "worker"]
PATIENCE = 60.0


@dataclass
class Place:
    """Where processes run: the checkout, their environment, their logs. Temporal is on `temporal_port`."""

    folder: Path
    env: dict[str, str]
    temporal_port: int
    root: Path = ROOT
    running: list[Process] = field(default_factory=list)

    def start(self, kind: Kind, port: int | None = None) -> Process:
        """Start an API on `port`, or a worker, of the checkout at `root`."""
        env = self.env | ({"GOLIVE_PORT": str(port)} if port else {})
        log = self.folder / f"{kind}-{self.root.name}-{len(self.running)}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", kind], cwd=self.root, env=env, stdout=output, stderr=output
            )
        self.running.append(Process(kind, port, popen, log))
        return self.running[-1]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the checkout to its end."""
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def end(self) -> None:
        """End every process as an operator does."""
        for process in self.running:
            process.popen.send_signal(signal.SIGTERM)
        for process in self.running:
            process.popen.wait(PATIENCE)
        self.running.clear()


@dataclass
class Process:
    """One API or worker."""

    kind: Kind
    port: int | None
    popen: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """kill -9."""
        self.popen.kill()
        self.popen.wait(PATIENCE)

    async def ready(self) -> None:
        """Wait until the API answers, or the worker says that it runs."""
        await until(self._is_ready, f"{self.kind} is ready; see {self.log}")

    def _is_ready(self) -> bool:
        assert self.popen.poll() is None, self.log.read_text()
        if self.kind == "worker":
            return "the worker runs" in self.log.read_text()
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/api/v1/health", trust_env=False).is_success
        return False


@contextmanager
def place(folder: Path, root: Path = ROOT, **more: str) -> Iterator[Place]:
    """Run a Temporal server, and give the place where APIs and workers of it and of the database run."""
    temporal_port, ui_port = free_ports(2)
    ours = {
        "GOLIVE_HOME": str(folder / "home"),
        "GOLIVE_TEMPORAL": "external",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal_port}",
        "PYTHONUNBUFFERED": "1",
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOLIVE_", "TEMPORAL_"))
    }
    with ExitStack() as stack:
        stack.enter_context(_temporal(folder, temporal_port, ui_port))
        found = Place(folder, kept | ours | more, temporal_port, root)
        stack.callback(found.end)
        yield found


@contextmanager
def _temporal(folder: Path, port: int, ui_port: int) -> Iterator[None]:
    command = [
        *(temporal_binary(), "server", "start-dev", "--log-level", "error", "--ip", "127.0.0.1"),
        *("--port", str(port), "--ui-port", str(ui_port), "--db-filename", str(folder / "temporal.db")),
    ]
    with (folder / "temporal.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        asyncio.run(
            until(_answers(f"http://127.0.0.1:{ui_port}/api/v1/namespaces/default"), "Temporal is up")
        )
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _answers(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(url, trust_env=False).is_success
        return False

    return answers


class InTurn(httpx.AsyncBaseTransport):
    """Sends each request to the next API, as a load balancer does; counts the answers of each."""

    def __init__(self, ports: list[int]) -> None:
        self.answers = dict.fromkeys(ports, 0)
        self._ports = cycle(ports)
        self._inner = httpx.AsyncHTTPTransport()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        port = next(self._ports)
        request.url = request.url.copy_with(host="127.0.0.1", port=port)
        answer = await self._inner.handle_async_request(request)
        self.answers[port] += 1
        return answer

    @override
    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


def people_of(ports: list[int], **more: Any) -> tuple[httpx.AsyncClient, InTurn]:
    """Return how people reach the APIs on `ports`, one after the other."""
    transport = InTurn(ports)
    return (
        httpx.AsyncClient(base_url="http://golive/api/v1", transport=transport, timeout=30, **more),
        transport,
    )
