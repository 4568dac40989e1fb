"""Watching health: long activities on a queue of their own, and single measurements for gates."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity

from connectors.metrics import MetricsConnector, Unreadable
from db.measurements import add_measurement, measurements_of
from db.session import Database
from golive.analysis import WINDOW, Measurement, Tally, judge, looks_back_to, next_due, tally, weigh
from golive.effects import Measure, Measured, Verdict, Watch
from golive.plan import moment
from golive.template_rollouts import Analysis
from golive.words import N_, say

BEAT = timedelta(seconds=2)
"""The longest time between two heartbeats: a cancellation reaches the worker with the answer to one."""


@dataclass
class Watched:
    """One metric of a watch: its measurements so far, of which `rows` are in SQL under `name`."""

    analysis: Analysis
    name: str
    tally: Tally
    rows: int


class Watching:
    """Measures through the connector; each measurement goes to SQL, from where a restarted watch goes on."""

    def __init__(self, database: Database, connector: MetricsConnector) -> None:
        self.database = database
        self.connector = connector

    @activity.defn
    async def watch_health(self, watch: Watch) -> Verdict:
        """Measure until a metric is beyond a limit, which is told at once, or until the watch's end.

        Without an end it goes on until it is cancelled, or until every metric has been measured as often as
        the template says: then there is nothing left to wait for.
        """
        async with _beating():
            metrics = await self._resumed(watch)
            while True:
                now = datetime.now(UTC)
                await self._measure_due(watch, metrics, now)
                ended = watch.until is not None and now >= watch.until
                verdict = weigh(watch.analyses, [m.tally for m in metrics], ended=ended)
                if verdict and (ended or watch.until is None or verdict.verdict != "healthy"):
                    return verdict
                await _sleep_until(_next_moment(watch, metrics))

    @activity.defn
    async def measure(self, wanted: Measure) -> Measured:
        """Measure once, over the last minutes. What cannot be read, or has no data, is told in `error`."""
        now = datetime.now(UTC)
        try:
            value = await self.connector.measure(
                wanted.metric, wanted.service, wanted.environment, wanted.version, now - WINDOW
            )
        except Unreadable as why:
            return Measured(at=now, error=why.sentence)
        if value is not None and math.isfinite(value):
            return Measured(value=value, at=now)
        return Measured(
            at=now,
            error=say(
                N_("“{metric}” of {service} {version} in {environment} has no data from {since} to {at}"),
                metric=wanted.metric,
                service=wanted.service,
                version=wanted.version,
                environment=wanted.environment,
                since=moment(now - WINDOW),
                at=moment(now),
            ),
        )

    async def _resumed(self, watch: Watch) -> list[Watched]:
        """Return the metrics with what an earlier attempt has measured of them."""
        async with self.database.reading() as session:
            rows = await measurements_of(session, watch.key)
        known: dict[str, list[Measurement]] = {}
        for row in rows:
            made = {"at": row.at, "outcome": row.outcome, "value": row.value}
            known.setdefault(row.metric, []).append(Measurement.model_validate(made))
        return [
            Watched(analysis, name, tally(known.get(name, ())), len(known.get(name, ())))
            for analysis, name in zip(watch.analyses, _names(watch.analyses), strict=True)
        ]

    async def _measure_due(self, watch: Watch, metrics: Sequence[Watched], now: datetime) -> None:
        """Measure what is due, side by side, write it down, and only then count it."""
        last = now if watch.until is None else min(now, watch.until)
        due = [
            m
            for m in metrics
            if (at := next_due(m.analysis, m.tally, watch.since)) is not None and at <= last
        ]
        if not due:
            return
        made = await asyncio.gather(*(self._measured(watch, m.analysis) for m in due))
        async with self.database.transaction() as session:
            for metric, got in zip(due, made, strict=True):
                await add_measurement(
                    session,
                    key=watch.key,
                    metric=metric.name,
                    n=metric.rows + 1,
                    value=got.value,
                    outcome=got.outcome,
                    at=got.at,
                )
        for metric, got in zip(due, made, strict=True):
            metric.tally = metric.tally.after(got)
            metric.rows += 1

    async def _measured(self, watch: Watch, analysis: Analysis) -> Measurement:
        now = datetime.now(UTC)
        try:
            value = await self.connector.measure(
                analysis.metric,
                watch.service,
                watch.environment,
                watch.version,
                looks_back_to(watch.since, now),
            )
        except Unreadable as why:
            return Measurement(at=now, outcome="error", cause=why.sentence)
        known = value if value is not None and math.isfinite(value) else None
        return Measurement(at=now, outcome=judge(analysis, known), value=known)


def _names(analyses: Sequence[Analysis]) -> list[str]:
    """Name each metric of a watch for SQL; one that is watched under two conditions gets a number."""
    seen: list[str] = []
    names = []
    for analysis in analyses:
        seen.append(analysis.metric)
        times = seen.count(analysis.metric)
        names.append(analysis.metric if times == 1 else f"{analysis.metric}#{times}")
    return names


def _next_moment(watch: Watch, metrics: Sequence[Watched]) -> datetime | None:
    """Return when something is to be done next; None is never, until the watch is cancelled."""
    moments = [next_due(m.analysis, m.tally, watch.since) for m in metrics]
    return min((at for at in [*moments, watch.until] if at is not None), default=None)


async def _sleep_until(at: datetime | None) -> None:
    if at is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Heartbeat beside the work, so that a slow measurement is not taken for a dead worker."""
    every = min(BEAT, (activity.info().heartbeat_timeout or BEAT * 4) / 4)

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(every.total_seconds())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
