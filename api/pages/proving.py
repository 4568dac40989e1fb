"""Somebody proves by a password who they are, within the limits of `db.throttling`, to be signed in."""

from __future__ import annotations

from datetime import UTC, tzinfo

from api.asking import stranger
from api.house import House
from api.proving import it_was_them, let_in
from api.refusals import Throttled, Unauthenticated, user_disabled
from db.people import User
from db.refusals import write_refusal
from golive.errors import GoliveError
from golive.words import N_

_SIGN_IN = "SignIn"


async def prove(house: House, name: str, password: str, address: str, zone: tzinfo = UTC) -> User:
    """Return the user whose name and password these are.

    Raises Throttled, which tells in `zone` until when, Unauthenticated (`sign_in_failed`: name or password, it does not
    say which) and, to who knows the password, Refused (`user_disabled`). Each is written down, in nobody's name.
    """
    user, kept, until = await let_in(house, name, address)
    if until is not None:
        raise await _refused(house, Throttled(until.astimezone(zone)), user, address)
    if not await house.passwords.fits(kept, password) or user is None or kept is None:
        raise await _refused(house, failed(), user, address)
    await it_was_them(house, user, kept, password, address)
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


async def _refused(house: House, error: GoliveError, user: User | None, address: str) -> GoliveError:
    await refuse(house, error, f"user:{user.name}" if user else "user:?", address)
    return error
