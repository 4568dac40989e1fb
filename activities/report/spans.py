"""Stretches of time as sorted, disjoint pairs of moments, with the set operations that a report needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from golive.calendar import Calendar
from golive.working_time import working_between

Span: TypeAlias = tuple[datetime, datetime]
"""A stretch from its first moment to its last."""
Spans: TypeAlias = list[Span]


def merge(spans: Iterable[Span]) -> Spans:
    """Return the moments that lie in any of `spans`."""
    merged: Spans = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def within(spans: Spans, bounds: Spans) -> Spans:
    """Return the moments of merged `spans` that also lie in merged `bounds`."""
    found: Spans = []
    i = j = 0
    while i < len(spans) and j < len(bounds):
        start, end = max(spans[i][0], bounds[j][0]), min(spans[i][1], bounds[j][1])
        if start < end:
            found.append((start, end))
        if spans[i][1] <= bounds[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(spans: Spans, taken: Spans) -> Spans:
    """Return the moments of merged `spans` that lie outside merged `taken`."""
    left: Spans = []
    following = iter(taken)
    cut = next(following, None)
    for start, end in spans:
        begin = start
        while cut is not None and cut[1] <= begin:
            cut = next(following, None)
        while cut is not None and cut[0] < end:
            if begin < cut[0]:
                left.append((begin, cut[0]))
            begin = cut[1]
            if begin >= end:
                break
            cut = next(following, None)
        if begin < end:
            left.append((begin, end))
    return left


def total(spans: Spans) -> timedelta:
    """Return how long merged `spans` are together."""
    return sum((end - start for start, end in spans), timedelta())


def working(calendar: Calendar, spans: Spans) -> timedelta:
    """Return how much working time lies in merged `spans`."""
    return sum((working_between(calendar, start, end) for start, end in spans), timedelta())
