"""People that a body names."""

from __future__ import annotations

from collections.abc import Sequence

from db.directory import groups_with
from db.people import User, find_users
from db.session import Session
from golive.commands import Actor
from golive.errors import Invalid
from golive.words import N_


async def named_user(session: Session, field: str, name: str) -> User:
    """Return the user whom `field` of the body names. Raises Invalid for nobody and for a disabled user."""
    return (await named_users(session, field, [name]))[0]


async def named_users(session: Session, field: str, names: Sequence[str]) -> list[User]:
    """Return the users whom `field` of the body names, in order. Raises Invalid for nobody and for a disabled user."""
    found = await find_users(session, names)
    return [_enabled(found.get(name), field, name) for name in names]


async def known_users(session: Session, field: str, names: Sequence[str]) -> list[User]:
    """Return the users whom `field` names, in order, whether they are enabled or not. Raises Invalid for nobody."""
    found = await find_users(session, names)
    for name in names:
        if name not in found:
            msgid = N_("“{field}” names {name}, who is not a user of golive.")
            raise Invalid("unknown_user", msgid, facts={"field": field, "user": name}, field=field, name=name)
    return [found[name] for name in names]


async def named_actors(
    session: Session, field: str, names: Sequence[str], groups: Sequence[str] = ()
) -> tuple[Actor, ...]:
    """Return the people whom `field` names as the rules know them: with what they have now, of groups those asked."""
    users = await named_users(session, field, names)
    actors = (Actor(name=user.name, roles=user.roles, functions=user.functions) for user in users)
    return await in_groups(session, groups, *actors)


async def in_groups(session: Session, groups: Sequence[str], *actors: Actor) -> tuple[Actor, ...]:
    """Return the people with those of `groups` to which they belong now."""
    found = await groups_with(session, [actor.name for actor in actors], groups)
    return tuple(actor.model_copy(update={"groups": tuple(found[actor.name])}) for actor in actors)


def _enabled(user: User | None, field: str, name: str) -> User:
    if user is None or not user.enabled:
        msgid = N_("“{field}” names {name}, who is not an enabled user of golive.")
        raise Invalid("unknown_user", msgid, facts={"field": field, "user": name}, field=field, name=name)
    return user
