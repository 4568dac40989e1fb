from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.http_counters import HttpCounters
from connectors.local_traffic import LocalTraffic
from demo.shop import Shop, make_app
from tests.loopback import serving


@pytest.fixture
def traffic(tmp_path: Path) -> LocalTraffic:
    return LocalTraffic(tmp_path)


@pytest.fixture
async def address(traffic: LocalTraffic) -> AsyncIterator[str]:
    async with serving(make_app(Shop(traffic, "shop", "production", "1.3.0"))) as address:
        yield address


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        yield client


async def shares(http: httpx.AsyncClient, requests: int = 100) -> Counter[str]:
    answers = await asyncio.gather(*(http.get("/") for _ in range(requests)))
    return Counter(answer.json()["version"] for answer in answers)


async def test_each_version_serves_its_share_and_the_shares_follow_the_weights(
    http: httpx.AsyncClient, traffic: LocalTraffic
) -> None:
    assert await shares(http, 5) == {"1.3.0": 5}
    for weight in (5, 20, 50, 100, 0):
        await traffic.set_weight("shop", "production", "1.4.0", weight)
        assert (await shares(http))["1.4.0"] == weight
    assert (await http.get("/weights")).json()["version"] == "1.4.0"


async def test_after_a_full_release_the_former_new_version_is_the_stable_one(
    http: httpx.AsyncClient, traffic: LocalTraffic
) -> None:
    await traffic.set_weight("shop", "production", "1.4.0", 100)
    await traffic.set_weight("shop", "production", "1.5.0", 50)
    assert await shares(http) == {"1.4.0": 50, "1.5.0": 50}


async def test_the_metrics_connector_reads_what_the_shop_served(
    http: httpx.AsyncClient, address: str, traffic: LocalTraffic
) -> None:
    connector = HttpCounters(f"{address}/counters")

    async def measure(metric: str, version: str, since: datetime) -> float | None:
        return await connector.measure(metric, "shop", "production", version, since)

    before = datetime.now(UTC) - timedelta(seconds=1)
    await traffic.set_weight("shop", "production", "1.4.0", 50)
    await shares(http, 40)
    assert await measure("success_rate", "1.4.0", before) == 1.0
    latency = await measure("latency_p95_ms", "1.4.0", before)
    assert latency is not None
    assert 2 <= latency < 250

    await http.post("/faults", json={"version": "1.4.0", "failing": 1.0})
    between = datetime.now(UTC)
    answers = [await http.get("/") for _ in range(40)]
    assert {(a.headers["X-Version"], a.status_code) for a in answers} == {("1.3.0", 200), ("1.4.0", 500)}
    assert await measure("success_rate", "1.4.0", between) == 0.0
    assert await measure("success_rate", "1.4.0", before) == 0.5
    assert await measure("success_rate", "1.3.0", between) == 1.0
    assert await measure("requests", "1.4.0", between) == 20
    assert await measure("success_rate", "1.4.0", datetime.now(UTC)) is None
    await connector.close()
