"""What only a real server shows: streams, and bodies that are refused while they are being sent."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from api.__main__ import Server
from api.app import create_app
from api.house import House
from golive.recording import Batch
from settings import Settings
from tests.api.client import problem
from tests.db.story import QA, first, record, words
from tests.db.story import event as happened


@dataclass
class Served:
    http: httpx.AsyncClient
    house: House
    server: Server
    serving: asyncio.Task[None]


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
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
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as http:
        yield Served(http, app.state.house, server, serving)
    server.should_exit = True
    await serving


async def say(served: Served, seq: int) -> None:
    said = happened(seq, "Commented", actor=QA, words={"text": words(f"no. {seq}")})
    await record(served.house.database, Batch(run_id="r1", events=(said,)))


async def test_a_stream_tells_what_was_and_then_what_comes(served: Served) -> None:
    await record(served.house.database, first())
    await say(served, 2)
    seen: list[int] = []
    async with asyncio.timeout(20), served.http.stream("GET", "/api/v1/runs/r1/stream?after=1") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: "))["seq"])
                if len(seen) == 4:
                    break
                await say(served, seen[-1] + 1)
    assert seen == [2, 3, 4, 5]


async def test_a_stream_goes_on_after_the_last_event_that_was_received(served: Served) -> None:
    await record(served.house.database, first())
    await say(served, 2)
    headers = {"Last-Event-ID": "1"}
    async with (
        asyncio.timeout(20),
        served.http.stream("GET", "/api/v1/runs/r1/stream", headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        while (line := await anext(lines)).startswith("id:") is False:
            pass
        assert line == "id: 2"


async def test_many_streams_are_fed_by_one_reader(served: Served) -> None:
    await record(served.house.database, first())

    async def follow() -> int:
        async with served.http.stream("GET", "/api/v1/runs/r1/stream?after=1") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    return int(line.removeprefix("id: "))
        raise AssertionError("the stream ended without the event")

    async with asyncio.timeout(20):
        following = [asyncio.create_task(follow()) for _ in range(10)]
        while served.house.feed.watched("r1") < 10:
            await asyncio.sleep(0.01)
        await say(served, 2)
        assert await asyncio.gather(*following) == [2] * 10
        while served.house.feed.watched("r1"):
            await asyncio.sleep(0.01)


async def test_a_stream_tells_nothing_more_to_who_was_disabled(served: Served) -> None:
    await record(served.house.database, first())
    made = await served.http.post("/api/v1/users", json={"name": "vi", "roles": ["viewer"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    path = "/api/v1/runs/r1/stream?after=1"
    async with asyncio.timeout(20), served.http.stream("GET", path, headers=headers) as stream:
        while not served.house.feed.watched("r1"):
            await asyncio.sleep(0.01)
        changed = await served.http.patch("/api/v1/users/vi", json={"enabled": False})
        assert changed.status_code == 200
        await say(served, 2)
        assert [line async for line in stream.aiter_lines() if line] == []


async def test_more_streams_than_connections_to_the_database_leave_room_for_others(served: Served) -> None:
    await record(served.house.database, first())
    async with asyncio.timeout(20), AsyncExitStack() as streams:
        for _ in range(30):
            await streams.enter_async_context(served.http.stream("GET", "/api/v1/runs/r1/stream?after=1"))
        assert (await served.http.get("/api/v1/runs")).status_code == 200


async def test_open_streams_do_not_hold_up_the_end_of_the_process(served: Served) -> None:
    await record(served.house.database, first())
    async with served.http.stream("GET", "/api/v1/runs/r1/stream?after=1") as stream:
        async with asyncio.timeout(20):
            while not served.house.feed.watched("r1"):
                await asyncio.sleep(0.01)
        served.server.handle_exit(signal.SIGTERM, None)
        async with asyncio.timeout(8):
            assert [line async for line in stream.aiter_lines() if line] == []
            await served.serving


async def test_50_mb_are_refused_and_the_sender_reads_the_answer(served: Served) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await served.http.post("/api/v1/users", content=b" " * 50_000_000, headers=headers)
    problem(answer, 413, "too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(500):
            yield b" " * 100_000

    answer = await served.http.post("/api/v1/users", content=chunks(), headers=headers)
    problem(answer, 413, "too_large")
    answer = await served.http.post("/api/v1/attachments", files={"file": ("f", bytes(50_000_000))})
    problem(answer, 413, "too_large")
    assert (await served.http.get("/api/v1/users/me")).status_code == 200
