from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from demo.acts import ActLog, Away, Person, Refusal, connection
from tests.loopback import serving


class Server:
    """Answers acts on loopback with prepared statuses, then always with a receipt, and remembers the keys."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.keys: list[str] = []
        self.app = FastAPI()
        self.app.add_api_route("/api/v1/{path:path}", self.answer, methods=["GET", "POST"])

    async def answer(self, request: Request, path: str) -> Response:
        if request.method == "POST":
            self.keys.append(request.headers["Idempotency-Key"])
        status = self.statuses.pop(0) if self.statuses else 200
        body: dict[str, Any] = (
            {"code": "stale_subject", "detail": "look again"} if status != 200 else {"seq": 7}
        )
        return Response(json.dumps(body), status_code=status, media_type="application/json")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with connection("http://127.0.0.1:9") as client:
        yield client


async def test_an_act_is_sent_again_under_its_key_until_it_is_answered(tmp_path: Path) -> None:
    server = Server(503, 503)
    log = ActLog(tmp_path / "acts.jsonl")
    async with serving(server.app) as address, connection(address) as http:
        person = Person(http, "ann", "token", log, patience=10)
        assert await person.act("/tasks/r1.uat.t/start", {}) == {"seq": 7}
    (act,) = log.of_run("r1")
    assert server.keys == [act.key] * 3
    assert (act.who, act.tries, act.acknowledged, act.answer) == ("ann", 3, True, {"seq": 7})
    lines = [json.loads(line) for line in (tmp_path / "acts.jsonl").read_text().splitlines()]
    assert [(line["tries"], line["status"]) for line in lines] == [(1, None), (2, None), (3, None), (3, 200)]


async def test_a_refusal_is_final_and_says_why() -> None:
    server = Server(409)
    log = ActLog()
    async with serving(server.app) as address, connection(address) as http:
        with pytest.raises(Refusal, match="409 stale_subject look again") as refused:
            await Person(http, "ann", "token", log, patience=10).act("/runs/r1/hold", {"reason": "x"})
    assert (refused.value.status, refused.value.code) == (409, "stale_subject")
    assert not log.of_run("r1")[0].acknowledged


async def test_no_answer_within_patience_leaves_the_outcome_unknown(http: httpx.AsyncClient) -> None:
    log = ActLog()
    with pytest.raises(Away):
        await Person(http, "ann", "token", log, patience=0).act("/runs/r1/hold", {"reason": "x"})
    (act,) = log.acts.values()
    assert (act.status, act.acknowledged) == (None, False)


async def test_a_list_is_read_to_its_end() -> None:
    app = FastAPI()

    @app.get("/api/v1/runs")
    async def runs(cursor: int = 0) -> dict[str, Any]:
        return {"items": [cursor], "next_cursor": str(cursor + 1) if cursor < 2 else None}

    async with serving(app) as address, connection(address) as http:
        person = Person(http, "ann", "token", ActLog(), patience=0)
        assert [item async for item in person.items("/runs")] == [0, 1, 2]
