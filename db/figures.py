"""What operators watch: how many runs, waits, tasks and approvals there are, and how old. Counted when asked.

A fixed number of queries whatever there is to count. Nothing of it names a person, a title or a run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, Select, case, func, literal_column, select, union_all

from db.session import Session, database_time
from db.tables import approvals, runs, tasks
from golive.vocabulary import ACTIVE, ENDED

AGES: Mapping[str, timedelta] = {
    "under_1h": timedelta(0),
    "1h_to_4h": timedelta(hours=1),
    "4h_to_1d": timedelta(hours=4),
    "1d_to_3d": timedelta(days=1),
    "over_3d": timedelta(days=3),
}
"""From which age on a wait counts as so old, the youngest first."""
RECENT = timedelta(days=7)
"""What ended so long ago at most is recent."""
_ASKED = timedelta(days=30)
"""Approvals that were asked for longer ago do not count for the time that a sign-off takes."""

_CLOSED = ("approved", "rejected", "returned")
_ALARMING = ("fail", "error")
_STOPPED = "failed"
_GOING_ON = runs.c.state.not_in(ENDED)

KindAndAge = tuple[str, str]
StateAndTemplate = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted. Ages and times are in seconds."""

    runs: Mapping[StateAndTemplate, int]
    ended: Mapping[StateAndTemplate, int]
    waits: Mapping[KindAndAge, int]
    oldest: Mapping[str, float]
    overdue: Mapping[str, int]
    approvals: Mapping[str, int]
    signed_off: Mapping[str, Sequence[float]]
    rollouts: Mapping[str, int]
    alerts: Mapping[str, int]
    frozen: Mapping[str, int]


async def figures(session: Session) -> Figures:
    """Count."""
    now = await database_time(session)
    going_on = (await session.execute(select(runs.c.waits, runs.c.stages).where(_GOING_ON))).all()
    waits, oldest = await _waits(session, now, going_on)
    stages = [stage for run in going_on for stage in run.stages if stage["state"] == "open"]
    return Figures(
        runs=await _runs(session, _GOING_ON),
        ended=await _runs(session, runs.c.ended_at >= now - RECENT),
        waits=waits,
        oldest=oldest,
        overdue=await _counts(session, _overdue()),
        approvals=await _counts(session, _approvals()),
        signed_off=await _signed_off(session, now),
        rollouts=Counter(rollout["state"] for stage in stages if (rollout := stage.get("rollout"))),
        alerts=Counter(_alerts(stages)),
        frozen=await _counts(session, _frozen()),
    )


async def _runs(session: Session, which: Any) -> dict[StateAndTemplate, int]:
    counted = select(runs.c.state, runs.c.template, func.count()).where(which)
    found = await session.execute(counted.group_by(runs.c.state, runs.c.template))
    return {(state, template): count for state, template, count in found}


async def _counts(session: Session, counted: Select[Any]) -> dict[str, int]:
    found = await session.execute(counted)
    return {row[0]: row[1] for row in found}


def _overdue() -> Select[Any]:
    counted = select(tasks.c.priority, func.count()).join(runs, runs.c.id == tasks.c.run_id)
    late = (tasks.c.overdue, tasks.c.state.in_(ACTIVE), _GOING_ON)
    return counted.where(*late).group_by(tasks.c.priority)


def _approvals() -> Select[Any]:
    counted = select(approvals.c.state, func.count()).join(runs, runs.c.id == approvals.c.run_id)
    return counted.where(approvals.c.state.in_(("pending", "expired")), _GOING_ON).group_by(approvals.c.state)


def _frozen() -> Select[Any]:
    why = case((runs.c.unknown_at.is_not(None), "unknown"), else_="disagrees").label("why")
    return select(why, func.count()).where(runs.c.frozen_at.is_not(None), _GOING_ON).group_by("why")


async def _waits(
    session: Session, now: datetime, going_on: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[dict[KindAndAge, int], dict[str, float]]:
    """Return how many there are of each kind and age, and how old the oldest of each kind is.

    What stages await is told with the run; tasks and approvals, of which there may be many, are counted by SQL.
    """
    waits: Counter[KindAndAge] = Counter()
    since: defaultdict[str, list[datetime]] = defaultdict(list)
    for wait in (wait for run in going_on for wait in run.waits):
        began = datetime.fromisoformat(wait["since"])
        since[wait["what"]].append(began)
        waits[wait["what"], _age(now - began)] += 1
    for kind, oldest, *older in await session.execute(_by_age(now)):
        since[kind].append(oldest)
        for age, (least, more) in zip(AGES, pairwise([*older, 0]), strict=True):
            waits[kind, age] += least - more
    return waits, {kind: max((now - min(begun)).total_seconds(), 0.0) for kind, begun in since.items()}


def _age(waited: timedelta) -> str:
    return [name for name, least in AGES.items() if waited >= least or not least][-1]


def _by_age(now: datetime) -> Select[Any]:
    """Return kind, beginning of the oldest, and how many are at least of each age."""
    waiting = union_all(
        _since("task", tasks.c.opened_at).where(tasks.c.state.in_(ACTIVE)),
        _since("verify", tasks.c.done_at).where(tasks.c.state == "to_verify"),
        _since("approval", approvals.c.requested_at).where(approvals.c.state == "pending"),
    ).subquery()
    began = waiting.c.since
    older = (func.sum(case((began <= now - least, 1), else_=0)) for least in list(AGES.values())[1:])
    return select(waiting.c.kind, func.min(began), func.count(), *older).group_by(waiting.c.kind)


def _since(kind: str, began: Any) -> Select[Any]:
    found = select(literal_column(f"'{kind}'").label("kind"), began.label("since"))
    return found.join(runs, runs.c.id == began.table.c.run_id).where(began.is_not(None), _GOING_ON)


async def _signed_off(session: Session, now: datetime) -> dict[str, list[float]]:
    """Return for each template how long its approvals took that were decided lately, the shortest first."""
    asked = approvals.c.requested_at
    found = select(runs.c.template, asked, approvals.c.decisions).join(runs, runs.c.id == approvals.c.run_id)
    took: defaultdict[str, list[float]] = defaultdict(list)
    lately = found.where(approvals.c.state.in_(_CLOSED), asked >= now - _ASKED)
    for template, requested, decisions in await session.execute(lately):
        closed = max((datetime.fromisoformat(each["at"]) for each in decisions), default=None)
        if closed is not None and closed >= now - RECENT:
            took[template].append(max((closed - requested).total_seconds(), 0.0))
    return {template: sorted(each) for template, each in took.items()}


def _alerts(stages: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Yield what each thing is of which an alert was raised that still holds: a check, or a rollout that stopped."""
    for stage in stages:
        checks = (check for gate in stage.get("gates", ()) for check in gate["checks"])
        yield from ("check" for check in checks if check["state"] in _ALARMING)
        if (stage.get("rollout") or {}).get("state") == _STOPPED:
            yield "rollout"
