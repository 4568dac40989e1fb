"""One-time links by which people choose a password. Of a link only the SHA-256 of its secret is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from db.digests import digest_of
from db.session import Session, database_time
from db.tables import enrolments, users

LASTING = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A link that was not used yet, for the user of this name."""

    id: str
    user_id: str
    name: str
    enabled: bool
    expires_at: datetime


async def make(session: Session, *, user_id: str, secret: str, by: str) -> datetime:
    """Make a link for a user, which ends those they had; return when it ends by itself."""
    now = await database_time(session)
    others = (enrolments.c.user_id == user_id) & enrolments.c.used_at.is_(None)
    await session.execute(update(enrolments).where(others).values(used_at=now))
    row = {"id": secrets.token_hex(12), "sha256": digest_of(secret), "user_id": user_id, "made_by": by}
    ends = now + LASTING
    await session.execute(insert(enrolments).values(**row, created_at=now, expires_at=ends))
    return ends


async def find(session: Session, secret: str) -> Enrolment | None:
    """Return the link with this secret, None when there is none, or it was used, or has ended."""
    found = (
        select(enrolments, users.c.name, users.c.enabled)
        .join(users, users.c.id == enrolments.c.user_id)
        .where(enrolments.c.sha256 == digest_of(secret), enrolments.c.used_at.is_(None))
        .where(enrolments.c.expires_at > await database_time(session))
    )
    row = (await session.execute(found)).one_or_none()
    if row is None:
        return None
    return Enrolment(
        id=row.id, user_id=row.user_id, name=row.name, enabled=row.enabled, expires_at=row.expires_at
    )


async def was_made(session: Session, secret: str) -> bool:
    """Tell whether a link with this secret was ever made."""
    found = select(enrolments.c.id).where(enrolments.c.sha256 == digest_of(secret))
    return await session.scalar(found) is not None


async def use(session: Session, enrolment_id: str) -> bool:
    """Use a link up; False when somebody was faster."""
    still = (enrolments.c.id == enrolment_id) & enrolments.c.used_at.is_(None)
    used = update(enrolments).where(still).values(used_at=await database_time(session))
    return (await session.execute(used)).rowcount == 1
