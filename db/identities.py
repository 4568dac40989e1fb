"""Who people are at an OpenID provider: which user goes with the issuer and subject of an ID token."""

from __future__ import annotations

from sqlalchemy import select

from db.session import Session, database_time, insert_into
from db.tables import identities, users


async def user_of(session: Session, issuer: str, subject: str) -> str | None:
    """Return the name of the user who is this subject, None when nobody is."""
    found = (
        select(users.c.name)
        .join(identities, identities.c.user_id == users.c.id)
        .where(identities.c.issuer == issuer, identities.c.subject == subject)
    )
    name: str | None = await session.scalar(found)
    return name


async def issuers_of(session: Session, user_id: str) -> list[str]:
    """Return the providers at which a user is known."""
    found = select(identities.c.issuer).distinct().where(identities.c.user_id == user_id)
    return list(await session.scalars(found.order_by(identities.c.issuer)))


async def connect(session: Session, *, user_id: str, issuer: str, subject: str) -> bool:
    """Let a user be this subject; False when somebody is already."""
    row = {"issuer": issuer, "subject": subject, "user_id": user_id}
    added = insert_into(session, identities).values(**row, created_at=await database_time(session))
    done = await session.execute(added.on_conflict_do_nothing().returning(identities.c.subject))
    return done.one_or_none() is not None
