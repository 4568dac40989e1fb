"""Ladders at work: who is reminded of a wait, to whom it escalates, and what expires."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from golive import panel
from golive.asking import approval_page, request_of
from golive.clocks import climb
from golive.expiry import next_expiry
from golive.looking_up import look_up
from golive.run import Run
from golive.sign_off import expire
from golive.signers import waiting_for
from golive.state import Clock
from golive.task_graph import task_page
from golive.words import N_, Text, say


class Reminder(NamedTuple):
    """What is awaited: the object of its events, its title, whom each level of the ladder tells, the page.

    `asks` is the request of an approval that it reminds of.
    """

    about: str
    title: Text
    levels: dict[str, tuple[str, ...]]
    link: str
    asks: str | None = None


def ring(run: Run) -> None:
    """Do what is due of every wait for people: remind, escalate, expire."""
    for ref in list(run.clocked):
        clock = run.state.tasks[ref].clock
        if clock is not None and _rings(clock.next_at, run.now):
            _climb(run, clock, _task_reminder(run, ref))
    for ref in run.index.approvals:
        state = run.state.approvals[ref]
        if state.state != "pending":
            continue
        panel.turn(run, ref)
        if _rings(next_expiry(run, ref), run.now):
            expire(run, ref)
        elif state.clock is not None and _rings(state.clock.next_at, run.now):
            run.approval(ref)
            look_up(run, ref, "again")
            _climb(run, state.clock, _approval_reminder(run, ref))


def _rings(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _task_reminder(run: Run, ref: str) -> Reminder:
    plan, task = run.index.task(ref), run.task(ref)
    task.overdue = task.clock is not None and task.clock.due_at <= run.now
    members = run.plan.doers(plan.function)
    levels = {"assignee": (task.assignee,) if task.assignee else members, "function": members}
    return Reminder(f"task:{ref}", plan.title, levels, task_page(run, ref))


def _approval_reminder(run: Run, ref: str) -> Reminder:
    _, approval = run.index.approvals[ref]
    who = waiting_for(run, approval, run.state.approvals[ref])
    levels = {"assignee": who, "function": who}
    return Reminder(f"approval:{ref}", approval.title, levels, approval_page(run, ref), request_of(run, ref))


def _climb(run: Run, clock: Clock, reminder: Reminder) -> None:
    rung = climb(run.plan, clock, run.now)
    if rung is None:
        return
    ladder = run.plan.ladder
    levels = reminder.levels | {"release_manager": (run.plan.release_manager,)}
    step = ladder.rungs[min(rung, len(ladder.rungs) - 1)]
    to = tuple(dict.fromkeys(name for level in step.to for name in levels[level]))
    overdue = clock.due_at <= run.now
    run.emit("Escalated" if overdue else "Reminded", reminder.about, title=reminder.title, to=to, rung=rung)
    told = N_("“{title}” is overdue.") if overdue else N_("Reminder: “{title}” waits for you.")
    run.tell(to, say(told, title=reminder.title), reminder.link, asks=reminder.asks)
