"""The errors that only the API knows; the others are in golive.errors.

GoliveError
├── Malformed          400  the request cannot be read at all
├── Unauthenticated    401  nobody, or nobody we know
├── TooLarge           413  more bytes than golive takes; nothing was kept
├── WrongMedia         415  not the kind of body that the route takes
├── Misdirected        421  meant for another host than the one at which people reach golive
├── Throttled          429  too many have failed; says when it may be tried again
└── Away               503  engine, database or a place in the queue is missing; says what to do
    └── Frozen         503  the run is frozen: not until an operator has acted
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from golive.errors import GoliveError, Refused
from golive.words import N_, Sentence


class Malformed(GoliveError):
    """The request cannot be read at all."""

    status = 400


class Unauthenticated(GoliveError):
    """Nobody, or nobody we know."""

    status = 401


class TooLarge(GoliveError):
    """More bytes than golive takes. Nothing was kept."""

    status = 413


class WrongMedia(GoliveError):
    """Not the kind of body that the route takes."""

    status = 415


class Misdirected(GoliveError):
    """Meant for another host than the one at which people reach golive (RFC 9110, 15.5.20)."""

    status = 421


class Throttled(GoliveError):
    """Too many have failed; `until` is when it may be tried again, told in its own zone, to the next full minute."""

    status = 429

    def __init__(self, until: datetime):
        self.until = until
        told = until + timedelta(seconds=59)
        super().__init__(
            "too_many_failures",
            N_("Too many sign-ins have failed here. Wait until {until}, then try again."),
            until=f"{told:%H:%M} ({getattr(until.tzinfo, 'key', 'UTC')})",
        )

    @property
    def retry_after(self) -> int:
        """In how many seconds it may be tried again."""
        return max(math.ceil((self.until - datetime.now(UTC)).total_seconds()), 0)


class Away(GoliveError):
    """Not now. `retry_after` is in seconds."""

    status = 503
    retry_after: ClassVar[int] = 2


class Frozen(Away):
    """Not until an operator has acted."""

    retry_after: ClassVar[int] = 60


def unauthenticated() -> Unauthenticated:
    """Return the refusal of a call without a token that is valid and belongs to an enabled user."""
    return Unauthenticated(
        "unauthenticated",
        N_(
            "This needs a valid token: send it as “Authorization: Bearer TOKEN”. "
            "You make one on the page /me; if you cannot sign in there, an administrator prints a link with "
            "`golive user enrol NAME`."
        ),
    )


def user_disabled(name: str) -> Refused:
    """Return the refusal of a user who may do nothing now."""
    return Refused(
        "user_disabled",
        N_("The user {name} is disabled; an administrator can enable them again."),
        name=name,
    )


def engine_unavailable() -> Away:
    """Return the answer to an act whose outcome is unknown."""
    return Away(
        "engine_unavailable",
        N_(
            "The engine did not answer in time, so the outcome is unknown: the act may still be applied. "
            "Sending it again with the same Idempotency-Key is safe and gets its one answer."
        ),
        facts={"outcome": "unknown", "retry_with_same_key": True},
    )


def busy() -> Away:
    """Return the answer to an act that found no place in the queue of its run and was not sent."""
    return Away(
        "busy",
        N_(
            "Too many acts on this run at once, so this one was not sent. "
            "Sending it again with the same Idempotency-Key is safe."
        ),
        facts={"outcome": "not_sent", "retry_with_same_key": True},
    )


def run_frozen(why: Sentence) -> Frozen:
    """Return the answer to an act on a frozen run, in the run's own sentence; nothing came of the act.

    Nobody's page waits with it: who comes back in days decides anew.
    """
    facts = {"outcome": "not_sent", "retry_with_same_key": False}
    return Frozen("run_frozen", why.msgid, facts=facts, also=(), **why.args)


def database_unavailable() -> Away:
    """Return the answer when SQL cannot be reached or stays locked."""
    return Away(
        "database_unavailable",
        N_(
            "The database did not answer in time, so the outcome is unknown. "
            "Sending it again with the same Idempotency-Key is safe and gets its one answer."
        ),
        facts={"outcome": "unknown", "retry_with_same_key": True},
    )


def another_host(asked: str, address: str) -> Misdirected:
    """Return the refusal of a request for the host `asked`; people reach golive at `address`."""
    return Misdirected(
        "another_host",
        N_("“{asked}” is not where golive is reached; ask at {address}, which its operator sets."),
        asked=asked,
        address=address,
    )


def body_too_large(most: int) -> TooLarge:
    """Return the refusal of a body of more than `most` bytes."""
    return TooLarge(
        "too_large",
        N_("The body is larger than {limit}. Nothing was kept; send less."),
        facts={"limit_bytes": most},
        limit=f"{most / 1024 / 1024:g} MiB",
    )
