"""What is asked of people, in few words: whether somebody's work has changed, without reading all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true, union_all

from db.news import Stamp, stamp_over
from db.session import Session
from db.tables import (
    amendment_waiting,
    amendments,
    approval_waiting,
    approvals,
    run_people,
    runs,
    tasks,
    waiver_waiting,
    waivers,
)
from golive.vocabulary import AWAITED, ENDED

Parts = Mapping[str, Stamp]
"""For each run in which something is asked of a person, or that they manage, how that stands."""

_TASK = tuple(
    tasks.c[name] for name in ("id", "state", "assignee", "priority", "due_at", "overdue", "done_by")
)
_RUN = tuple(runs.c[name] for name in ("title", "state"))
_MANAGED = tuple(runs.c[name] for name in ("waits", "blocked_by", "frozen_at", "unknown_at", "started_at"))


async def asked_of(
    session: Session, names: Collection[str], among: Collection[str] | None = None
) -> dict[str, Parts]:
    """Return for each of `names` how what is asked of them stands in each run, or in the runs `among` alone.

    In as many queries for many people as for one. What `db.work` shows of a person changes only when this does, save
    for what time alone changes.
    """
    going_on = and_(runs.c.state.not_in(ENDED), true() if among is None else runs.c.id.in_(among))
    found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in names}
    work = union_all(_own(names).where(going_on), _offered(names).where(going_on))
    decisions = union_all(*(each(names).where(going_on) for each in (_decisions, _waivers, _amendments)))
    for query in (work, decisions, _managed(names).where(going_on)):
        for name, run_id, *facts in await session.execute(query):
            found[name][run_id].append(repr(facts))
    return {
        name: {run_id: stamp_over(("", fact) for fact in sorted(facts)) for run_id, facts in its.items()}
        for name, its in found.items()
    }


def stamp_of_work(parts: Parts) -> Stamp:
    """Return how far a person's work has come."""
    return stamp_over(sorted(parts.items()))


def _tasks(name: ColumnElement[Any], *which: ColumnElement[bool]) -> Select[Any]:
    found = select(name.label("name"), runs.c.id, *_TASK, *_RUN).where(tasks.c.state.in_(AWAITED), *which)
    return found.select_from(tasks).join(runs, runs.c.id == tasks.c.run_id)


def _own(names: Collection[str]) -> Select[Any]:
    return _tasks(tasks.c.assignee, tasks.c.assignee.in_(names))


def _offered(names: Collection[str]) -> Select[Any]:
    """Those that are offered to a function of theirs, or to be verified in it."""
    unassigned = or_(tasks.c.assignee.is_(None), tasks.c.state == "to_verify")
    mine = and_(run_people.c.run_id == tasks.c.run_id, run_people.c.function == tasks.c.function)
    return _tasks(run_people.c.name, run_people.c.name.in_(names), unassigned).join(run_people, mine)


def _decisions(names: Collection[str]) -> Select[Any]:
    facts = (approvals.c.id, approvals.c.state, approvals.c.due_at, *_RUN)
    found = select(approval_waiting.c.name, runs.c.id, *facts).select_from(approval_waiting)
    asked = found.join(approvals, approvals.c.id == approval_waiting.c.approval_id)
    return asked.join(runs, runs.c.id == approvals.c.run_id).where(approval_waiting.c.name.in_(names))


def _waivers(names: Collection[str]) -> Select[Any]:
    facts = (waivers.c.id, waivers.c.state, waivers.c.ends_at, *_RUN)
    found = select(waiver_waiting.c.name, runs.c.id, *facts).select_from(waiver_waiting)
    asked = found.join(waivers, waivers.c.id == waiver_waiting.c.waiver_id)
    return asked.join(runs, runs.c.id == waivers.c.run_id).where(waiver_waiting.c.name.in_(names))


def _amendments(names: Collection[str]) -> Select[Any]:
    facts = (amendments.c.id, amendments.c.state, amendments.c.expires_at, *_RUN)
    found = select(amendment_waiting.c.name, runs.c.id, *facts).select_from(amendment_waiting)
    asked = found.join(amendments, amendments.c.id == amendment_waiting.c.amendment_id)
    return asked.join(runs, runs.c.id == amendments.c.run_id).where(amendment_waiting.c.name.in_(names))


def _managed(names: Collection[str]) -> Select[Any]:
    facts = (*_RUN, *_MANAGED)
    return select(runs.c.release_manager, runs.c.id, *facts).where(runs.c.release_manager.in_(names))
