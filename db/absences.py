"""Who is away, from when until when, and who stands in for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import Row, Select, delete, insert, select, update
from typing_extensions import Unpack

from db.pages import Page, read_page
from db.people import User
from db.session import Session, database_time
from db.tables import absences, users
from db.words import keep, save, texts_of
from golive.errors import Conflict, Invalid, NotFound
from golive.plan import moment
from golive.words import N_, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceView:
    """An absence of `user`, which is in force from `since` and no longer at `until`.

    `by` wrote it. `reason` is None when none was given, and when it was erased.
    """

    id: str
    user: str
    since: datetime
    until: datetime
    deputy: str | None
    reason: str | None
    by: str


class Changes(TypedDict, total=False):
    """What changes about an absence; what is left out stays. None takes the deputy away."""

    until: datetime
    deputy: User | None


async def add_absence(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    user: User,
    until: datetime,
    by: str,
    since: datetime | None = None,
    deputy: User | None = None,
    reason: Words | None = None,
) -> AbsenceView:
    """Say that `user` is away, from now on unless `since` is given.

    Raises Invalid (`absence_times`, `own_deputy`) and Conflict (`absence_overlaps`).
    """
    now = await database_time(session)
    absence_id, since = secrets.token_hex(12), since or now
    _check_deputy(user.name, deputy)
    await _check_times(session, user.name, since, until, now)
    texts: dict[str, Words] = {}
    row = {
        "id": absence_id,
        "user_id": user.id,
        "since": since,
        "until": until,
        "deputy_id": deputy.id if deputy else None,
        "reason": keep(reason, texts) if reason else None,
        "by": by,
    }
    await save(session, texts)
    await session.execute(insert(absences).values(row))
    return await get_absence(session, absence_id)


async def patch_absence(session: Session, absence_id: str, **changes: Unpack[Changes]) -> AbsenceView:
    """Change what is given of an absence that is not over.

    Raises NotFound (`unknown_absence`), Invalid (`absence_times`, `own_deputy`) and Conflict (`absence_over`,
    `absence_overlaps`).
    """
    known, now = await get_absence(session, absence_id), await database_time(session)
    _check_not_over(known, now)
    columns: dict[str, Any] = {}
    if "until" in changes:
        await _check_times(session, known.user, known.since, changes["until"], now, but=absence_id)
        columns["until"] = changes["until"]
    if "deputy" in changes:
        deputy = changes["deputy"]
        _check_deputy(known.user, deputy)
        columns["deputy_id"] = deputy.id if deputy else None
    if columns:
        await session.execute(update(absences).where(absences.c.id == absence_id).values(columns))
    return await get_absence(session, absence_id)


async def end_absence(session: Session, absence_id: str) -> AbsenceView:
    """End an absence now and return it as it was; one that has not begun never was.

    Raises NotFound (`unknown_absence`) and Conflict (`absence_over`).
    """
    known, now = await get_absence(session, absence_id), await database_time(session)
    _check_not_over(known, now)
    this = absences.c.id == absence_id
    begun = known.since < now
    await session.execute(
        update(absences).where(this).values(until=now) if begun else delete(absences).where(this)
    )
    return known


async def get_absence(session: Session, absence_id: str) -> AbsenceView:
    """Return an absence. Raises NotFound (`unknown_absence`)."""
    rows = (await session.execute(_absences().where(absences.c.id == absence_id))).all()
    if not rows:
        sentence = N_("There is no absence {id}; the list of absences names those there are.")
        raise NotFound("unknown_absence", sentence, id=absence_id)
    return (await _views(session, rows))[0]


async def list_absences(
    session: Session,
    *,
    user: str | None = None,
    over: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AbsenceView]:
    """Return the absences in force and to come, and with `over` those before, by when they begin."""
    query = _absences()
    if user is not None:
        query = query.where(users.c.name == user)
    if not over:
        query = query.where(absences.c.until > await database_time(session))
    page = await read_page(session, query, (absences.c.since, absences.c.id), cursor=cursor, limit=limit)
    return page.seen_as(await _views(session, page.items))


def _absences() -> Select[Any]:
    deputies = users.alias()
    return (
        select(absences, users.c.name.label("user"), deputies.c.name.label("deputy"))
        .join(users, users.c.id == absences.c.user_id)
        .outerjoin(deputies, deputies.c.id == absences.c.deputy_id)
    )


async def _views(session: Session, rows: list[Row[Any]] | tuple[Row[Any], ...]) -> list[AbsenceView]:
    texts = await texts_of(session, [row.reason for row in rows if row.reason])
    return [
        AbsenceView(
            id=row.id,
            user=row.user,
            since=row.since,
            until=row.until,
            deputy=row.deputy,
            reason=texts.get(row.reason) if row.reason else None,
            by=row.by,
        )
        for row in rows
    ]


def _check_deputy(name: str, deputy: User | None) -> None:
    if deputy is not None and deputy.name == name:
        sentence = N_("Nobody stands in for themselves; name somebody else as the deputy of {name}.")
        raise Invalid("own_deputy", sentence, name=name)


def _check_not_over(absence: AbsenceView, now: datetime) -> None:
    if absence.until <= now:
        sentence = N_("{name} was away until {until}; that is over and stays as it was.")
        raise Conflict("absence_over", sentence, name=absence.user, until=moment(absence.until))


async def _check_times(  # noqa: PLR0913 - of whom, between which times, and what is compared with
    session: Session, name: str, since: datetime, until: datetime, now: datetime, *, but: str | None = None
) -> None:
    """Refuse what ends before it begins or is over, and a second absence at the same time."""
    if until <= max(since, now):
        sentence = N_("Say until when {name} is away: a time after {start}.")
        raise Invalid("absence_times", sentence, name=name, start=moment(max(since, now)))
    meets = (users.c.name == name) & (absences.c.since < until) & (absences.c.until > since)
    rows = await session.execute(_absences().where(meets).order_by(absences.c.since))
    other = next((row for row in rows if row.id != but), None)
    if other is not None:
        raise Conflict(
            "absence_overlaps",
            N_("{name} is away from {since} until {until} already; change that absence, or end it first."),
            facts={"absence": other.id},
            name=name,
            since=moment(other.since),
            until=moment(other.until),
        )
