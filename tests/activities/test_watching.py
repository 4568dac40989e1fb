from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.watching import Watching
from connectors.http_counters import HttpCounters
from connectors.local_traffic import LocalTraffic
from connectors.metrics import NoMetrics, Unreadable
from db.measurements import Measurement, add_measurement, measurements_of
from db.session import Database
from demo.shop import Shop, make_app
from golive.effects import Measure, Measured, Verdict, Watch
from golive.template_rollouts import Analysis
from golive.words import say
from tests.activities.recorded import SERVICE
from tests.loopback import serving

Answer = float | None | str


class Scripted:
    """A metrics system that gives prepared answers, the last one for ever; text stands for an error."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, datetime]] = []

    async def measure(
        self, metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        self.asked.append((metric, since))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise Unreadable(say(answer))
        return answer


def analysis(**fields: Any) -> Analysis:
    return Analysis.model_validate({"metric": "success_rate", "success": ">= 0.99", **fields})


def watch(
    *analyses: Analysis, seconds: float | None = None, ago: float = 0, key: str = "r1/grey/0/1"
) -> Watch:
    now = datetime.now(UTC)
    return Watch(
        key=key,
        run_id="r1",
        stage="grey",
        version="1.4.0",
        analyses=analyses,
        since=now - timedelta(seconds=ago),
        until=None if seconds is None else now + timedelta(seconds=seconds),
        **SERVICE,
    )


def environment(beats: list[Any] | None = None) -> ActivityEnvironment:
    made = ActivityEnvironment()
    made.info = dataclasses.replace(made.info, heartbeat_timeout=timedelta(seconds=1))
    if beats is not None:
        made.on_heartbeat = lambda *details: beats.append(details)
    return made


async def rows_of(database: Database, key: str = "r1/grey/0/1") -> list[Measurement]:
    async with database.reading() as session:
        return list(await measurements_of(session, key))


async def until_true(condition: Callable[[], Any], within: float = 10) -> None:
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_healthy_is_told_at_the_end_and_not_before(database: Database) -> None:
    order = watch(analysis(), seconds=0.5)
    got = await environment().run(Watching(database, Scripted(1.0)).watch_health, order)
    assert got.verdict == "healthy"
    assert order.until is not None
    assert datetime.now(UTC) >= order.until
    (row,) = await rows_of(database)
    assert (row.metric, row.n, row.value, row.outcome) == ("success_rate", 1, 1.0, "successful")


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (0.5, "unhealthy", "“success_rate” failed 1 times"),
        (None, "inconclusive", "has no data, or too little"),
        (float("nan"), "inconclusive", "has no data, or too little"),
    ],
)
async def test_a_bad_verdict_is_told_at_once(
    database: Database, answer: Answer, verdict: str, words: str
) -> None:
    async with asyncio.timeout(10):
        got = await environment().run(
            Watching(database, Scripted(answer)).watch_health, watch(analysis(), seconds=3600)
        )
    assert got.verdict == verdict
    assert words in str(got.cause)


async def test_an_unreadable_metric_ends_as_inconclusive_with_what_was_asked(database: Database) -> None:
    order = watch(analysis(consecutive_error_limit=0), seconds=3600)
    got = await environment().run(
        Watching(database, Scripted("asked the shop at noon: no answer")).watch_health, order
    )
    assert got == Verdict(verdict="inconclusive", cause=say("asked the shop at noon: no answer"))
    (row,) = await rows_of(database)
    assert (row.outcome, row.value) == ("error", None)


async def test_without_an_end_it_ends_when_everything_is_measured(database: Database) -> None:
    metrics = Scripted(1.0)
    got = await environment().run(
        Watching(database, metrics).watch_health, watch(analysis(), analysis(metric="b"))
    )
    assert got.verdict == "healthy"
    assert sorted(metric for metric, _ in metrics.asked) == ["b", "success_rate"]


async def test_a_step_that_ends_before_the_first_measurement_is_inconclusive(database: Database) -> None:
    metrics = Scripted(1.0)
    order = watch(analysis(initial_delay="1h"), seconds=0.2)
    got = await environment().run(Watching(database, metrics).watch_health, order)
    assert (got.verdict, metrics.asked) == ("inconclusive", [])
    assert "never measured" in str(got.cause)


async def test_a_dry_run_is_measured_and_not_counted(database: Database) -> None:
    order = watch(analysis(metric="trial", dry_run=True, success="> 2"), analysis(), seconds=0.2)
    got = await environment().run(Watching(database, Scripted(1.0)).watch_health, order)
    assert got.verdict == "healthy"
    assert {row.metric: row.outcome for row in await rows_of(database)} == {
        "success_rate": "successful",
        "trial": "failed",
    }


async def test_a_metric_under_two_conditions_is_kept_apart(database: Database) -> None:
    order = watch(analysis(), analysis(success=None, failure="< 0.5"), seconds=0.2)
    got = await environment().run(Watching(database, Scripted(1.0)).watch_health, order)
    assert got.verdict == "healthy"
    assert [(row.metric, row.n) for row in await rows_of(database)] == [
        ("success_rate", 1),
        ("success_rate#2", 1),
    ]


async def test_a_measurement_looks_back_to_the_beginning_of_the_step(database: Database) -> None:
    metrics = Scripted(1.0)
    order = watch(analysis(), ago=60)
    await environment().run(Watching(database, metrics).watch_health, order)
    assert metrics.asked == [("success_rate", order.since)]


async def test_a_restarted_watch_goes_on_from_its_counters(database: Database) -> None:
    """Two failures are borne; two were seen before the worker died; the next one is one too many."""
    order = watch(analysis(interval="1s", failure_limit=2), seconds=3600, ago=60)
    for n in (1, 2):
        async with database.transaction() as session:
            await add_measurement(
                session, key=order.key, metric="success_rate", n=n, value=0.5, outcome="failed",
                at=order.since + timedelta(seconds=n),
            )  # fmt: skip
    async with asyncio.timeout(10):
        got = await environment().run(Watching(database, Scripted(0.5)).watch_health, order)
    assert got.verdict == "unhealthy"
    assert "failed 3 times, more than 2" in str(got.cause)
    assert [row.n for row in await rows_of(database)] == [1, 2, 3]


async def test_after_an_outage_one_measurement_is_made_and_not_all_that_were_missed(
    database: Database,
) -> None:
    metrics = Scripted(1.0)
    order = watch(analysis(interval="10s"), seconds=0.2, ago=600)
    got = await environment().run(Watching(database, metrics).watch_health, order)
    assert (got.verdict, len(metrics.asked)) == ("healthy", 1)


async def test_an_outage_over_the_end_of_the_step_measures_once_more_before_it_judges(
    database: Database,
) -> None:
    order = watch(analysis(interval="10s"), ago=600).model_copy(update={"until": datetime.now(UTC)})
    got = await environment().run(Watching(database, Scripted(0.5)).watch_health, order)
    assert got.verdict == "unhealthy"


async def test_a_finished_watch_that_is_asked_again_answers_the_same_and_measures_nothing(
    database: Database,
) -> None:
    metrics = Scripted(1.0)
    order = watch(analysis(), seconds=0.2)
    first = await environment().run(Watching(database, metrics).watch_health, order)
    assert await environment().run(Watching(database, metrics).watch_health, order) == first
    assert len(metrics.asked) == 1


async def test_a_watch_killed_again_and_again_neither_loses_nor_doubles_a_measurement(
    database: Database,
) -> None:
    metrics = Scripted(1.0)
    order = watch(analysis(interval="1s", count=3), ago=60)
    for wanted in (1, 2):
        attempt = environment()
        running = asyncio.ensure_future(attempt.run(Watching(database, metrics).watch_health, order))

        async def measured(wanted: int = wanted) -> bool:
            return len(await rows_of(database)) >= wanted

        await until_true(measured)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    got = await environment().run(Watching(database, metrics).watch_health, order)
    assert got.verdict == "healthy"
    assert [row.n for row in await rows_of(database)] == [1, 2, 3]
    assert len(metrics.asked) == 3


async def test_a_watch_without_an_end_beats_and_ends_promptly_when_it_is_cancelled(
    database: Database,
) -> None:
    beats: list[Any] = []
    attempt = environment(beats)
    order = watch(analysis(interval="1h"))
    running = asyncio.ensure_future(attempt.run(Watching(database, Scripted(1.0)).watch_health, order))

    async def beaten() -> bool:
        return len(beats) >= 3

    await until_true(beaten)
    attempt.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_nothing_to_watch_waits_for_the_end_and_is_inconclusive(database: Database) -> None:
    got = await environment().run(Watching(database, NoMetrics()).watch_health, watch(seconds=0.2))
    assert got.verdict == "inconclusive"


async def test_a_failing_version_is_found_over_http(database: Database, tmp_path: Path) -> None:
    """The whole chain: weights in a file, a web server that serves by them, its counters, the verdict."""
    traffic = LocalTraffic(tmp_path / "traffic")
    await traffic.set_weight(**SERVICE, version="1.4.0", weight=50)
    async with serving(make_app(Shop(traffic, "shop", "production", "1.3.0"))) as address:
        metrics = HttpCounters(f"{address}/counters")
        async with httpx.AsyncClient(base_url=address, trust_env=False) as visitor:
            good = watch(analysis(), analysis(metric="latency_p95_ms", success="< 1000"), key="good")
            for _ in range(40):
                await visitor.get("/")
            assert (
                await environment().run(Watching(database, metrics).watch_health, good)
            ).verdict == "healthy"
            await visitor.post("/faults", json={"version": "1.4.0", "failing": 1.0})
            bad = watch(analysis(), key="bad")
            for _ in range(40):
                await visitor.get("/")
            assert (
                await environment().run(Watching(database, metrics).watch_health, bad)
            ).verdict == "unhealthy"
        await metrics.close()


def measure() -> Measure:
    return Measure(key="k", about="gate:uat", run_id="r1", version="1.4.0", metric="success_rate", **SERVICE)


@pytest.mark.parametrize("answer", [None, float("nan"), float("inf"), "asked the shop at noon: no answer"])
async def test_a_single_measurement_tells_what_is_missing_and_does_not_raise(
    database: Database, answer: Answer
) -> None:
    got = await environment().run(Watching(database, Scripted(answer)).measure, measure())
    assert isinstance(got, Measured)
    assert got.value is None
    assert (
        "asked the shop" if isinstance(answer, str) else "of shop 1.4.0 in production has no data from"
    ) in str(got.error)


async def test_a_single_measurement(database: Database) -> None:
    got = await environment().run(Watching(database, Scripted(0.99)).measure, measure())
    assert (got.value, got.error) == (0.99, None)
    assert abs(datetime.now(UTC) - got.at) < timedelta(seconds=10)
