"""Is a version healthy? Measurements of each metric are judged one by one, tallied, and put together.

    measure -> judge -> Tally.after      per metric, one measurement after the other
    standing, next_due                   where a metric stands, and when it is measured next
    weigh                                all metrics of a watch together, in the order
                                         failed > error > inconclusive > successful

The rules follow the analysis of Argo Rollouts, except where that takes silence for health: here a metric is
successful only when at least one measurement was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from golive.effects import Verdict
from golive.gates import COMPARE
from golive.model import Fact
from golive.plan import moment
from golive.template_rollouts import Analysis, Condition
from golive.vocabulary import Compare
from golive.words import N_, Sentence, say

Outcome = Literal["successful", "inconclusive", "error", "failed"]
"""What one measurement says, or where a whole metric has ended."""

Standing = Outcome | Literal["running"]

ERROR_RETRY = timedelta(seconds=10)
"""How soon an unreadable metric without an interval is asked again."""

WINDOW = timedelta(minutes=5)
"""A measurement looks back this far at most: a new fault must not drown in days of good requests."""

WORST_FIRST: tuple[Outcome, ...] = ("failed", "error", "inconclusive", "successful")

OPPOSITE: dict[Compare, Compare] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Measurement(Fact):
    """One measurement and what it says. `cause` is set for an error: what was asked, where and when."""

    at: datetime
    outcome: Outcome
    value: float | None = None
    cause: Sentence | None = None


class Tally(Fact):
    """What the measurements of one metric add up to, in the order they were made.

    An error is no measurement: it counts for `errors_in_a_row` alone, which any other outcome ends.
    """

    successful: int = 0
    inconclusive: int = 0
    failed: int = 0
    errors_in_a_row: int = 0
    last: Measurement | None = None

    @property
    def measured(self) -> int:
        """How many measurements gave an answer."""
        return self.successful + self.inconclusive + self.failed

    def after(self, measurement: Measurement) -> Tally:
        """Return the tally with one measurement more."""
        outcome = measurement.outcome
        return Tally(
            successful=self.successful + (outcome == "successful"),
            inconclusive=self.inconclusive + (outcome == "inconclusive"),
            failed=self.failed + (outcome == "failed"),
            errors_in_a_row=self.errors_in_a_row + 1 if outcome == "error" else 0,
            last=measurement,
        )


def tally(measurements: Iterable[Measurement]) -> Tally:
    """Return what measurements add up to, in their order."""
    total = Tally()
    for measurement in measurements:
        total = total.after(measurement)
    return total


def judge(analysis: Analysis, value: float | None) -> Outcome:
    """Say what a measured value means. No value, NaN and infinity are no data, which is inconclusive.

    With one condition it decides alone; with both, and neither true, nothing is known.
    """
    if value is None or not math.isfinite(value):
        return "inconclusive"
    if analysis.failure is not None and _holds(analysis.failure, value):
        return "failed"
    if analysis.success is None or _holds(analysis.success, value):
        return "successful"
    return "failed" if analysis.failure is None else "inconclusive"


def standing(analysis: Analysis, tally: Tally, *, ended: bool = False) -> Standing:
    """Say where a metric stands: beyond a limit at once, else when its count is full or the step ended."""
    if tally.failed > analysis.failure_limit:
        return "failed"
    if tally.errors_in_a_row > analysis.consecutive_error_limit:
        return "error"
    if tally.inconclusive > analysis.inconclusive_limit:
        return "inconclusive"
    wanted = count_of(analysis)
    full = wanted is not None and tally.measured >= wanted
    if not full and not ended:
        return "running"
    return "successful" if tally.successful else "inconclusive"


def count_of(analysis: Analysis) -> int | None:
    """Return how often a metric is measured: once unless the template says; None is until the step ends."""
    return None if analysis.count is None and analysis.interval is not None else analysis.count or 1


def next_due(analysis: Analysis, tally: Tally, since: datetime) -> datetime | None:
    """Return when a metric is measured next, None when it is not any more.

    It counts from the last measurement, so that an outage is followed by one measurement and not by a burst.
    """
    if standing(analysis, tally) != "running":
        return None
    if tally.last is None:
        return since + analysis.initial_delay.on_the_clock
    return tally.last.at + (analysis.interval.on_the_clock if analysis.interval else ERROR_RETRY)


def looks_back_to(since: datetime, now: datetime) -> datetime:
    """Return from when on a measurement at `now` counts: since the step began, at most `WINDOW` ago."""
    return max(since, now - WINDOW)


def weigh(analyses: Sequence[Analysis], tallies: Sequence[Tally], *, ended: bool = False) -> Verdict | None:
    """Put the metrics of a watch together; None while nothing is decided.

    A metric beyond a limit decides at once, the worst first. Healthy is said when each was successful,
    those without a count when the watch has `ended`. A `dry_run` metric is never counted, and a watch that
    counts none is inconclusive when it ends.
    """
    counted = [(a, t) for a, t in zip(analyses, tallies, strict=True) if not a.dry_run]
    stands = [standing(analysis, tally, ended=ended) for analysis, tally in counted]
    for worst in WORST_FIRST[:-1]:
        if worst in stands:
            return _verdict(worst, *counted[stands.index(worst)])
    if "running" in stands or (not stands and not ended):
        return None
    if not stands:
        return Verdict(
            verdict="inconclusive", cause=say(N_("No metric is watched, so nothing says that it is healthy"))
        )
    good = sum(tally.successful for _, tally in counted)
    return Verdict(
        verdict="healthy",
        cause=say(
            N_("{good} good measurements of {metrics}"), good=good, metrics=_metrics(a for a, _ in counted)
        ),
    )


def _verdict(outcome: Outcome, analysis: Analysis, tally: Tally) -> Verdict:
    if outcome == "failed":
        return Verdict(verdict="unhealthy", cause=_failed(analysis, tally))
    return Verdict(verdict="inconclusive", cause=_unknown(outcome, analysis, tally))


def _failed(analysis: Analysis, tally: Tally) -> Sentence:
    return say(
        N_("“{metric}” failed {failed} times, more than {limit}: {value} at {at}, wanted {wanted}"),
        failed=tally.failed,
        limit=analysis.failure_limit,
        **_last(analysis, tally),
    )


def _unknown(outcome: Outcome, analysis: Analysis, tally: Tally) -> Sentence:
    last = tally.last
    if last is None:
        return say(N_("“{metric}” was never measured before the step ended"), metric=analysis.metric)
    if outcome == "error" or not tally.measured:
        return last.cause or say(
            N_("“{metric}” could not be read {errors} times in a row, the last time at {at}"),
            metric=analysis.metric,
            errors=tally.errors_in_a_row,
            at=moment(last.at),
        )
    if last.value is None:
        msgid = N_("“{metric}” has no data, or too little to judge by, at {at}; wanted {wanted}")
    elif last.outcome == "inconclusive":
        msgid = N_("“{metric}” is neither good nor bad: {value} at {at}, wanted {wanted}")
    else:
        msgid = N_("“{metric}” was never good before the step ended: {value} at {at}, wanted {wanted}")
    return say(msgid, **_last(analysis, tally))


def _last(analysis: Analysis, tally: Tally) -> dict[str, str]:
    """Return what sentences say about the last measurement."""
    value = tally.last.value if tally.last else None
    return {
        "metric": analysis.metric,
        "value": "–" if value is None else f"{value:.6g}",
        "at": moment(tally.last.at) if tally.last else "–",
        "wanted": _wanted(analysis),
    }


def _wanted(analysis: Analysis) -> str:
    """Write what a good value fulfils, in signs that need no translation: `>= 0.99`."""
    wanted = [] if analysis.success is None else [(analysis.success.compare, analysis.success.threshold)]
    if analysis.failure is not None:
        wanted.append((OPPOSITE[analysis.failure.compare], analysis.failure.threshold))
    return ", ".join(dict.fromkeys(f"{compare} {threshold:g}" for compare, threshold in wanted))


def _metrics(analyses: Iterable[Analysis]) -> str:
    return ", ".join(dict.fromkeys(analysis.metric for analysis in analyses))


def _holds(condition: Condition, value: float) -> bool:
    return COMPARE[condition.compare](value, condition.threshold)
