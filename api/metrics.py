"""What this process counts while it answers, for Prometheus. None of it when no port is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)

from api.engine import Engine
from api.feed import Feed
from api.figures import FiguresCollector
from db.session import Database
from observing.facts import Facts
from settings import Settings

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8, 15)
"""An act is answered within 8."""
_OUTCOMES = {"busy": "busy", "engine_unavailable": "unknown", "database_unavailable": "unknown"}


class PortTaken(Exception):
    """Nothing can listen where metrics are asked for; the message says which variable names it."""


class Metrics:
    """Counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "golive_http_requests",
            "Requests answered, by route template.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "golive_http_request_duration_seconds",
            "Time to answer, event streams excepted.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._acts = Counter(
            "golive_acts",
            "Acts of people: done, again (a repeated key), refused, busy (not sent), unknown (no answer), failed.",
            ("act", "outcome"),
            registry=self.registry,
        )
        self._away = Counter(
            "golive_http_unavailable",
            "Answers 503, by code.",
            ("code",),
            registry=self.registry,
        )
        for code in _OUTCOMES:
            self._away.labels(code)

    def watch(self, engine: Engine, feed: Feed) -> None:
        """Tell at each scrape who is in flight, waits or follows."""
        for name, words, now in (
            ("golive_updates_in_flight", "Acts that a workflow is handling.", lambda: engine.turns.in_flight),
            ("golive_updates_queued", "Acts that wait for their turn.", lambda: engine.turns.queued),
            ("golive_streams_open", "Event streams that somebody follows.", lambda: feed.open),
        ):
            Gauge(name, words, registry=self.registry).set_function(now)

    def answered(self, method: str, route: str, status: int, seconds: float | None, facts: Facts) -> None:
        """Count an answer; `seconds` is None for a stream, which lasts as long as somebody follows it."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, status).inc()
        if seconds is not None:
            self._seconds.labels(method, route).observe(seconds)
        code = str(facts.get("code", ""))
        if code in _OUTCOMES:
            self._away.labels(code).inc()
        if act := facts.get("act"):
            self._acts.labels(act, _outcome(status, code, facts)).inc()

    @asynccontextmanager
    async def offered(self, settings: Settings, database: Database) -> AsyncIterator[None]:
        """Answer Prometheus at the port of the settings, from threads of its own. Raises PortTaken."""
        host, port = settings.metrics_host, settings.api_prometheus_port
        assert port is not None  # noqa: S101 - without one there are no metrics
        self.registry.register(FiguresCollector(database, asyncio.get_running_loop()))
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as taken:
            raise PortTaken(
                f"Metrics cannot be offered at {host}, port {port} ({taken.strerror}). Set "
                "GOLIVE_API_PROMETHEUS_PORT to a free port and GOLIVE_PROMETHEUS_HOST to an address of this machine."
            ) from taken
        try:
            yield
        finally:
            # In a thread: an answer under way may wait for this loop, which reads the database for it.
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            await asyncio.to_thread(thread.join)


def _outcome(status: int, code: str, facts: Facts) -> str:
    if facts.get("again"):
        return "again"
    if code in _OUTCOMES:
        return _OUTCOMES[code]
    if status < 400:  # noqa: PLR2004 - HTTP's first error
        return "done"
    return "refused" if status < 500 else "failed"  # noqa: PLR2004 - HTTP's first fault of the server
