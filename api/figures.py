"""The business in figures, read from SQL when Prometheus asks and kept for a moment."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from db.figures import AGES, Figures, figures
from db.session import Database

log = logging.getLogger("golive.api")

FRESH = 10.0
"""Seconds for which what was counted is told again without asking SQL."""
PATIENCE = 5.0
"""Seconds that SQL has: Prometheus itself waits for ten."""
KINDS = ("task", "verify", "approval", "promote", "gate", "lock", "bake", "observe", "hold", "back_out")
"""Waits that are told as none where there are none; others are told when there are some."""
_QUANTILES = {"0.5": 0.5, "0.9": 0.9, "1": 1.0}


class FiguresCollector(Collector):
    """Asks SQL at a scrape, in the event loop that the database belongs to. Scrapes come from other threads."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self._database, self._loop = database, loop
        self._turn = threading.Lock()
        self._known: list[Metric] = []
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what there is depends on SQL, which is not asked when this is registered."""
        return []

    @override
    def collect(self) -> Iterable[Metric]:
        """Return what there is; while SQL is away only that it is."""
        with self._turn:
            if time.monotonic() >= self._until:
                self._known = self._asked()
                self._until = time.monotonic() + FRESH
            return self._known

    def _asked(self) -> list[Metric]:
        up = GaugeMetricFamily(
            "golive_database_up", "Whether SQL answered. While 0, what it counts is not told."
        )
        asked = asyncio.run_coroutine_threadsafe(self._read(), self._loop)
        try:
            counted = asked.result(PATIENCE)
        except (SQLAlchemyError, OSError, TimeoutError, CancelledError) as away:
            asked.cancel()
            log.warning("cannot count for Prometheus: %s %s", type(away).__name__, away)
            up.add_metric((), 0)
            return [up]
        up.add_metric((), 1)
        return [up, *told(counted)]

    async def _read(self) -> Figures:
        async with self._database.reading() as session:
            return await figures(session)


def told(counted: Figures) -> Iterator[Metric]:
    """Yield what was counted, as Prometheus has it."""
    yield _gauge("golive_runs", "Runs that go on.", ("state", "template"), counted.runs)
    ended = "Runs that ended in the last 7 days, by the state in which they did."
    yield _gauge("golive_runs_ended_recently", ended, ("state", "template"), counted.ended)
    kinds = dict.fromkeys((*KINDS, *sorted({kind for kind, _ in counted.waits})))
    waits = {(kind, age): counted.waits.get((kind, age), 0) for kind in kinds for age in AGES}
    yield _gauge("golive_waits", "What runs await, by kind and how long already.", ("kind", "age"), waits)
    oldest = "Age of the oldest wait of a kind; none where nothing of it is awaited."
    yield _gauge("golive_wait_oldest_seconds", oldest, ("kind",), _single(counted.oldest))
    overdue = {("P0",): 0, ("P1",): 0, ("P2",): 0, ("P3",): 0} | _single(counted.overdue)
    yield _gauge("golive_tasks_overdue", "Tasks past their due date and not done.", ("priority",), overdue)
    approvals = {("pending",): 0, ("expired",): 0} | _single(counted.approvals)
    yield _gauge("golive_approvals", "Approvals of runs that go on.", ("state",), approvals)
    yield from _sign_offs(counted.signed_off)
    shown = ("waiting", "running", "paused", "done", "failed", "returned")
    rollouts = {(state,): 0 for state in shown} | _single(counted.rollouts)
    held = (
        "Rollouts of open stages: paused and failed ones hold traffic, in returned ones it was rolled back."
    )
    yield _gauge("golive_rollouts", held, ("state",), rollouts)
    alerts = {("check",): 0, ("rollout",): 0} | _single(counted.alerts)
    yield _gauge(
        "golive_alerts_open", "Alerts whose cause holds: checks and stopped rollouts.", ("of",), alerts
    )
    frozen = {("unknown",): 0, ("disagrees",): 0} | _single(counted.frozen)
    why = "Frozen runs: Temporal does not know them, or disagrees with the database. Nothing of them goes on."
    yield _gauge("golive_runs_frozen", why, ("why",), frozen)


def _sign_offs(signed_off: Mapping[str, Sequence[float]]) -> Iterator[Metric]:
    count = {(template,): len(took) for template, took in signed_off.items()}
    recent = "that were decided in the last 7 days."
    yield _gauge("golive_sign_offs_recently", f"Approvals {recent}", ("template",), count)
    took = {
        (template, name): each[min(int(share * len(each)), len(each) - 1)]
        for template, each in signed_off.items()
        for name, share in _QUANTILES.items()
    }
    words = f"From request to decision, of approvals {recent}"
    yield _gauge("golive_sign_off_recent_seconds", words, ("template", "quantile"), took)


def _gauge(name: str, words: str, labels: Sequence[str], values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for at, value in values.items():
        family.add_metric(at, value)
    return family


def _single(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}
