"""Reminders, due times and escalation: the ladder that each wait of a person climbs."""

from __future__ import annotations

from datetime import datetime, timedelta

from golive.calendar import Calendar
from golive.plan import Plan
from golive.span import Span
from golive.state import Clock
from golive.template import Ladder
from golive.words import N_, Sentence, say
from golive.working_time import add_time, add_working, working_between


def start_clock(plan: Plan, now: datetime, due_at: datetime) -> Clock:
    """Return a clock that begins now and climbs the plan's ladder towards `due_at`."""
    clock = Clock(since=now, due_at=due_at)
    clock.next_at = rung_time(plan.calendar, plan.ladder, clock)
    return clock


def rung_time(calendar: Calendar, ladder: Ladder, clock: Clock) -> datetime | None:
    """Return when the clock's present rung is due; None above the top of the ladder."""
    if clock.rung >= len(ladder.rungs) + ladder.max_overdue:
        return None
    if clock.rung >= len(ladder.rungs):
        times, each = clock.rung - len(ladder.rungs) + 1, ladder.overdue_every
        return add_working(calendar, clock.due_at, Span(days=each.days * times, seconds=each.seconds * times))
    percent = ladder.rungs[clock.rung].percent
    if percent == 100:  # noqa: PLR2004 - the whole way
        return clock.due_at
    way = working_between(calendar, clock.since, clock.due_at)
    return add_time(calendar, clock.since, way * percent / 100)


def climb(plan: Plan, clock: Clock, now: datetime) -> int | None:
    """Move the clock past every rung that is due and return the latest, or None when none is.

    Rungs that were missed, in an outage for example, collapse into the latest: one message, not thirty.
    """
    latest = None
    while clock.next_at is not None and clock.next_at <= now:
        latest = clock.rung
        clock.rung += 1
        clock.next_at = rung_time(plan.calendar, plan.ladder, clock)
    return latest


def shift_clock(plan: Plan, clock: Clock, held_at: datetime, now: datetime) -> None:
    """Give a clock back the working time that a hold from `held_at` to `now` took from it.

    Its beginning moves with its due time, so that each rung comes as long after the hold as it stood before. What
    was overdue stays so, by as much as it was.
    """
    lost = working_between(plan.calendar, max(held_at, clock.since), now)
    if lost > timedelta():
        clock.due_at = add_time(plan.calendar, clock.due_at, lost)
        clock.since = add_time(plan.calendar, clock.since, lost)
        clock.next_at = rung_time(plan.calendar, plan.ladder, clock)


def later(calendar: Calendar, moment: datetime, held_at: datetime, now: datetime) -> datetime:
    """Return `moment` with the working time between `held_at` and `now` added; a past moment stays past."""
    lost = working_between(calendar, held_at, now)
    if moment <= held_at or lost <= timedelta():
        return moment
    return add_time(calendar, now, working_between(calendar, held_at, moment))


def next_words(ladder: Ladder, clock: Clock) -> Sentence | None:
    """Say what happens next by itself."""
    if clock.next_at is None:
        return None
    if clock.rung >= len(ladder.rungs) - 1:
        return say(N_("escalation"))
    return say(N_("reminder"))
