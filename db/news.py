"""How far things have come, in a word: it is another one once there is something new. One query for all asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import select

from db.session import Session
from db.tables import journal, runs, stream_heads
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


async def stamps_of_all(session: Session) -> dict[str, Stamp]:
    """Return for each run that has not ended how far it has come."""
    found = (
        select(runs.c.id, stream_heads.c.seq, runs.c.frozen_at)
        .join_from(runs, stream_heads, stream_heads.c.stream == runs.c.id)
        .where(runs.c.state.in_(_GOING_ON))
    )
    rows = await session.execute(found)
    return {row.id: stamp_of(row.seq, frozen=row.frozen_at is not None) for row in rows}


def stamp_over(stamps: Iterable[tuple[str, Stamp]]) -> Stamp:
    """Return one stamp for several things, each with its own: another one when any of them has another."""
    text = "\n".join(f"{thing} {stamp}" for thing, stamp in stamps)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


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
