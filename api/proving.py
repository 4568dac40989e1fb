"""Whose password it is, within the limits of `db.throttling`: at a sign-in, and when somebody signs."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from api.house import House
from api.refusals import Throttled
from db import throttling
from db.journal import administering
from db.passwords import kept_hash, renew_hash
from db.people import User, find_users
from db.refusals import write_refusal
from db.session import Session
from golive.commands import Actor

_AGAIN = "Reauthenticate"


async def prove_again(house: House, actor: Actor, password: str, zone: tzinfo = UTC) -> bool:
    """Tell whether this is the password of who acts, within the same limits: a token is no licence to guess it.

    Raises Throttled, which is written down in their name. That a password was wrong is left to who refuses the act.
    """
    user, kept, until = await let_in(house, actor.name, actor.address)
    if until is not None:
        held = Throttled(until.astimezone(zone))
        await write_refusal(house.database, actor, _AGAIN, f"user:{actor.name}", code=held.code)
        raise held
    if not await house.passwords.fits(kept, password) or user is None or kept is None:
        return False
    await it_was_them(house, user, kept, password, actor.address)
    return True


async def it_was_them(house: House, user: User, kept: str, password: str, address: str) -> None:
    """Take back what was counted of them, and keep their password in its strongest form."""
    async with house.database.transaction() as session:
        await throttling.forgive(session, name=user.name, address=address)
        if house.passwords.aged(kept):
            await renew_hash(session, user.id, kept, await house.passwords.hashed(password))


async def let_in(house: House, name: str, address: str) -> tuple[User | None, str | None, datetime | None]:
    """Count the try and return whose name it is and what is kept of their password; or until when they are held up."""
    async with house.database.reading() as session:  # who is held up anyway makes nobody wait
        user, until = await _held(session, name, address)
    if until is None:
        async with administering(house.database) as session:
            user, until = await _held(session, name, address)
            if until is None:
                await throttling.count(session, name=name, address=address)
                return user, await kept_hash(session, user.id if user else ""), None
    return user, None, until


async def _held(session: Session, name: str, address: str) -> tuple[User | None, datetime | None]:
    """Return whose name it is, and until when they are held up at `address`, None for now."""
    user = (await find_users(session, [name])).get(name)
    own = user.id if user else ""  # nobody's name is looked up in the same way
    return user, await throttling.held_until(session, name=name, address=address, user_id=own)
