"""Passwords of people. Only what argon2 made of them is kept; making and checking that is not the database's work."""

from __future__ import annotations

from sqlalchemy import select, update

from db.session import Session, database_time, insert_into
from db.tables import passwords


async def kept_hash(session: Session, user_id: str) -> str | None:
    """Return what is kept of a user's password, None when they have none."""
    found: str | None = await session.scalar(select(passwords.c.hash).where(passwords.c.user_id == user_id))
    return found


async def keep_hash(session: Session, user_id: str, hashed: str) -> None:
    """Keep this of a user's password from now on, in the place of what was kept."""
    row = {"hash": hashed, "changed_at": await database_time(session)}
    added = insert_into(session, passwords).values(user_id=user_id, **row)
    await session.execute(added.on_conflict_do_update(index_elements=["user_id"], set_=row))


async def renew_hash(session: Session, user_id: str, old: str, new: str) -> None:
    """Keep the same password in a stronger form, unless it was changed meanwhile."""
    still = (passwords.c.user_id == user_id) & (passwords.c.hash == old)
    await session.execute(update(passwords).where(still).values(hash=new))
