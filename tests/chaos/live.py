"""A whole golive in processes of its own, each of which can be killed and is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from cli.language import ROOT
from golive.names import TASK_QUEUE
from settings import Settings

Victim = Literal["worker", "api", "temporal"]
VICTIMS: tuple[Victim, ...] = ("worker", "api", "temporal")
READY = 120.0
ENDED = 40.0
LOOK = 0.1
"""Seconds between two looks at a condition that only polling can see."""

_WORDS: dict[str, Victim] = {
    "start-dev": "temporal",
    "worker": "worker",
    "tests.chaos.faulty_worker": "worker",
    "api": "api",
    "tests.chaos.faulty_api": "api",
}


class NotBack(Exception):
    """A process that was killed did not come back in time."""


class Live:
    """A running golive: its environment, the supervisor, and the way to Temporal."""

    def __init__(self, env: dict[str, str], process: asyncio.subprocess.Process) -> None:
        self.env = env
        self._supervisor = psutil.Process(process.pid)
        self._process = process
        self._http = httpx.AsyncClient(timeout=5, trust_env=False)
        self._client: Client | None = None

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.env['GOLIVE_PORT']}"

    @property
    def home(self) -> Path:
        """The home folder."""
        return Path(self.env["GOLIVE_HOME"])

    @property
    def settings(self) -> Settings:
        """The settings of the processes, as far as a reader of their data needs them."""
        return Settings(home=self.home)

    async def client(self) -> Client:
        """Return a client of the Temporal server. Raises RuntimeError while there is none."""
        if self._client is None:
            address = f"127.0.0.1:{self.env['GOLIVE_TEMPORAL_PORT']}"
            self._client = await Client.connect(address, data_converter=pydantic_data_converter)
        return self._client

    def pid(self, victim: Victim) -> int | None:
        """Return the process that presently is `victim`; None while there is none."""
        for child in self._supervisor.children():
            with suppress(psutil.NoSuchProcess):  # one that is dead and not yet buried has no command line
                if any(_WORDS.get(word) == victim for word in child.cmdline()):
                    return child.pid
        return None

    def kill(self, victim: Victim) -> int:
        """kill -9; return the process that was it. Raises NotBack when there is none."""
        pid = self.pid(victim)
        if pid is None:
            raise NotBack(f"there is no {victim} to kill")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return pid

    async def started(self, victim: Victim, killed: int) -> int:
        """Wait until another process than `killed` is `victim`."""

        async def another() -> bool:
            return self.pid(victim) not in (None, killed)

        await self.until(another, f"the {victim} is started again")
        return self.pid(victim) or 0

    async def back(self, victim: Victim, killed: int) -> float:
        """Wait until `victim` works again, in another process than `killed`; return the seconds it took."""
        began = time.monotonic()
        await self.started(victim, killed)
        await self.until(
            self.works if victim == "worker" else self.healthy, f"golive works after {victim} was killed"
        )
        return time.monotonic() - began

    async def strike(self, *victims: Victim) -> None:
        """kill -9 all of `victims` at once and wait until all work again."""
        killed = {victim: self.kill(victim) for victim in victims}
        for victim, pid in killed.items():
            await self.back(victim, pid)

    async def healthy(self) -> bool:
        """Tell whether the API says that everything is there."""
        try:
            return bool((await self._http.get(f"{self.url}/api/v1/health")).json()["state"] == "ok")
        except (httpx.HTTPError, ValueError, KeyError):
            return False

    async def works(self) -> bool:
        """Tell whether everything is there and the present worker asks for work."""
        return await self.healthy() and await self._worker_asks()

    async def _worker_asks(self) -> bool:
        """Tell whether the present worker polls: a dead one stays listed for minutes."""
        try:
            client = await self.client()
            queue = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=TASK_QUEUE),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                )
            )
        except (RPCError, RuntimeError):
            return False
        pid = self.pid("worker")
        return any(poller.identity.startswith(f"{pid}@") for poller in queue.pollers)

    async def until(
        self, condition: Callable[[], Awaitable[bool]], what: str, patience: float = READY
    ) -> None:
        """Wait for `condition`. Raises NotBack when it does not come true, or golive has ended."""
        end = time.monotonic() + patience
        while not await condition():
            if self._process.returncode is not None:
                raise NotBack(f"golive has ended, so never: {what}; see {self.home}/up.log")
            if time.monotonic() > end:
                raise NotBack(f"not within {patience:.0f} s: {what}; see {self.home}/logs")
            await asyncio.sleep(LOOK)

    async def end(self) -> None:
        """End it as Ctrl-C does."""
        await self._http.aclose()
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self._process.wait(), ENDED)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def live(env: dict[str, str]) -> AsyncIterator[Live]:
    """Run golive until the block is left. Raises NotBack when it does not come up."""
    Path(env["GOLIVE_HOME"]).mkdir(parents=True, exist_ok=True)
    with (Path(env["GOLIVE_HOME"]) / "up.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.golive_up"),
            cwd=ROOT,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    running = Live(env, process)
    try:
        await running.until(running.works, "golive is up")
        yield running
    finally:
        await asyncio.shield(running.end())
