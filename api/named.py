"""People that a body names."""

from __future__ import annotations

from db.people import User, find_users
from db.session import Session
from golive.errors import Invalid
from golive.words import N_


async def named_user(session: Session, field: str, name: str) -> User:
    """Return the user whom `field` of the body names. Raises Invalid for nobody and for a disabled user."""
    user = (await find_users(session, [name])).get(name)
    if user is None or not user.enabled:
        msgid = N_("“{field}” names {name}, who is not an enabled user of golive.")
        raise Invalid("unknown_user", msgid, facts={"field": field, "user": name}, field=field, name=name)
    return user
