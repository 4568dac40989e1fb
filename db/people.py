"""Users, what they may do, and the tokens by which they are known. Of a token only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from typing_extensions import Unpack

from db.digests import digest_of
from db.pages import Page, read_page
from db.session import Session, database_time, insert_into
from db.tables import sessions, tokens, user_functions, user_managers, user_roles, users
from golive.errors import Conflict, Invalid, NotFound
from golive.vocabulary import Role
from golive.words import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in. `name` is unique and appears everywhere; `locale` is `en`, `zh` or None.

    `manager` is another user's name. Managers may go round in a circle: nobody follows them further than one.
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    functions: tuple[str, ...]
    email: str | None
    locale: str | None
    enabled: bool
    created_at: datetime
    manager: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A new token of `user`. `token` is the only time that its text is seen."""

    id: str
    user: str
    token: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptToken:
    """A token that is valid, without its text. `name` is what its owner calls it, if anything."""

    id: str
    name: str | None
    created_at: datetime
    expires_at: datetime | None


_BOSS = users.alias("boss")
_MANAGER = (
    select(_BOSS.c.name)
    .join(user_managers, user_managers.c.manager_id == _BOSS.c.id)
    .where(user_managers.c.user_id == users.c.id)
    .correlate(users)
    .scalar_subquery()
    .label("manager")
)


async def create_user(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    name: str,
    roles: Sequence[Role],
    functions: Sequence[str],
    email: str | None = None,
    locale: str | None = None,
) -> User:
    """Add a user, enabled. Raises Conflict (`user_exists`) when the name is taken."""
    user_id = secrets.token_hex(12)
    row = {"id": user_id, "name": name, "email": email, "locale": locale, "enabled": True}
    added = insert_into(session, users).values(**row, created_at=await database_time(session))
    unless_taken = added.on_conflict_do_nothing(index_elements=["name"]).returning(users.c.id)
    if await session.scalar(unless_taken) is None:
        sentence = N_("There is a user {name} already; choose another name or change that user.")
        raise Conflict("user_exists", sentence, name=name)
    await _set_words(session, user_id, roles=roles, functions=functions)
    return await get_user(session, name)


class Changes(TypedDict, total=False):
    """What changes about a user; what is left out stays. None takes an address, a language or a manager away."""

    roles: Sequence[Role]
    functions: Sequence[str]
    enabled: bool
    email: str | None
    locale: str | None
    manager: str | None


_ELSEWHERE = ("roles", "functions", "manager")
"""What of a user stands in tables beside theirs."""


async def patch_user(session: Session, name: str, **changes: Unpack[Changes]) -> User:
    """Change what is given of a user. Raises NotFound (`unknown_user`) and Invalid (`own_manager`)."""
    user = await get_user(session, name)
    if "manager" in changes:
        await _set_manager(session, user, changes["manager"])
    columns = {column: value for column, value in changes.items() if column not in _ELSEWHERE}
    if columns:
        await session.execute(update(users).where(users.c.id == user.id).values(columns))
    await _set_words(session, user.id, roles=changes.get("roles"), functions=changes.get("functions"))
    return await get_user(session, name)


async def get_user(session: Session, name: str) -> User:
    """Return a user by name. Raises NotFound (`unknown_user`)."""
    found = await find_users(session, [name])
    if name not in found:
        raise NotFound(
            "unknown_user", N_("There is no user {name}; the list of users names those there are."), name=name
        )
    return found[name]


async def find_users(session: Session, names: Iterable[str]) -> dict[str, User]:
    """Return those of `names` that exist, by name."""
    rows = (await session.execute(select(users, _MANAGER).where(users.c.name.in_(set(names))))).all()
    return {user.name: user for user in await _users(session, rows)}


async def list_users(
    session: Session,
    *,
    q: str | None = None,
    by_email: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[User]:
    """Return users by name; `q` is looked for in the name and, `by_email`, in the e-mail address.

    Who may not see addresses must not search in them either: that would tell them letter by letter.
    """
    query = select(users, _MANAGER)
    if q:
        columns = (users.c.name, users.c.email) if by_email else (users.c.name,)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    page = await read_page(session, query, (users.c.name,), cursor=cursor, limit=limit)
    return page.seen_as(await _users(session, page.items))


async def users_exist(session: Session) -> bool:
    """Tell whether anybody was ever added: the first start of golive finds nobody."""
    return (await session.scalar(select(users.c.id).limit(1))) is not None


async def members_of(session: Session, functions: Collection[str] | None = None) -> list[User]:
    """Return the enabled users, by name, who have one of `functions`; None: who have any function."""
    has_one = select(user_functions.c.function).where(user_functions.c.user_id == users.c.id)
    if functions is not None:
        has_one = has_one.where(user_functions.c.function.in_(functions))
    query = select(users, _MANAGER).where(users.c.enabled, has_one.exists()).order_by(users.c.name)
    return await _users(session, (await session.execute(query)).all())


async def all_names(session: Session) -> tuple[str, ...]:
    """Return the name of every user, disabled ones included."""
    return tuple(await session.scalars(select(users.c.name).order_by(users.c.name)))


async def having_role(session: Session, role: Role, *, limit: int) -> list[str]:
    """Return the names of enabled users who have `role`, at most `limit`."""
    theirs = users.join(user_roles, user_roles.c.user_id == users.c.id)
    found = select(users.c.name).select_from(theirs).where(users.c.enabled, user_roles.c.role == role)
    return list(await session.scalars(found.order_by(users.c.name).limit(limit)))


def new_token() -> str:
    """Return a token that nobody can guess; its beginning lets scanners of leaked secrets find it."""
    return f"golive_{secrets.token_urlsafe(32)}"


async def token_is_known(session: Session, token: str) -> bool:
    """Tell whether this token was ever given to anybody, revoked ones included."""
    found = select(tokens.c.id).where(tokens.c.sha256 == digest_of(token))
    return (await session.scalar(found)) is not None


async def another_admin(session: Session, name: str) -> bool:
    """Tell whether an enabled user other than `name` has the role admin."""
    admins = users.join(user_roles, user_roles.c.user_id == users.c.id)
    found = select(users.c.id).select_from(admins).where(users.c.name != name, users.c.enabled)
    return (await session.scalar(found.where(user_roles.c.role == "admin").limit(1))) is not None


async def issue_token(  # noqa: PLR0913 - each is a column or bounds one
    session: Session,
    name: str,
    *,
    token: str | None = None,
    called: str | None = None,
    lasting: timedelta | None = None,
    within: str | None = None,
) -> Token:
    """Give the user another token, drawn at random unless one is given. Raises NotFound (`unknown_user`).

    It ends with the token of the id `within`, with which they signed in, at the latest: no token renews itself.
    """
    user, now, text = await get_user(session, name), await database_time(session), token or new_token()
    issued = Token(id=secrets.token_hex(12), user=name, token=text, created_at=now)
    row = {"id": issued.id, "user_id": user.id, "sha256": digest_of(text), "name": called}
    latest = select(tokens.c.expires_at).where(tokens.c.id == within)
    known = [now + lasting if lasting else None, await session.scalar(latest) if within else None]
    ends = min((each for each in known if each is not None), default=None)
    await session.execute(insert(tokens).values(**row, created_at=now, expires_at=ends))
    return issued


async def tokens_of(session: Session, user_id: str) -> list[KeptToken]:
    """Return the valid tokens of a user, the newest first."""
    valid = select(tokens).where(tokens.c.user_id == user_id, await _valid(session))
    return [
        KeptToken(id=row.id, name=row.name, created_at=row.created_at, expires_at=row.expires_at)
        for row in await session.execute(valid.order_by(tokens.c.created_at.desc(), tokens.c.id))
    ]


async def kept_token(session: Session, token: str) -> KeptToken | None:
    """Return what is kept of a token that is valid, None for any other."""
    found = select(tokens).where(tokens.c.sha256 == digest_of(token), await _valid(session))
    row = (await session.execute(found)).one_or_none()
    if row is None:
        return None
    return KeptToken(id=row.id, name=row.name, created_at=row.created_at, expires_at=row.expires_at)


async def authenticate(session: Session, token: str) -> User | None:
    """Return whose token this is, None for one that is unknown, revoked or over. The user may be disabled: look."""
    mine = users.join(tokens, tokens.c.user_id == users.c.id)
    found = (
        select(users, _MANAGER)
        .select_from(mine)
        .where(tokens.c.sha256 == digest_of(token), await _valid(session))
    )
    return next(iter(await _users(session, (await session.execute(found)).all())), None)


async def _valid(session: Session) -> ColumnElement[bool]:
    """Return which tokens are neither revoked nor over, by the database's clock."""
    lasts = tokens.c.expires_at.is_(None) | (tokens.c.expires_at > await database_time(session))
    return tokens.c.revoked_at.is_(None) & lasts


async def revoke_token(session: Session, token_id: str, *, of: str | None = None) -> None:
    """Take a token back for good and end what was begun with it; a second time changes nothing.

    `of` is the id of whose it must be.

    Raises NotFound (`unknown_token`).
    """
    known = select(tokens.c.id).where(tokens.c.id == token_id)
    if of is not None:
        known = known.where(tokens.c.user_id == of)
    if await session.scalar(known) is None:
        raise NotFound("unknown_token", N_("There is no token {id}."), id=token_id)
    await _revoked(session, tokens.c.id == token_id)


async def revoke_tokens_of(session: Session, name: str) -> int:
    """Take back every token of a user and end what was begun with them; return how many they were.

    Raises NotFound (`unknown_user`).
    """
    user = await get_user(session, name)
    return await _revoked(session, tokens.c.user_id == user.id)


async def _revoked(session: Session, which: ColumnElement[bool]) -> int:
    now = await database_time(session)
    begun = sessions.c.token_id.in_(select(tokens.c.id).where(which)) & sessions.c.ended_at.is_(None)
    await session.execute(update(sessions).where(begun).values(ended_at=now))
    still = which & tokens.c.revoked_at.is_(None)
    return (await session.execute(update(tokens).where(still).values(revoked_at=now))).rowcount


async def _set_words(
    session: Session, user_id: str, *, roles: Sequence[Role] | None, functions: Sequence[str] | None
) -> None:
    for table, column, given in ((user_roles, "role", roles), (user_functions, "function", functions)):
        if given is None:
            continue
        await session.execute(delete(table).where(table.c.user_id == user_id))
        rows = [
            {"user_id": user_id, column: word, "position": n} for n, word in enumerate(dict.fromkeys(given))
        ]
        if rows:
            await session.execute(insert(table), rows)


async def _users(session: Session, rows: Sequence[Row[Any]]) -> list[User]:
    ids = [row.id for row in rows]
    roles = await _words_of(session, user_roles.c.user_id, user_roles.c.role, user_roles.c.position, ids)
    functions = await _words_of(
        session, user_functions.c.user_id, user_functions.c.function, user_functions.c.position, ids
    )
    return [
        User(
            id=row.id,
            name=row.name,
            roles=cast("tuple[Role, ...]", roles.get(row.id, ())),
            functions=functions.get(row.id, ()),
            email=row.email,
            locale=row.locale,
            enabled=row.enabled,
            created_at=row.created_at,
            manager=row.manager,
        )
        for row in rows
    ]


async def _set_manager(session: Session, user: User, manager: str | None) -> None:
    if manager == user.name:
        sentence = N_("Nobody is their own manager; name somebody else as the manager of {name}, or nobody.")
        raise Invalid("own_manager", sentence, name=user.name)
    theirs = {"user_id": user.id, "manager_id": (await get_user(session, manager)).id} if manager else None
    await session.execute(delete(user_managers).where(user_managers.c.user_id == user.id))
    if theirs:
        await session.execute(insert(user_managers), theirs)


async def _words_of(
    session: Session, user: Any, word: Any, position: Any, ids: list[str]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for user_id, text in (
        await session.execute(select(user, word).where(user.in_(ids)).order_by(position))
    ).all():
        found[user_id] = (*found.get(user_id, ()), text)
    return found
