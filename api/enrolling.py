"""One-time links: how their secret is drawn, and at which address they open.

The secret is derived from the attempt that makes the link and not stored, so that the answer can be repeated although
only its hash is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime

from fastapi import Request

from api.attempts import Attempt
from api.hosts import own_origin
from api.house import House
from db import enrolling
from db.people import User
from db.session import Session
from golive.errors import Conflict
from golive.words import N_
from settings import Purpose


def drawn(house: House, attempt: Attempt, purpose: Purpose) -> list[str]:
    """Return the secret that this attempt gives, once for each secret key, the present one first."""
    label = purpose.replace(
        "_", "-"
    )  # as it was when there were tokens only: answers of then can be repeated
    message = f"{label}\0{attempt.id}".encode()
    made = [hmac.digest(key, message, hashlib.sha256) for key in house.settings.keys(purpose)]
    return [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in made]


Known = Callable[[Session, str], Awaitable[bool]]
"""Tells whether a secret was ever given."""


async def given(session: Session, house: House, attempt: Attempt, purpose: Purpose, known: Known) -> str:
    """Return the secret that this attempt gave; a key may have been put before the one that drew it.

    Raises Conflict `not_repeatable` when that one is gone.
    """
    for secret in drawn(house, attempt, purpose):
        if await known(session, secret):
            return secret
    raise Conflict(
        "not_repeatable",
        N_(
            "What was made then cannot be told again: the secret key that drew it is no longer among "
            "GOLIVE_SECRET_KEYS. Make another one, under another Idempotency-Key."
        ),
    )


async def make(session: Session, house: House, attempt: Attempt, user: User) -> datetime:
    """Make a link for `user`; return when it ends."""
    secret = drawn(house, attempt, "enrolment")[0]
    return await enrolling.make(session, user_id=user.id, secret=secret, by=attempt.actor.name)


async def address(session: Session, house: House, attempt: Attempt, request: Request) -> str:
    """Return where the link that this attempt made opens."""
    secret = await given(session, house, attempt, "enrolment", enrolling.was_made)
    return f"{own_origin(request, house.settings)}/enrol/{secret}"
