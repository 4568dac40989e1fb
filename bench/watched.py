"""An API process with runs at work in its database, and viewers at their pages."""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import psutil

from bench.runs import ROLES, STAGE, plan_of
from cli.failure import Failure
from cli.language import ROOT
from db import recording
from db.session import Database
from demo.processes import LOCAL, Stack, free_ports
from golive.commands import GOLIVE, Actor, sign
from golive.engine import ENGINE
from golive.events import Event
from golive.recording import Batch, Build, RunChange, StageView, Start, TaskChange
from settings import Settings

READY_WITHIN = 60.0
VOICES = (("en", "Europe/Zurich"), ("zh-CN", "Asia/Shanghai"), ("en", "America/New_York"))
"""In which languages and time zones people look: a page is made once for each."""
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class AtWork:
    """A run that is recorded as its workflow would record it, without a workflow."""

    database: Database
    settings: Settings
    tasks: int
    run_id: str = field(default_factory=lambda: secrets.token_hex(8))
    seq: int = 1

    async def start(self) -> None:
        """Record the start, with every task open."""
        plan = plan_of(self.tasks, apart=self.tasks)
        unsigned = Start(
            run_id=self.run_id,
            plan=plan,
            actor=Actor(name="rm", roles=("release_manager",)),
            engine=ENGINE,
            command_id=secrets.token_hex(32),
        )
        start = unsigned.model_copy(update={"signature": sign(unsigned, self.settings.keys("start")[0])})
        now = datetime.now(UTC)
        stage = plan.stages[0]
        change = RunChange(
            state="running",
            stages=(
                StageView(id=stage.id, process=stage.process, title=stage.title, state="open", opened_at=now),
            ),
            builds=(Build(n=1, release=plan.release, at=now, by="rm"),),
            started_at=now,
        )
        opened = tuple(
            TaskChange(ref=f"{STAGE}.{task.key}", state="open", opened_at=now) for task in stage.tasks
        )
        began = Event(
            seq=1,
            at=now,
            type="RunStarted",
            actor=start.actor,
            payload={"title": plan.title, "template": plan.template},
            command_id=start.command_id,
        )
        await self._record(Batch(run_id=self.run_id, start=start, events=(began,), run=change, tasks=opened))

    async def goes_on(self) -> None:
        """Record that somebody has taken one of the tasks, or has given it back."""
        self.seq += 1
        n = self.seq % self.tasks
        taken = (self.seq // self.tasks) % 2 == 0
        now, person = datetime.now(UTC), Actor(name=f"dev{1 + n % 2}", roles=ROLES, functions=("dev",))
        task = TaskChange(
            ref=f"{STAGE}.case-{n:04}",
            state="in_progress" if taken else "open",
            assignee=person.name if taken else None,
            opened_at=now,
        )
        told = Event(
            seq=self.seq,
            at=now,
            type="TaskStarted" if taken else "TaskReopened",
            object=f"task:{task.ref}",
            actor=person if taken else GOLIVE,
            payload={"title": f"Check the export of customer invoices against the ledger, case {n}"},
        )
        await self._record(Batch(run_id=self.run_id, events=(told,), tasks=(task,)))

    async def _record(self, batch: Batch) -> None:
        async with self.database.transaction() as sql:
            await recording.record(sql, batch, self.settings.keys("start"))


@dataclass
class Viewer:
    """A page that is looked at: it reads what it is sent, and counts."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    messages: int = 0
    size: int = 0

    async def read(self) -> None:
        """Read until the server or the benchmark ends it."""
        with suppress(OSError):
            while chunk := await self.reader.read(65536):
                self.messages += chunk.count(b"id: ")
                self.size += len(chunk)


@dataclass
class Site:
    """The API process, and how to look at its pages."""

    stack: Stack
    process: psutil.Process

    async def signed_in(self) -> str:
        """Return the cookie of somebody who has just signed in."""
        token = (self.stack.home / "admin.token").read_text().strip()
        async with httpx.AsyncClient(base_url=self.stack.api, trust_env=False) as http:
            form = await http.get("/sign-in")
            found = _CSRF.search(form.text)
            data = {"csrf": found[1] if found else "", "token": token, "next": "/"}
            answer = await http.post("/sign-in/token", data=data, headers={"Origin": self.stack.api})
        kept = SimpleCookie(answer.headers["set-cookie"])
        return "; ".join(f"{name}={morsel.value}" for name, morsel in kept.items())

    async def look(self, run: AtWork, cookie: str, n: int) -> Viewer:
        """Look at a run's page in one of the languages and time zones."""
        reader, writer = await asyncio.open_connection(LOCAL, self.stack.port)
        language, zone = VOICES[n % len(VOICES)]
        asked = (
            f"GET /runs/{run.run_id}/live?after={run.seq} HTTP/1.1\r\nHost: {LOCAL}:{self.stack.port}\r\n"
            f"Accept-Language: {language}\r\nCookie: {cookie}; golive-zone={zone}\r\n\r\n"
        )
        writer.write(asked.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Failure(f"no stream: {head.decode().splitlines()[0]}")
        return Viewer(reader, writer)

    async def cpu(self, seconds: float) -> float:
        """Return the share of a core that the process takes during so many seconds, in per cent."""
        began, before = time.perf_counter(), self._taken()
        await asyncio.sleep(seconds)
        return (self._taken() - before) / (time.perf_counter() - began) * 100

    def _taken(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[Site]:
    """Run an API process of its own, without an engine: what is measured only reads SQL."""
    stack = Stack(home, *free_ports(4))
    log = home / "api.log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api"),
            env=stack.environment(),
            cwd=ROOT,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        await _ready(stack, log)
        yield Site(stack, psutil.Process(process.pid))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(stack: Stack, log: Path) -> None:
    async with httpx.AsyncClient(base_url=stack.api, timeout=5, trust_env=False) as http:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while True:
                    with suppress(httpx.TransportError):
                        if (await http.get("/sign-in")).is_success:
                            return
                    await asyncio.sleep(0.1)
    raise Failure(f"the API did not come up; {log} says why")


@asynccontextmanager
async def looked_at(site: Site, runs: list[AtWork], viewers: int) -> AsyncIterator[list[Viewer]]:
    """Have so many pages open, of all runs alike, in sessions of twenty each."""
    cookies = [await site.signed_in() for _ in range(-(-viewers // 20))]
    async with AsyncExitStack() as ending, asyncio.TaskGroup() as group:
        watching = [await site.look(runs[n % len(runs)], cookies[n // 20], n) for n in range(viewers)]
        for viewer in watching:
            ending.callback(viewer.writer.close)
            group.create_task(viewer.read())
        yield watching
        for viewer in watching:
            viewer.writer.close()
