"""What a person saw last of an approval's subject, so that they can be told what has changed since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from db.session import Session, database_time, insert_into
from db.tables import approvals, looks, users


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """The subject that `digest` is of, as somebody saw it."""

    digest: str
    subject: dict[str, Any]
    at: datetime


async def keep_look(session: Session, user_id: str, approval_id: str, digest: str) -> bool:
    """Remember that a user has seen the subject of `digest`; False, and nothing kept, when it is another one now."""
    asked = select(approvals.c.subject).where(approvals.c.id == approval_id, approvals.c.digest == digest)
    subject = await session.scalar(asked)
    if subject is None:
        return False
    seen = {"digest": digest, "subject": subject, "at": await database_time(session)}
    row = insert_into(session, looks).values(user_id=user_id, approval_id=approval_id, **seen)
    same = [looks.c.user_id, looks.c.approval_id]
    await session.execute(row.on_conflict_do_update(index_elements=same, set_=seen))
    return True


async def last_looks(session: Session, approval_id: str, names: Collection[str]) -> dict[str, LastLook]:
    """Return what each of the users `names` saw last of an approval; those who saw nothing are left out."""
    found = (
        select(users.c.name, looks.c.digest, looks.c.subject, looks.c.at)
        .join(users, users.c.id == looks.c.user_id)
        .where(looks.c.approval_id == approval_id, users.c.name.in_(names))
    )
    return {
        row.name: LastLook(digest=row.digest, subject=row.subject, at=row.at)
        for row in await session.execute(found)
    }
