"""The service that the demo takes live: a web server that serves two versions by the weights golive holds.

Started as `python -m demo.shop --traffic .golive/traffic --port 8090 --stable 1.3.0`, it answers

    GET  /            a page of the shop; the header `X-Version` tells which version served it
    GET  /counters    what connectors/http_counters.py reads
    GET  /weights     the weights in force
    POST /faults      {"version": "1.4.0", "failing": 0.3, "slow_ms": 0}: make a version fail
"""

from __future__ import annotations

import argparse
import asyncio
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import uvicorn
from fastapi import FastAPI, Response, status
from pydantic import AwareDatetime, BaseModel, Field

from connectors.http_counters import Counters
from connectors.local_traffic import ALL, LocalTraffic, Weights

BOUNDS_MS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)
KEPT = 200_000
"""Requests remembered of each version: more than an hour of the demo's load."""


class Fault(BaseModel):
    """How a version misbehaves: `failing` is the share answered with 500, `slow_ms` delays every answer."""

    version: str
    failing: float = Field(default=0, ge=0, le=1)
    slow_ms: float = Field(default=0, ge=0, le=10_000)


class Served:
    """The requests that one version has served, in order of time."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.took_ms: list[float] = []
        self.failed: list[bool] = []

    def add(self, at: float, took_ms: float, *, failed: bool) -> None:
        """Remember a request; the older half is forgotten when there are too many."""
        if len(self.at) >= KEPT:
            for column in (self.at, self.took_ms, self.failed):
                del column[: KEPT // 2]
        self.at.append(at)
        self.took_ms.append(took_ms)
        self.failed.append(failed)

    def since(self, moment: float) -> tuple[list[float], int]:
        """Return how long each request since `moment` took, sorted, and how many of them failed."""
        first = bisect_left(self.at, moment)
        return sorted(self.took_ms[first:]), sum(self.failed[first:])


def histogram(took_ms: list[float]) -> Iterable[tuple[float | None, int]]:
    """Yield bounds and how many of the sorted times are within each."""
    for bound in BOUNDS_MS:
        yield bound, bisect_left(took_ms, bound + 1e-9)
    yield None, len(took_ms)


class Shop:
    """Serves by weights: in any hundred requests each version gets its share exactly, not on average."""

    def __init__(self, traffic: LocalTraffic, service: str, environment: str, stable: str) -> None:
        self.traffic = traffic
        self.service = service
        self.environment = environment
        self.stable = stable
        self.faults: dict[str, Fault] = {}
        self.served: defaultdict[str, Served] = defaultdict(Served)
        self._weights = Weights(service=service, environment=environment, stable=stable)
        self._written: tuple[int, int] | None = None
        self._owed = 0

    def weights(self) -> Weights:
        """Return the weights in force; the file is read again when it was replaced."""
        try:
            found = self.traffic.path(self.service, self.environment).stat()
        except FileNotFoundError:
            return self._weights
        if (written := (found.st_mtime_ns, found.st_ino)) != self._written:
            self._weights = self.traffic.read(self.service, self.environment)
            self._written = written
        return self._weights

    def next_version(self) -> str:
        """Return which version serves the next request."""
        weights = self.weights()
        self._owed += weights.weight
        if self._owed >= ALL:
            self._owed -= ALL
            return weights.version
        return weights.stable or self.stable

    async def serve(self) -> tuple[str, bool]:
        """Serve one request; return the version and whether it failed."""
        started, at = perf_counter(), datetime.now(UTC).timestamp()
        version = self.next_version()
        fault = self.faults.get(version, Fault(version=version))
        await asyncio.sleep(random.uniform(0.002, 0.008) + fault.slow_ms / 1000)
        failed = random.random() < fault.failing
        self.served[version].add(at, (perf_counter() - started) * 1000, failed=failed)
        return version, failed

    def counters(self, version: str, since: datetime) -> Counters:
        """Return what happened to a version since a moment."""
        took, failures = self.served[version].since(since.timestamp())
        return Counters(
            service=self.service,
            environment=self.environment,
            version=version,
            since=since,
            requests=len(took),
            failures=failures,
            latency_ms=tuple(histogram(took)),
        )


def make_app(shop: Shop) -> FastAPI:
    """Return the web server of a shop."""
    app = FastAPI(title="The demo's shop", docs_url=None, redoc_url=None)

    @app.get("/")
    async def page(response: Response) -> dict[str, str]:
        version, failed = await shop.serve()
        response.headers["X-Version"] = version
        if failed:
            response.status_code = status.HTTP_500_INTERNAL_SERVER_ERROR
        return {"service": shop.service, "version": version, "said": "out of order" if failed else "welcome"}

    @app.get("/counters")
    async def counters(version: str, since: AwareDatetime) -> Counters:
        return shop.counters(version, since)

    @app.get("/weights")
    async def weights() -> Weights:
        return shop.weights()

    @app.post("/faults")
    async def fail(fault: Fault) -> Fault:
        shop.faults[fault.version] = fault
        return fault

    return app


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(
        description="A shop that serves two versions by the weights that golive holds."
    )
    parser.add_argument("--traffic", type=Path, required=True, help="folder of the local traffic connector")
    parser.add_argument("--service", default="shop")
    parser.add_argument("--environment", default="production")
    parser.add_argument("--stable", default="1.3.0", help="version that serves while golive holds no weight")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    args = parser.parse_args()
    shop = Shop(LocalTraffic(args.traffic), args.service, args.environment, args.stable)
    uvicorn.run(make_app(shop), host=args.host, port=args.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
