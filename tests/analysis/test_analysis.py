"""The "Analysis" lines of the semantics of a grey release, one table or property each."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from golive.analysis import (
    ERROR_RETRY,
    WINDOW,
    Measurement,
    Outcome,
    Tally,
    judge,
    looks_back_to,
    next_due,
    standing,
    tally,
    weigh,
)
from golive.template_rollouts import Analysis
from golive.words import say

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CODES: dict[str, Outcome] = {"s": "successful", "i": "inconclusive", "e": "error", "f": "failed"}
VALUES = {"s": 1.0, "i": None, "e": None, "f": 0.0}


def analysis(**fields: Any) -> Analysis:
    return Analysis.model_validate({"metric": "success_rate", "success": ">= 0.99", **fields})


def measured(codes: str, every: timedelta = timedelta(seconds=10)) -> Tally:
    """Tally measurements written as letters: s, i, e, f."""
    return tally(
        Measurement(at=NOON + n * every, outcome=CODES[code], value=VALUES[code])
        for n, code in enumerate(codes)
    )


@pytest.mark.parametrize(
    ("success", "failure", "value", "outcome"),
    [
        (">= 0.99", None, 0.99, "successful"),
        (">= 0.99", None, 0.98, "failed"),
        (None, "< 0.95", 0.94, "failed"),
        (None, "< 0.95", 0.95, "successful"),
        (">= 0.99", "< 0.95", 0.99, "successful"),
        (">= 0.99", "< 0.95", 0.94, "failed"),
        (">= 0.99", "< 0.95", 0.97, "inconclusive"),
        (">= 0.9", "< 0.95", 0.92, "failed"),  # both true: the worse one
        (">= 0.99", None, None, "inconclusive"),
        (None, "< 0.95", None, "inconclusive"),
        (">= 0.99", None, math.nan, "inconclusive"),
        (None, "!= 0", math.nan, "inconclusive"),  # every comparison with NaN but this one is false
        ("<= 500", None, math.inf, "inconclusive"),
        ("== 0", None, 0.0, "successful"),
        ("!= 0", None, 0.0, "failed"),
        ("< 5", None, 5.0, "failed"),
        ("<= 5", None, 5.0, "successful"),
        ("> 5", None, 5.0, "failed"),
    ],
)
def test_a_value_is_judged_by_its_conditions(
    success: str | None, failure: str | None, value: float | None, outcome: str
) -> None:
    assert judge(analysis(success=success, failure=failure), value) == outcome


@pytest.mark.parametrize(
    ("fields", "codes", "running", "ended"),
    [
        # neither interval nor count: once
        ({}, "", "running", "inconclusive"),
        ({}, "s", "successful", "successful"),
        ({}, "f", "failed", "failed"),
        # a count without an interval may be one
        ({"count": 1}, "s", "successful", "successful"),
        # an interval alone: until the step ends
        ({"interval": "10s"}, "", "running", "inconclusive"),
        ({"interval": "10s"}, "ssssssss", "running", "successful"),
        # count and interval
        ({"interval": "10s", "count": 3}, "ss", "running", "successful"),
        ({"interval": "10s", "count": 3}, "sss", "successful", "successful"),
        # failures must exceed the limit, which is 0 by default
        ({"interval": "10s"}, "ssf", "failed", "failed"),
        ({"interval": "10s", "failure_limit": 1}, "sf", "running", "successful"),
        ({"interval": "10s", "failure_limit": 1}, "sff", "failed", "failed"),
        ({"interval": "10s", "failure_limit": 2}, "fsfsf", "failed", "failed"),
        # so must inconclusive measurements
        ({"interval": "10s"}, "ssi", "inconclusive", "inconclusive"),
        ({"interval": "10s", "inconclusive_limit": 1}, "si", "running", "successful"),
        ({"interval": "10s", "inconclusive_limit": 1}, "sisi", "inconclusive", "inconclusive"),
        # errors count in a row, 4 are borne by default
        ({"interval": "10s"}, "seeee", "running", "successful"),
        ({"interval": "10s"}, "eeeee", "error", "error"),
        ({"interval": "10s"}, "eeeeseeee", "running", "successful"),
        ({"interval": "10s", "consecutive_error_limit": 0}, "se", "error", "error"),
        # an error is no measurement: it fills no count
        ({"interval": "10s", "count": 2}, "es", "running", "successful"),
        ({}, "e", "running", "inconclusive"),
        # within one metric: failed > error > inconclusive > successful
        ({"interval": "10s", "consecutive_error_limit": 0}, "fe", "failed", "failed"),
        ({"interval": "10s", "consecutive_error_limit": 0}, "ie", "error", "error"),
        # bearing bad measurements is not the same as having good ones
        ({"interval": "10s", "inconclusive_limit": 3}, "iii", "running", "inconclusive"),
        ({"interval": "10s", "count": 2, "failure_limit": 5}, "ff", "inconclusive", "inconclusive"),
    ],
)
def test_a_metric_stands_where_its_measurements_put_it(
    fields: dict[str, Any], codes: str, running: str, ended: str
) -> None:
    assert standing(analysis(**fields), measured(codes)) == running
    assert standing(analysis(**fields), measured(codes), ended=True) == ended


def test_count_above_one_needs_an_interval() -> None:
    with pytest.raises(ValidationError, match="needs an interval"):
        analysis(count=2)


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        (("s", "s"), "healthy"),
        (("s", "f"), "unhealthy"),
        (("f", "i"), "unhealthy"),
        (("f", "e"), "unhealthy"),
        (("i", "f"), "unhealthy"),
        (("e", "s"), "inconclusive"),
        (("i", "s"), "inconclusive"),
        (("s", "i"), "inconclusive"),
        (("", "s"), "inconclusive"),  # ended before any measurement
    ],
)
def test_across_metrics_the_worst_decides(codes: tuple[str, ...], verdict: str) -> None:
    watched = [analysis(metric=f"m{n}", consecutive_error_limit=0) for n in range(len(codes))]
    got = weigh(watched, [measured(code) for code in codes], ended=True)
    assert got is not None
    assert got.verdict == verdict


def test_an_error_is_named_before_what_is_only_inconclusive() -> None:
    watched = [analysis(metric="a"), analysis(metric="b", consecutive_error_limit=0)]
    unreadable = Measurement(at=NOON, outcome="error", cause=say("asked b at noon: no answer"))
    got = weigh(watched, [measured("i"), tally([unreadable])])
    assert got is not None
    assert str(got.cause) == "asked b at noon: no answer"


def test_a_bad_metric_decides_at_once_and_a_good_one_waits_for_the_end() -> None:
    watched = [analysis(metric="a", interval="10s"), analysis(metric="b", interval="10s")]
    assert weigh(watched, [measured("sss"), measured("ss")]) is None
    bad = weigh(watched, [measured("sss"), measured("sf")])
    assert bad is not None
    assert bad.verdict == "unhealthy"
    assert "“b” failed 1 times, more than 0: 0 at 2026-11-22 12:00 UTC, wanted >= 0.99" in str(bad.cause)


@pytest.mark.parametrize("codes", ["f", "e", "i", ""])
def test_a_dry_run_is_never_counted(codes: str) -> None:
    watched = [analysis(metric="trial", dry_run=True, consecutive_error_limit=0), analysis(metric="real")]
    got = weigh(watched, [measured(codes), measured("s")], ended=True)
    assert got is not None
    assert got.verdict == "healthy"
    assert str(got.cause) == "1 good measurements of real"


@pytest.mark.parametrize("watched", [[], [analysis(dry_run=True)]])
def test_watching_nothing_that_counts_says_nothing(watched: list[Analysis]) -> None:
    tallies = [measured("s") for _ in watched]
    assert weigh(watched, tallies) is None
    got = weigh(watched, tallies, ended=True)
    assert got is not None
    assert got.verdict == "inconclusive"


def test_the_first_measurement_waits_for_the_initial_delay_of_its_metric() -> None:
    assert next_due(analysis(initial_delay="30s"), Tally(), NOON) == NOON + timedelta(seconds=30)
    assert next_due(analysis(), Tally(), NOON) == NOON


def test_later_measurements_follow_the_last_one_so_that_an_outage_causes_no_burst() -> None:
    late = NOON + timedelta(hours=5)
    every = analysis(interval="1m")
    assert next_due(
        every, tally([Measurement(at=late, outcome="successful", value=1)]), NOON
    ) == late + timedelta(minutes=1)


def test_a_full_metric_is_not_measured_again_and_an_unreadable_one_is() -> None:
    assert next_due(analysis(), measured("s"), NOON) is None
    assert next_due(analysis(), measured("e"), NOON) == NOON + ERROR_RETRY
    assert next_due(analysis(interval="1m"), measured("e"), NOON) == NOON + timedelta(minutes=1)


def test_a_measurement_looks_back_to_the_beginning_of_the_step_and_not_further_than_the_window() -> None:
    assert looks_back_to(NOON, NOON + timedelta(seconds=5)) == NOON
    assert looks_back_to(NOON, NOON + timedelta(days=5)) == NOON + timedelta(days=5) - WINDOW


@pytest.mark.parametrize(
    ("fields", "measurement", "words"),
    [
        ({}, None, "never measured"),
        ({}, Measurement(at=NOON, outcome="inconclusive"), "has no data, or too little"),
        (
            {"failure": "< 0.5"},
            Measurement(at=NOON, outcome="inconclusive", value=0.7),
            "neither good nor bad: 0.7",
        ),
        (
            {"failure_limit": 2},
            Measurement(at=NOON, outcome="failed", value=0.7),
            "never good before the step ended",
        ),
        ({"consecutive_error_limit": 0}, Measurement(at=NOON, outcome="error"), "could not be read 1 times"),
    ],
)
def test_an_inconclusive_verdict_says_what_is_missing(
    fields: dict[str, Any], measurement: Measurement | None, words: str
) -> None:
    got = weigh([analysis(**fields)], [tally([measurement] if measurement else [])], ended=True)
    assert got is not None
    assert got.verdict == "inconclusive"
    assert words in str(got.cause)


codes_of_a_metric = st.text(alphabet="sief", max_size=30)


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    interval = draw(st.sampled_from([None, "10s"]))
    return analysis(
        interval=interval,
        count=draw(st.none() | st.integers(1, 8 if interval else 1)),
        failure_limit=draw(st.integers(0, 3)),
        inconclusive_limit=draw(st.integers(0, 3)),
        consecutive_error_limit=draw(st.integers(0, 5)),
        dry_run=draw(st.booleans()),
    )


@given(st.lists(st.tuples(analyses(), codes_of_a_metric), max_size=4), st.booleans())
def test_healthy_needs_a_good_measurement_of_every_counted_metric_and_none_beyond_a_limit(
    metrics: list[tuple[Analysis, str]], ended: bool
) -> None:
    got = weigh([a for a, _ in metrics], [measured(codes) for _, codes in metrics], ended=ended)
    if got is not None and got.verdict == "healthy":
        counted = [(a, codes) for a, codes in metrics if not a.dry_run]
        assert counted
        assert all("s" in codes for _, codes in counted)
        assert all(codes.count("f") <= a.failure_limit for a, codes in counted)
        assert all(codes.count("i") <= a.inconclusive_limit for a, codes in counted)


@given(analyses(), codes_of_a_metric)
def test_a_metric_beyond_a_limit_of_failures_is_failed_whatever_else_it_is(one: Analysis, codes: str) -> None:
    stands = standing(one, measured(codes))
    assert (stands == "failed") == (codes.count("f") > one.failure_limit)
    assert standing(one, measured(codes), ended=True) != "running"


@given(analyses(), codes_of_a_metric, codes_of_a_metric)
def test_failed_stays_failed_whatever_is_measured_later(one: Analysis, codes: str, later: str) -> None:
    if standing(one, measured(codes)) == "failed":
        assert standing(one, measured(codes + later)) == "failed"


@given(st.lists(st.tuples(analyses(), codes_of_a_metric), max_size=4))
def test_an_ended_watch_always_has_a_verdict_and_the_sentence_renders(
    metrics: list[tuple[Analysis, str]],
) -> None:
    got = weigh([a for a, _ in metrics], [measured(codes) for _, codes in metrics], ended=True)
    assert got is not None
    assert "{" not in got.cause.render("zh")


@given(analyses(), codes_of_a_metric, st.integers(0, 30))
def test_a_watch_that_goes_on_from_its_rows_stands_where_it_stood(
    one: Analysis, codes: str, cut: int
) -> None:
    whole = measured(codes)
    rows = [
        Measurement(at=NOON + timedelta(seconds=10 * n), outcome=CODES[c], value=VALUES[c])
        for n, c in enumerate(codes)
    ]
    resumed = tally(rows[:cut])
    for row in rows[cut:]:
        resumed = resumed.after(row)
    assert resumed == whole
    assert next_due(one, resumed, NOON) == next_due(one, whole, NOON)


@given(analyses(), st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_judging_is_total_and_never_takes_missing_data_for_good(one: Analysis, value: float | None) -> None:
    outcome = judge(one, value)
    assert outcome in CODES.values()
    if value is None or not math.isfinite(value):
        assert outcome == "inconclusive"
