"""Golive behind a real server, and its streams of events as browsers read them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from bs4 import BeautifulSoup
from sqlalchemy import event

from api.__main__ import Server
from api.app import create_app
from api.house import House
from golive.recording import Batch
from settings import Settings
from tests.db import story
from tests.db.story import QA, STAGES, plan, record, run_change, words
from tests.db.story import event as happened
from tests.pages.reader import filled


def first(run_id: str = "r1", service: str = "checkout") -> Batch:
    """Return the start of a run whose plan can be foreseen."""
    uat, grey = STAGES
    tasks = [
        task.model_copy(update={"needs": tuple(f"uat.{need}" for need in task.needs)}) for task in uat.tasks
    ]
    stages = (uat.model_copy(update={"tasks": tuple(tasks)}), grey)
    return story.first(run_id, plan_=plan(stages=stages, service=service), run=run_change())


@dataclass
class Site:
    """Golive behind a real server, with nobody signed in."""

    house: House
    server: Server
    serving: asyncio.Task[None]
    address: str
    token: str

    @asynccontextmanager
    async def browser(self, token: str | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Be somebody who has signed in."""
        async with httpx.AsyncClient(
            base_url=self.address, headers={"Origin": self.address, **headers}, timeout=20, trust_env=False
        ) as http:
            page = BeautifulSoup((await http.get("/sign-in")).text, "html.parser")
            form = page.select_one('form[action="/sign-in/token"]')
            assert form is not None
            data = {**filled(form), "token": token or self.token}
            answer = await http.post("/sign-in/token", data=data)
            assert answer.status_code == 303, answer.text
            yield http

    async def invite(self, *names: str) -> dict[str, str]:
        """Make users; return their tokens by name."""
        headers = {"Authorization": f"Bearer {self.token}"}
        made = {}
        async with httpx.AsyncClient(base_url=self.address, headers=headers, trust_env=False) as http:
            for name in names:
                body = {"name": name, "roles": ["assignee"]}
                made[name] = (await http.post("/api/v1/users", json=body)).json()["token"]
        return made

    async def until(self, open_streams: int) -> None:
        """Wait until so many streams are open."""
        async with asyncio.timeout(20):
            while self.house.feed.open != open_streams:
                await asyncio.sleep(0.01)


@dataclass
class Message:
    id: str = ""
    event: str = ""
    data: list[str] = field(default_factory=list)


class Stream:
    """A stream of events, read one by one."""

    def __init__(self, answer: httpx.Response):
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self, within: float = 20) -> Message:
        """Return the next event; fails when the stream ends before."""
        message = Message()
        async with asyncio.timeout(within):
            async for line in self._lines:
                if not line and (message.data or message.event):
                    return message
                name, _, value = line.partition(": ")
                if name == "data":
                    message.data.append(value)
                elif name in ("id", "event"):
                    setattr(message, name, value)
        raise AssertionError("the stream has ended")

    async def rest(self, within: float = 20) -> list[str]:
        """Return what still comes until the stream ends."""
        async with asyncio.timeout(within):
            return [line async for line in self._lines if line.strip(": ")]


@asynccontextmanager
async def streaming(http: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Stream]:
    async with http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        yield Stream(answer)


def about(seq: int, object_: str, type_: str = "TaskStarted", **payload: Any) -> Batch:
    said = {"comment": words("so it is")} if type_ == "Commented" else {}
    done = happened(seq, type_, actor=QA, object=object_, payload={"title": "Test it", **payload}, words=said)
    return Batch(run_id="r1", events=(done,))


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Site]:
    """Serve golive on a port of its own until the block ends."""
    app = create_app(settings)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level=logging.ERROR, timeout_graceful_shutdown=10
    )
    server = Server(app, config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = (settings.home / "admin.token").read_text().strip()
    yield Site(app.state.house, server, serving, f"http://127.0.0.1:{port}", token)
    server.should_exit = True
    app.state.house.feed.close()
    await serving


async def say(site: Site, seq: int, run: str = "r1") -> None:
    said = happened(seq, "Commented", actor=QA, words={"comment": words(f"no. {seq}")})
    await record(site.house.database, Batch(run_id=run, events=(said,)))


async def hears(http: httpx.AsyncClient, path: str) -> str:
    """Return the stream that the page at `path` names, from how far it shows on."""
    page = BeautifulSoup((await http.get(path)).text, "html.parser")
    live = page.select_one(r"[hx-sse\:connect]")
    assert live is not None, page.get_text()
    return str(live["hx-sse:connect"])


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Collect the statements that the process sends to the database."""
    statements: list[str] = []

    def seen(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(site.house.database.engine, "before_cursor_execute", seen)
    yield statements
    event.remove(site.house.database.engine, "before_cursor_execute", seen)
