"""How far things have come, in a word: it is another one once there is something new. One query for all asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import Row, func, select

from db.session import Session
from db.tables import journal, run_people, runs, stream_heads
from golive.vocabulary import ENDED, RunStateName

Stamp = str
"""Compared for being the same, never for being later: what was restored from a backup has come less far."""
_GOING_ON = tuple(state for state in get_args(RunStateName) if state not in ENDED)


async def stamps_of_runs(session: Session, ids: Collection[str]) -> dict[str, Stamp]:
    """Return for each run the number of its last event, marked when it is frozen, which no event tells."""
    found = (
        select(stream_heads.c.stream, stream_heads.c.seq, runs.c.frozen_at)
        .outerjoin_from(stream_heads, runs, runs.c.id == stream_heads.c.stream)
        .where(stream_heads.c.stream.in_(ids))
    )
    rows = await session.execute(found)
    return {row.stream: stamp_of(row.seq, frozen=row.frozen_at is not None) for row in rows}


def stamp_of(seq: int, *, frozen: bool) -> Stamp:
    """Return the stamp of a run that stands at number `seq` of its journal."""
    return f"{seq}{'f' if frozen else ''}"


def number_of(stamp: Stamp) -> int:
    """Return the number of the last event of a run that has come as far as `stamp`."""
    return int(stamp.removesuffix("f"))


async def stamps_of_people(session: Session, names: Collection[str]) -> dict[str, Stamp]:
    """Return for each person how far the runs have come that they take part in or manage."""
    part = select(run_people.c.name, run_people.c.run_id).where(run_people.c.name.in_(names))
    managed = select(runs.c.release_manager.label("name"), runs.c.id.label("run_id")).where(
        runs.c.release_manager.in_(names), runs.c.state.in_(_GOING_ON)
    )
    concerned = part.union(managed).subquery()
    found = (
        select(concerned.c.name, *_HOW_FAR)
        .join_from(concerned, runs, runs.c.id == concerned.c.run_id)
        .join(stream_heads, stream_heads.c.stream == runs.c.id)
        .where(runs.c.state.in_(_GOING_ON))
        .group_by(concerned.c.name)
    )
    known = {row.name: _summed(row) for row in await session.execute(found)}
    return {name: known.get(name, "0") for name in names}


async def stamp_of_all(session: Session) -> Stamp:
    """Return how far all runs have come."""
    found = (
        select(*_HOW_FAR)
        .join_from(runs, stream_heads, stream_heads.c.stream == runs.c.id)
        .where(runs.c.state.in_(_GOING_ON))
    )
    return _summed((await session.execute(found)).one())


_HOW_FAR = (
    func.count().label("runs"),
    func.coalesce(func.sum(stream_heads.c.seq), 0).label("events"),
    func.count(runs.c.frozen_at).label("frozen"),
)
"""An end takes a run and its events away, a start adds them: the three together never stay as they were."""


def _summed(row: Row[Any]) -> Stamp:
    return f"{row.runs}-{row.events}-{row.frozen}"


# -- whom an event concerns ----------------------------------------------------------------------------------

_ASIDE = ("NotificationSent", "LessonAdded", "LessonsShown", "ActionAdded", "ActionClosed", "ReportWritten")
"""They change neither a task nor an approval."""
_OF_ONE = ("Commented", "Reminded", "Escalated")
"""They concern only what they are about."""


_FAR = 200
"""So many numbers back it is known what each event was about."""


@dataclass(frozen=True)
class Latest:
    """The number of the last event about each object of a run, `task:REF`, `approval:REF` or `run`, after `since`.

    `any` is that of the last event that may change what approvals are about: evidence, gates, the build.
    """

    since: int
    about: Mapping[str, int]

    def concerns(self, told: int, *objects: str) -> bool:
        """Tell whether anything after number `told` may concern one of `objects`."""
        return told < self.since or any(self.about.get(each, 0) > told for each in objects)


async def latest_about(session: Session, run_id: str, stamp: Stamp) -> Latest:
    """Return what the latest events of a run were about, which has come as far as `stamp`."""
    since = number_of(stamp) - _FAR
    found = select(journal.c.seq, journal.c.action, journal.c.object).where(
        journal.c.stream == run_id, journal.c.seq > since, journal.c.action.not_in(_ASIDE)
    )
    latest: dict[str, int] = {}
    for seq, action, about in (await session.execute(found.order_by(journal.c.seq))).all():
        if action not in _OF_ONE:
            latest |= {about: seq, "any": seq}
        elif about != "run":
            latest[about] = seq
    return Latest(since, latest)
