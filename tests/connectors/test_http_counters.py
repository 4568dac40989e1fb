from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st

import connectors.http_counters as module
from connectors.http_counters import Counters, HttpCounters
from connectors.metrics import NoMetrics, Unreadable
from tests.loopback import serving

SINCE = datetime(2026, 11, 22, 14, 5, 0, 250_000, tzinfo=UTC)
Answering = Callable[..., AbstractAsyncContextManager[HttpCounters]]


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "service": "shop",
        "environment": "production",
        "version": "1.4.0",
        "since": SINCE.isoformat(),
        "requests": 100,
        "failures": 1,
        "latency_ms": [[10, 50], [20, 90], [40, 100], [None, 100]],
        **changes,
    }


@pytest.fixture
def answering() -> Answering:
    """Start a server on loopback that answers every request with one body, and a connector that asks it."""

    @asynccontextmanager
    async def start(
        body: bytes | str, status: int = 200, asked: list[Any] | None = None
    ) -> AsyncIterator[HttpCounters]:
        app = FastAPI()

        @app.get("/counters")
        async def counters(request: Request) -> Response:
            if asked is not None:
                asked.append(dict(request.query_params))
            return Response(body, status_code=status, headers={"Location": "/elsewhere"})

        async with serving(app) as address:
            connector = HttpCounters(f"{address}/counters?token=hidden")
            try:
                yield connector
            finally:
                await connector.close()

    return start


async def measure(connector: HttpCounters, metric: str = "success_rate") -> float | None:
    return await connector.measure(metric, "shop", "production", "1.4.0", SINCE)


@pytest.mark.parametrize(
    ("metric", "value"), [("success_rate", 0.99), ("latency_p95_ms", 30.0), ("requests", 100.0)]
)
async def test_the_counters_of_a_version_since_a_moment_are_asked_for(
    answering: Answering, metric: str, value: float
) -> None:
    asked: list[Any] = []
    async with answering(json.dumps(answer()), asked=asked) as connector:
        assert await measure(connector, metric) == value
    (question,) = asked
    assert question["since"] == "2026-11-22T14:05:00.250000Z"
    assert {question[name] for name in ("service", "environment", "version")} == {
        "shop",
        "production",
        "1.4.0",
    }


@pytest.mark.parametrize("requests", [0, 9])
async def test_too_few_requests_are_no_data_but_their_number_is(answering: Answering, requests: int) -> None:
    body = json.dumps(answer(requests=requests, failures=0, latency_ms=[[10, requests], [None, requests]]))
    async with answering(body) as connector:
        assert await measure(connector) is None
        assert await measure(connector, "latency_p95_ms") is None
        assert await measure(connector, "requests") == requests


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (json.dumps(answer()), 500, "answered 500"),
        (json.dumps(answer()), 302, "answered 302"),
        ("<html>", 200, "Invalid JSON"),
        ("", 200, "Invalid JSON"),
        ("[]", 200, ": Input should be an object"),
        (json.dumps(answer(requests=None)), 200, "requests"),
        (json.dumps(answer(failures=101)), 200, "more failures than requests"),
        (json.dumps(answer(requests=-1)), 200, "requests"),
        (json.dumps(answer(latency_ms=[[20, 1], [10, 2], [None, 2]])), 200, "do not rise"),
        (json.dumps(answer(latency_ms=[[10, 5], [20, 2]])), 200, "do not rise"),
        (json.dumps(answer(version="1.3.0")), 200, "about something else"),
        (json.dumps(answer(service="cart")), 200, "about something else"),
        (json.dumps(answer(since=(SINCE - timedelta(days=1)).isoformat())), 200, "about something else"),
    ],
)
async def test_what_cannot_be_read_is_told_with_what_was_asked_where_and_when(
    answering: Answering, body: str, status: int, why: str
) -> None:
    async with answering(body, status) as connector:
        with pytest.raises(Unreadable) as unreadable:
            await measure(connector)
    said = str(unreadable.value.sentence)
    assert why in said
    assert "“success_rate” of shop 1.4.0 in production" in said
    assert "http://127.0.0.1:" in said
    assert "hidden" not in said
    assert datetime.now(UTC).strftime("at %Y-%m-%d") in said


async def test_an_unknown_metric_is_unreadable_and_the_known_ones_are_named(answering: Answering) -> None:
    async with answering(json.dumps(answer())) as connector:
        with pytest.raises(Unreadable, match="there is only latency_p95_ms, requests, success_rate"):
            await measure(connector, "succes_rate")


async def test_nobody_listening_is_unreadable(unused_tcp_port: int) -> None:
    connector = HttpCounters(f"http://127.0.0.1:{unused_tcp_port}/counters")
    with pytest.raises(Unreadable, match="could not be read"):
        await measure(connector)
    await connector.close()


async def test_a_server_that_does_not_answer_in_time_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    app = FastAPI()
    released = asyncio.Event()

    @app.get("/counters")
    async def counters() -> None:
        await released.wait()

    async with serving(app) as address:
        connector = HttpCounters(f"{address}/counters")
        with pytest.raises(Unreadable, match="no answer in time"):
            await measure(connector)
        released.set()
        await connector.close()


@pytest.mark.parametrize("address", ["", "counters", "ftp://h/c", "http://", "http://h:99999999/c"])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="GOLIVE_METRICS_URL is not an address"):
        HttpCounters(address)


async def test_without_a_connector_everything_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no metrics are connected"):
        await NoMetrics().measure("success_rate", "shop", "production", "1.4.0", SINCE)


@given(st.lists(st.floats(0.01, 5000), min_size=1, max_size=300), st.floats(0.01, 0.99))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(took: list[float], share: float) -> None:
    bounds = [1.0, 10.0, 100.0, 1000.0]
    took.sort()
    rows: list[tuple[float | None, int]] = [(bound, sum(t <= bound for t in took)) for bound in bounds]
    counters = Counters(
        service="s", environment="e", version="v", since=SINCE, requests=len(took), failures=0,
        latency_ms=(*rows, (None, len(took))),
    )  # fmt: skip
    got = counters.percentile_ms(share)
    assert got is not None
    true = took[max(0, -(-int(share * len(took) * 10**9) // 10**9) - 1)]
    assert got <= bounds[-1]
    if true <= bounds[-1]:
        bucket = next(n for n, bound in enumerate(bounds) if true <= bound)
        assert got <= bounds[bucket] + 1e-6


def test_no_latencies_are_no_percentile() -> None:
    nothing = Counters(service="s", environment="e", version="v", since=SINCE, requests=0, failures=0)
    assert nothing.percentile_ms(0.95) is None
