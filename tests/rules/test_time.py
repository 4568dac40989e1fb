"""Working time: days and hours as people count them, in any zone, across holidays and daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.calendar import Calendar, Hours
from golive.span import Span
from golive.working_time import add_working, before_working, working_between

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(time_zone="Europe/Berlin")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        (at(20, 15), "2d", at(24, 15)),
        (at(21, 12), "1d", at(24, 9)),
        (at(20, 17), "2h", at(23, 10)),
        (at(23, 8), "1h", at(23, 10)),
        (at(23, 20), "30m", at(24, 9, 30)),
        (at(23, 10), "1d 2h", at(24, 12)),
        (at(23, 10), "9h", at(24, 10)),
    ],
)
def test_days_and_hours(start: datetime, span: str, end: datetime) -> None:
    assert add_working(OFFICE, start, Span.model_validate(span)) == end


def test_the_time_of_day_stays_across_a_daylight_saving_change() -> None:
    friday = datetime(2026, 10, 23, 10, tzinfo=BERLIN)
    assert add_working(OFFICE, friday, Span(days=1)) == datetime(2026, 10, 26, 10, tzinfo=BERLIN)


def test_holidays_and_make_up_days() -> None:
    golden_week = tuple(date(2026, 10, day) for day in range(1, 8))
    calendar = Calendar(time_zone="Asia/Shanghai", holidays=golden_week, make_up_days=(date(2026, 10, 10),))
    shanghai = ZoneInfo("Asia/Shanghai")
    before = datetime(2026, 9, 30, 10, tzinfo=shanghai)
    assert add_working(calendar, before, Span(days=1)) == datetime(2026, 10, 8, 10, tzinfo=shanghai)
    assert add_working(calendar, before, Span(days=3)) == datetime(2026, 10, 10, 10, tzinfo=shanghai)


def test_ten_working_days_before_the_go_live() -> None:
    assert before_working(OFFICE, at(30, 14), 10) == at(16, 14)


def test_a_calendar_without_working_days_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="working hours"):
        Calendar(weekdays=())
    with pytest.raises(ValueError, match="no time zone"):
        Calendar(time_zone="Mars/Olympus")


calendars = st.builds(
    Calendar,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York"]),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    hours=st.sampled_from(
        [
            (Hours(start=time(9), end=time(18)),),
            (Hours(start=time(8), end=time(12)), Hours(start=time(13), end=time(17))),
            (Hours(start=time(3, 30), end=time(4, 15)),),
        ]
    ),
    holidays=st.lists(st.dates(date(2026, 3, 1), date(2026, 4, 15)), max_size=6).map(tuple),
    make_up_days=st.lists(st.dates(date(2026, 3, 1), date(2026, 4, 15)), max_size=3).map(tuple),
)
START = datetime(2026, 3, 20, tzinfo=UTC)
moments = st.integers(0, 14 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


def works(calendar: Calendar, moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo(calendar.time_zone))
    clock = local.time().replace(tzinfo=None)
    return calendar.works_on(local.date()) and any(h.start <= clock < h.end for h in calendar.hours)


@settings(max_examples=60)
@given(calendars, moments, st.integers(1, 600))
def test_minutes_agree_with_a_slow_model(calendar: Calendar, start: datetime, minutes: int) -> None:
    end = add_working(calendar, start, Span(seconds=minutes * 60))
    assert working_between(calendar, start, end) == timedelta(minutes=minutes)
    counted, moment = 0, start
    while counted < minutes:
        counted += works(calendar, moment)
        moment += timedelta(minutes=1)
    assert moment == end


@given(calendars, moments, st.integers(0, 20), st.integers(0, 20))
def test_more_time_ends_later(calendar: Calendar, start: datetime, few: int, more: int) -> None:
    assert add_working(calendar, start, Span(days=few)) <= add_working(calendar, start, Span(days=few + more))
