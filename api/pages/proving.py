"""Somebody proves by a password who they are, within the limits of `db.throttling`."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from api.asking import stranger
from api.house import House
from api.refusals import Throttled, Unauthenticated, user_disabled
from db import throttling
from db.journal import administering
from db.passwords import kept_hash, renew_hash
from db.people import User, find_users
from db.refusals import write_refusal
from db.session import Session
from golive.errors import GoliveError
from golive.words import N_

_SIGN_IN = "SignIn"


async def prove(house: House, name: str, password: str, address: str, zone: tzinfo = UTC) -> User:
    """Return the user whose name and password these are.

    Raises Throttled, which tells in `zone` until when, Unauthenticated (`sign_in_failed`: name or password, it does not
    say which) and, to who knows the password, Refused (`user_disabled`). Each is written down, in nobody's name.
    """
    user, kept = await _let_in(house, name, address, zone)
    if not await house.passwords.fits(kept, password) or user is None or kept is None:
        raise await _refused(house, failed(), user, address)
    async with house.database.transaction() as session:
        await throttling.forgive(session, name=name, address=address)
        if house.passwords.aged(kept):
            await renew_hash(session, user.id, kept, await house.passwords.hashed(password))
    if not user.enabled:
        raise await _refused(house, user_disabled(user.name), user, address)
    return user


def failed() -> Unauthenticated:
    """Return the one refusal of names that nobody has and of passwords that are wrong."""
    return Unauthenticated(
        "sign_in_failed",
        N_(
            "Nobody signs in with this name and password. Who has forgotten it asks an administrator for a new link."
        ),
    )


async def refuse(house: House, error: GoliveError, tried: str, address: str) -> None:
    """Write down that a stranger at `address` was not let in as what they `tried`."""
    await write_refusal(house.database, stranger(address), _SIGN_IN, tried, code=error.code)


async def _let_in(house: House, name: str, address: str, zone: tzinfo) -> tuple[User | None, str | None]:
    """Count the try and return whose name it is and what is kept of their password. Raises Throttled."""
    async with house.database.reading() as session:  # who is held up anyway makes nobody wait
        user, until = await _held(session, name, address)
    if until is None:
        async with administering(house.database) as session:
            user, until = await _held(session, name, address)
            if until is None:
                await throttling.count(session, name=name, address=address)
                return user, await kept_hash(session, user.id if user else "")
    raise await _refused(house, Throttled(until.astimezone(zone)), user, address)


async def _held(session: Session, name: str, address: str) -> tuple[User | None, datetime | None]:
    """Return whose name it is, and until when they are held up at `address`, None for now."""
    user = (await find_users(session, [name])).get(name)
    own = user.id if user else ""  # nobody's name is looked up in the same way
    return user, await throttling.held_until(session, name=name, address=address, user_id=own)


async def _refused(house: House, error: GoliveError, user: User | None, address: str) -> GoliveError:
    await refuse(house, error, f"user:{user.name}" if user else "user:?", address)
    return error
