"""An attempt to change something: whose, where, under which key, with which body. It gets one answer."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from api.asking import ActorDep
from api.house import House
from api.problems import MEDIA
from db import idempotency
from db.journal import administering
from db.session import Session
from golive.commands import Actor
from golive.errors import Invalid
from golive.vocabulary import IDEMPOTENCY_KEY
from golive.words import N_
from observing.facts import note

_LONGEST_KEY = 200
PASSWORD = "password"  # noqa: S105 - what the field of a body is called that holds one


@dataclass(frozen=True)
class Attempt:
    """One act of one person under one Idempotency-Key. Two people's keys never meet.

    `session_id` is that of the browser's session it is made in, if it is, and `zone` where its owner tells the time.
    """

    actor: Actor
    route: str
    key: str
    body_digest: str
    session_id: str = ""
    zone: tzinfo = UTC

    @property
    def id(self) -> str:
        """The id of the act: SHA-256 of principal, route and key, in hex."""
        parts = (self.actor.name, self.route, self.key)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def run_id(self) -> str:
        """The id of the run that this attempt starts."""
        return self.id[:20]

    async def found(self, session: Session) -> idempotency.Answer | None:
        """Return the answer that this attempt already got. Raises Invalid `idempotency_key_reused`."""
        return await idempotency.find(
            session, principal=self.actor.name, route=self.route, key=self.key, body_digest=self.body_digest
        )

    async def claimed(self, session: Session) -> idempotency.Answer | None:
        """Let the key stand for this body, before the act is sent; otherwise as `found`."""
        return await idempotency.claim(
            session, principal=self.actor.name, route=self.route, key=self.key, body_digest=self.body_digest
        )

    async def kept(self, session: Session, status: int, body: dict[str, Any]) -> idempotency.Answer:
        """Keep the answer and return the one that counts: that which was kept first."""
        return await idempotency.save(
            session,
            principal=self.actor.name,
            route=self.route,
            key=self.key,
            body_digest=self.body_digest,
            status=status,
            body=body,
        )


IdempotencyKey = Annotated[
    Annotated[
        str,
        Field(
            max_length=_LONGEST_KEY,
            examples=["4f1c9d2e-start-checkout-1.4.0"],
            json_schema_extra={"pattern": IDEMPOTENCY_KEY, "minLength": 1},
        ),
    ]
    | None,
    Header(
        alias="Idempotency-Key",
        description="Names the act. Sent again by the same person with the same body it is done once and has "
        "one answer; with another body it is refused with `idempotency_key_reused`.",
    ),
]


async def _attempt(request: Request, actor: ActorDep, key: IdempotencyKey = None) -> Attempt:
    return attempt_of(request, actor, key, await _digest(request))


AttemptDep = Annotated[Attempt, Depends(_attempt)]


def attempt_of(request: Request, actor: Actor, key: str | None, body_digest: str) -> Attempt:
    """Return the attempt that this request makes; without a key it is one of its own."""
    sound = key is None or (key.isascii() and key.isprintable() and key.strip() and len(key) <= _LONGEST_KEY)
    if not sound:
        raise Invalid(
            "idempotency_key_invalid",
            N_("The Idempotency-Key must be 1 to {most} printable ASCII characters."),
            most=_LONGEST_KEY,
        )
    route = f"{request.method} {request.url.path}"
    return Attempt(actor, route, key or secrets.token_hex(16), body_digest)


async def _digest(request: Request) -> str:
    """Return the digest of the body, whatever the order of its keys and its spaces.

    Without the password by which somebody proves who they are: it is no part of what they do, and a digest that is kept
    would let it be guessed.
    """
    written = await request.body()
    with suppress(ValueError, RecursionError):  # not JSON: the route refuses it, in its own words
        told = json.loads(written)
        if isinstance(told, dict):
            told.pop(PASSWORD, None)
        written = json.dumps(told, sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()


Change = Callable[[Session], Awaitable[dict[str, Any]]]


async def once(house: House, attempt: Attempt, status: int, change: Change) -> Response:
    """Make a change of SQL once, in one transaction with its answer, and return that answer."""
    async with administering(house.database) as session:
        known = await attempt.found(session)
        answer = known or await attempt.kept(session, status, await change(session))
    return told(answer, again=known is not None)


def told(answer: idempotency.Answer, *, again: bool = False) -> Response:
    """Return `answer` over HTTP; `again` says that it is the answer of an earlier attempt."""
    headers = {"Idempotency-Replayed": "true"} if again else {}
    note(
        again=again or None, code=answer.body.get("code") if answer.status >= HTTPStatus.BAD_REQUEST else None
    )
    media = MEDIA if answer.status >= HTTPStatus.BAD_REQUEST else None
    return JSONResponse(answer.body, answer.status, headers=headers, media_type=media)
