"""Who asks, in which language and with what at hand: the dependencies of every route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.house import House
from api.language import language_of
from api.refusals import unauthenticated, user_disabled
from db.people import User, authenticate
from db.refusals import write_refusal
from db.session import Session
from golive.commands import Actor
from golive.errors import Refused
from golive.vocabulary import Role
from golive.words import N_, Language
from observing.facts import note

_BEARER = HTTPBearer(auto_error=False, description="The token of a user, as POST /users shows it once.")


def house(request: Request) -> House:
    """Return what this process holds."""
    held: House = request.app.state.house
    return held


HouseDep = Annotated[House, Depends(house)]


async def _reading(held: HouseDep) -> AsyncIterator[Session]:
    async with held.database.reading() as session:
        yield session


SessionDep = Annotated[Session, Depends(_reading, scope="function")]
"""One snapshot of SQL, for reading."""


async def _user(
    request: Request, held: HouseDep, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> User:
    """Return who sent the token. Raises Unauthenticated, or Refused for a disabled user."""
    if given is None:
        raise unauthenticated()
    async with held.database.reading() as session:
        user = await authenticate(session, given.credentials)
    if user is None:
        nobody = stranger(address(request))
        await write_refusal(held.database, nobody, "Authenticate", request.url.path, code="unauthenticated")
        raise unauthenticated()
    if user.locale:
        request.state.language = "zh" if user.locale.startswith("zh") else "en"
    request.state.actor = actor_of(user, request)
    note(actor=user.name)
    if not user.enabled:
        raise user_disabled(user.name)
    return user


async def still(request: Request, session: Session) -> bool:
    """Tell whether the token of `request`, which was valid, still is one of an enabled user."""
    _, _, token = request.headers["authorization"].partition(" ")
    user = await authenticate(session, token.strip())
    return user is not None and user.enabled


UserDep = Annotated[User, Depends(_user)]
SIGNED_IN = Depends(_user)
"""What every router but that of health asks for, whether its routes need to know who it is or not."""


def actor_of(user: User, request: Request, method: str = "token") -> Actor:
    """Return `user` as the one who acts now, known by `method`."""
    return Actor(
        name=user.name,
        roles=user.roles,
        functions=user.functions,
        enabled=user.enabled,
        method=method,
        address=address(request),
    )


def stranger(address: str) -> Actor:
    """Return in whose name the audit log counts tokens that nobody has, and sign-ins that fail, at `address`."""
    return Actor(name="anonymous", address=address, enabled=False)


def address(request: Request) -> str:
    """Return from where the request came, empty when the server does not know."""
    return request.client.host if request.client else ""


def _actor(user: UserDep, request: Request) -> Actor:
    return actor_of(user, request)


ActorDep = Annotated[Actor, Depends(_actor)]
"""The enabled user who asks."""


def _language(request: Request, _: UserDep) -> Language:
    return language_of(request)


LanguageDep = Annotated[Language, Depends(_language)]


def need(actor: Actor, roles: tuple[Role, ...]) -> None:
    """Raise Refused unless `actor` has one of `roles`."""
    if not set(roles) & set(actor.roles):
        raise Refused(
            "role_missing",
            N_("This needs the role {roles}; {name} has {own}. An administrator can grant it."),
            facts={"roles": list(roles)},
            roles=" / ".join(roles),
            name=actor.name,
            own=", ".join(actor.roles) or "–",
        )
