"""The health checks: what they count as alive, and that they say why not."""

from __future__ import annotations

import asyncio
import socket

import pytest
from fastapi import FastAPI, Response

from api import alive
from settings import Settings
from tests.cli.processes import free_ports
from tests.loopback import serving
from tests.stack import Stack
from worker.alive import last_asked


def answering(status: int, **states: str) -> FastAPI:
    app = FastAPI()

    @app.get("/api/v1/health")
    async def health(response: Response) -> dict[str, dict[str, str]]:
        response.status_code = status
        return {part: {"state": state} for part, state in states.items()}

    return app


@pytest.mark.parametrize(
    ("status", "engine", "news", "code"),
    [(200, "up", "up", 0), (200, "down", "up", 0), (503, "up", "up", 1), (200, "up", "down", 1)],
    ids=[
        "all is well",
        "readers are served without Temporal",
        "the database is away",
        "nobody hears of news",
    ],
)
async def test_the_api_is_alive_while_it_serves_tells_news_and_has_a_database(
    status: int, engine: str, news: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(answering(status, database="x", engine=engine, worker="y", news=news)) as url:
        port = int(url.rpartition(":")[2])
        for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - where it is asked, not bound
            assert await asyncio.to_thread(alive.main, Settings(host=host, port=port)) == code
    assert f"database: x, engine: {engine}, worker: y, news: {news}" in capsys.readouterr().out


async def test_another_program_on_the_port_is_not_taken_for_the_api(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with serving(FastAPI()) as url:
        port = int(url.rpartition(":")[2])
        assert await asyncio.to_thread(alive.main, Settings(port=port)) == 1
    assert "Not Found" in capsys.readouterr().out


def test_nobody_on_the_port_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    (port,) = free_ports(1)
    assert alive.main(Settings(port=port)) == 1
    assert f"the API does not answer at 127.0.0.1:{port}" in capsys.readouterr().err


async def test_a_worker_is_known_by_the_host_that_asks(stack: Stack) -> None:
    async with asyncio.timeout(20):
        while await last_asked(stack.client, socket.gethostname()) is None:
            await asyncio.sleep(0.02)
    assert await last_asked(stack.client, "elsewhere") is None
