from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from activities.report.spans import Span, merge, total, within, without

START = datetime(2026, 11, 23, tzinfo=UTC)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def seconds_of(spans: list[Span]) -> set[int]:
    return {second for second in range(40) for start, end in spans if start <= at(second) < end}


some_spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8).map(
    lambda pairs: [(at(min(pair)), at(max(pair))) for pair in pairs]
)


@given(some_spans)
def test_merged_spans_are_in_order_apart_and_cover_the_same_moments(spans: list[Span]) -> None:
    merged = merge(spans)
    assert seconds_of(merged) == seconds_of(spans)
    assert all(before[1] < after[0] for before, after in pairwise(merged))
    assert total(merged) == timedelta(seconds=len(seconds_of(spans)))


@given(some_spans, some_spans)
def test_what_lies_within_and_without_are_the_whole(spans: list[Span], others: list[Span]) -> None:
    whole, cut = merge(spans), merge(others)
    assert seconds_of(within(whole, cut)) == seconds_of(whole) & seconds_of(cut)
    assert seconds_of(without(whole, cut)) == seconds_of(whole) - seconds_of(cut)
    assert total(within(whole, cut)) + total(without(whole, cut)) == total(whole)
