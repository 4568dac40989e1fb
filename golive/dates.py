"""Due times that an amendment moves: what a hold or a second opening gave stays, and nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from golive.calendar import Calendar
from golive.clocks import climb, start_clock
from golive.plan import Plan
from golive.run import Run
from golive.span import Span
from golive.task_graph import due_time
from golive.template_approvals import Approval
from golive.vocabulary import ACTIVE
from golive.working_time import add_time, add_working, working_between

Dates = dict[str, datetime | None]
"""When things are due by the plan alone: `task:REF`, `approval:REF`, `expiry:REF`, and of its rules `expiry-N:REF`."""


def planned_dates(run: Run) -> Dates:
    """Return when what is awaited now is due by the plan, without what holds have added."""
    return dict(_planned(run))


def _planned(run: Run) -> Iterator[tuple[str, datetime | None]]:
    for ref, (_, task) in run.index.tasks.items():
        if run.state.tasks[ref].state in ACTIVE:
            yield f"task:{ref}", due_time(run, ref, task)
    for ref, (_, approval) in run.index.approvals.items():
        state = run.state.approvals[ref]
        if state.state == "pending" and state.requested_at is not None:
            for name, span in _spans(approval):
                at = add_working(run.plan.calendar, state.requested_at, span) if span else None
                yield f"{name}:{ref}", at


def _spans(approval: Approval) -> Iterator[tuple[str, Span | None]]:
    yield "approval", approval.due
    yield "expiry", approval.expires_in
    for n, rule in enumerate(approval.rules):
        yield f"expiry-{n}", rule.expires_in or approval.expires_in


def move_dates(run: Run, former: Plan, before: Dates) -> None:
    """Bring the clocks of what is awaited to the present plan; those stay that it does not change.

    What would have been told already is passed over in silence: an amendment is no storm of alerts.
    """
    now, ladder = planned_dates(run), former.ladder != run.plan.ladder
    calendars = former.calendar, run.plan.calendar
    for about, at in now.items():
        if about not in before or (at == before[about] and not ladder and calendars[0] == calendars[1]):
            continue
        kind, _, ref = about.partition(":")
        if kind.startswith("expiry"):
            _move_expiry(run, about, before[about], at, calendars)
        else:
            _move_clock(run, kind, ref, before[about], at, calendars)


def _move_clock(  # noqa: PLR0913, PLR0917 - before and after
    run: Run,
    kind: str,
    ref: str,
    was: datetime | None,
    at: datetime | None,
    calendars: tuple[Calendar, Calendar],
) -> None:
    state = run.task(ref) if kind == "task" else run.approval(ref)
    clock = state.clock
    if at is None:
        state.clock = None
    elif clock is None:
        state.clock = start_clock(run.plan, run.now, at)
    else:
        state.clock = start_clock(run.plan, clock.since, _later(calendars, was, clock.due_at, at))
    if state.clock is not None:
        climb(run.plan, state.clock, run.now)
    if kind == "task":
        _note(run, ref)


def _note(run: Run, ref: str) -> None:
    task = run.state.tasks[ref]
    task.overdue = task.clock is not None and task.clock.due_at <= run.now
    if task.clock is None:
        run.clocked.pop(ref, None)
    else:
        run.clocked[ref] = None


def _move_expiry(
    run: Run, about: str, was: datetime | None, at: datetime | None, calendars: tuple[Calendar, Calendar]
) -> None:
    kind, _, ref = about.partition(":")
    state, rule = run.approval(ref), int(kind.removeprefix("expiry-")) if "-" in kind else None
    if rule is None:
        state.expires_at = _moved(calendars, was, state.expires_at, at)
    elif rule < len(state.rules_expire_at):
        state.rules_expire_at[rule] = _moved(calendars, was, state.rules_expire_at[rule], at)


def _moved(
    calendars: tuple[Calendar, Calendar], was: datetime | None, stood: datetime | None, at: datetime | None
) -> datetime | None:
    return at if at is None or stood is None else _later(calendars, was, stood, at)


def _later(
    calendars: tuple[Calendar, Calendar], was: datetime | None, stood: datetime, at: datetime
) -> datetime:
    """Return `at` with the working time by which it `stood` after it `was` planned."""
    added = working_between(calendars[0], was, stood) if was else timedelta()
    return add_time(calendars[1], at, added) if added else at
