"""Sessions of the pages. Of what a browser holds only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from db.digests import digest_of
from db.people import KeptToken, User, find_users, get_user
from db.session import Session, database_time
from db.tables import sessions, users

_KEPT = timedelta(days=30)
"""So long after its end a session still tells from where its owner has signed in."""
Method = Literal["password", "token", "link", "oidc"]
"""How somebody signed in: with a password, an API token, a one-time link, or at an OpenID provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """A session of `user` that goes on until `expires_at`, unless it is ended before.

    `token_id` is that of the API token it was begun with, if it was. `proven_at` is when its user last proved at the
    provider who they are, to act on `proven_for`, and has not acted since.
    """

    id: str
    user: User
    method: Method
    token_id: str | None
    created_at: datetime
    expires_at: datetime
    proven_at: datetime | None = None
    proven_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A session as its owner sees it: since when, from which address, in which browser."""

    id: str
    method: Method
    address: str
    browser: str
    created_at: datetime
    expires_at: datetime


async def begin(  # noqa: PLR0913 - each is a column
    session: Session,
    name: str,
    *,
    method: Method,
    address: str,
    browser: str,
    lasting: timedelta,
    token: KeptToken | None = None,
) -> str:
    """Begin a session of the user `name` and return the secret that their browser keeps. Raises NotFound.

    One that is begun with an API token ends with it at the latest. Sessions that were over long ago are removed.
    """
    user, now, secret = await get_user(session, name), await database_time(session), secrets.token_urlsafe(32)
    await session.execute(delete(sessions).where(sessions.c.expires_at <= now - _KEPT))
    row = {"id": secrets.token_hex(12), "sha256": digest_of(secret), "user_id": user.id, "method": method}
    where = {"address": address, "browser": browser[:200], "token_id": token.id if token else None}
    ends = min(now + lasting, token.expires_at) if token and token.expires_at else now + lasting
    await session.execute(insert(sessions).values(**row, **where, created_at=now, expires_at=ends))
    return secret


async def find(session: Session, secret: str) -> Browsing | None:
    """Return the session whose secret this is, None for one that has ended. The user may be disabled: look."""
    now = await database_time(session)
    found = (
        select(sessions, users.c.name)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.sha256 == digest_of(secret), sessions.c.ended_at.is_(None))
        .where(sessions.c.expires_at > now)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None:
        return None
    user = (await find_users(session, [row.name]))[row.name]
    return Browsing(
        id=row.id,
        user=user,
        method=row.method,
        token_id=row.token_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        proven_at=row.proven_at,
        proven_for=row.proven_for,
    )


async def keep_proof(session: Session, session_id: str, what: str, at: datetime) -> None:
    """Keep that a session's user proved `at` the provider who they are, to act once on `what`."""
    mine = sessions.c.id == session_id
    await session.execute(update(sessions).where(mine).values(proven_at=at, proven_for=what))


async def take_proof(session: Session, session_id: str, what: str) -> datetime | None:
    """Return when a session's user proved who they are to act on `what`, and forget it; None when they did not."""
    mine = (sessions.c.id == session_id) & (sessions.c.proven_for == what)
    at: datetime | None = await session.scalar(select(sessions.c.proven_at).where(mine).with_for_update())
    if at is not None:
        await session.execute(update(sessions).where(mine).values(proven_at=None, proven_for=None))
    return at


async def list_sessions(session: Session, user_id: str) -> list[Listed]:
    """Return the sessions of a user that go on, the newest first."""
    going = select(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
    found = going.where(sessions.c.expires_at > await database_time(session))
    return [
        Listed(
            id=row.id,
            method=row.method,
            address=row.address,
            browser=row.browser,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in await session.execute(found.order_by(sessions.c.created_at.desc(), sessions.c.id))
    ]


async def end(session: Session, session_id: str, *, of: str | None = None) -> None:
    """End a session for good; a second time, or one that is not `of` that user's id, changes nothing."""
    still = (sessions.c.id == session_id) & sessions.c.ended_at.is_(None)
    if of is not None:
        still &= sessions.c.user_id == of
    await session.execute(update(sessions).where(still).values(ended_at=await database_time(session)))


async def end_all(session: Session, user_id: str, *, but: str | None = None) -> None:
    """End every session of a user, `but` one where that is named."""
    still = (sessions.c.user_id == user_id) & sessions.c.ended_at.is_(None)
    if but is not None:
        still &= sessions.c.id != but
    await session.execute(update(sessions).where(still).values(ended_at=await database_time(session)))


async def going_on(session: Session, ids: Collection[str]) -> dict[str, User]:
    """Return those of the sessions `ids` that go on and whose user is enabled, each with its user as they are now."""
    now = await database_time(session)
    found = (
        select(sessions.c.id, users.c.name)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.id.in_(ids), users.c.enabled, sessions.c.ended_at.is_(None))
        .where(sessions.c.expires_at > now)
    )
    names = {row.id: row.name for row in await session.execute(found)}
    known = await find_users(session, names.values())
    return {each: known[name] for each, name in names.items()}
