"""Who somebody from the OpenID provider is in golive, and what they may do: what their groups there stand for.

A user goes with the issuer and subject of the ID token, never with a name: whoever else has that name stays another
person, until they connect the two themselves, signed in as both. Roles and functions follow the groups at each sign-in;
in no group that stands for something, a person loses both and is not let in. Nobody is left without an administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api.house import House
from api.refusals import user_disabled
from api.schemas.people import Email, NewName
from db import identities
from db.journal import administering, append_admin
from db.people import User, another_admin, create_user, find_users, get_user, patch_user
from db.session import Session
from golive.commands import GOLIVE
from golive.errors import Conflict, Refused
from golive.vocabulary import Role
from golive.words import N_
from settings import Granted, Settings

_NAME: TypeAdapter[str] = TypeAdapter(NewName)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What an ID token says of a person."""

    issuer: str
    subject: str
    name: str
    email: str | None
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a person's groups stand for, and which of them did."""

    roles: tuple[Role, ...]
    functions: tuple[str, ...]
    groups: tuple[str, ...]


def identity_of(settings: Settings, claims: Mapping[str, Any]) -> Identity:
    """Return who the claims speak of."""
    groups = claims.get(settings.oidc_groups_claim) or ()
    listed = [groups] if isinstance(groups, str) else groups
    mail = claims.get("email") if claims.get("email_verified") is True else None
    return Identity(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        name=str(claims.get(settings.oidc_name_claim) or ""),
        email=mail if _fits(_EMAIL, mail) else None,
        groups=tuple(str(group) for group in listed) if isinstance(listed, list) else (),
    )


def granted(known: Mapping[str, Granted], groups: Iterable[str]) -> Grant:
    """Return what `groups` stand for, in the order in which the settings name them."""
    mine = set(groups)
    found = {name: grant for name, grant in known.items() if name in mine}
    return Grant(
        roles=tuple(dict.fromkeys(role for grant in found.values() for role in grant.roles)),
        functions=tuple(dict.fromkeys(word for grant in found.values() for word in grant.functions)),
        groups=tuple(found),
    )


async def enter(house: House, identity: Identity) -> User:
    """Return the user who is this identity, made at their first sign-in, with the roles of their groups.

    Raises Refused `no_group`, `user_disabled` and `name_unusable`, and Conflict `name_taken`.
    """
    grant = granted(house.settings.oidc_groups or {}, identity.groups)
    async with administering(house.database) as session:
        name = await identities.user_of(session, identity.issuer, identity.subject)
        user = await get_user(session, name) if name else None
        if user is None and grant.groups:
            user = await _made(session, identity, grant)
        elif user is not None and user.enabled:
            user = await _followed(session, user, grant)
    if user is not None and not user.enabled:
        raise user_disabled(user.name)
    if user is None or not grant.groups:
        raise _no_group(identity)
    return user


async def _made(session: Session, identity: Identity, grant: Grant) -> User:
    if not _fits(_NAME, identity.name):
        raise Refused(
            "name_unusable",
            N_(
                "The provider calls you “{name}”, which cannot be a name in golive: letters, digits and . _ @ -, at "
                "most 80. An administrator can take the name from another claim (GOLIVE_OIDC_NAME_CLAIM)."
            ),
            name=identity.name,
        )
    if await find_users(session, [identity.name]):
        raise Conflict(
            "name_taken",
            N_(
                "There is a user {name} in golive already, who is not known to be you. If you are, sign in as that "
                "user with password, token or a link from an administrator, and connect the two on the page behind "
                "your name."
            ),
            name=identity.name,
        )
    user = await create_user(
        session, name=identity.name, roles=grant.roles, functions=grant.functions, email=identity.email
    )
    await identities.connect(session, user_id=user.id, issuer=identity.issuer, subject=identity.subject)
    told = {"issuer": identity.issuer, "subject": identity.subject, **_told(grant.roles, grant)}
    await append_admin(session, GOLIVE, "UserAdded", f"user:{user.name}", payload=told)
    return user


async def _followed(session: Session, user: User, grant: Grant) -> User:
    """Let roles and functions be what the groups stand for."""
    roles = grant.roles
    if "admin" in user.roles and "admin" not in roles and not await another_admin(session, user.name):
        roles = (*roles, "admin")
    if set(roles) == set(user.roles) and set(grant.functions) == set(user.functions):
        return user
    await append_admin(session, GOLIVE, "UserChanged", f"user:{user.name}", payload=_told(roles, grant))
    return await patch_user(session, user.name, roles=roles, functions=grant.functions)


def _told(roles: tuple[Role, ...], grant: Grant) -> dict[str, Any]:
    return {"roles": list(roles), "functions": list(grant.functions), "groups": list(grant.groups)}


def _no_group(identity: Identity) -> Refused:
    return Refused(
        "no_group",
        N_(
            "{name} is in no group that stands for something in golive, so there is nothing to do here. "
            "Whoever keeps the groups can add you to one; an administrator of golive knows which."
        ),
        name=identity.name or identity.subject,
    )


def _fits(form: TypeAdapter[str], value: object) -> bool:
    try:
        form.validate_python(value)
    except ValidationError:
        return False
    return True
