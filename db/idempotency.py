"""The first answer to each Idempotency-Key; a key belongs to principal and route: two people's never meet.

An act that leaves this database is claimed first: from then on its key stands for one body, whoever is faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from db.session import Session, database_time, insert_into
from db.tables import idempotency
from golive.errors import Invalid
from golive.words import N_

_CLAIMED = 0
"""In the place of an HTTP status: the key stands for a body, and no answer is known yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the HTTP status and the JSON body."""

    status: int
    body: Any


async def find(session: Session, *, principal: str, route: str, key: str, body_digest: str) -> Answer | None:
    """Return what was answered under this key, None when it is new or was only claimed.

    Raises Invalid (`idempotency_key_reused`) when the key came with another body.
    """
    mine = (
        (idempotency.c.principal == principal) & (idempotency.c.route == route) & (idempotency.c.key == key)
    )
    row = (await session.execute(select(idempotency).where(mine))).one_or_none()
    if row is None:
        return None
    if row.body_digest != body_digest:
        sentence = N_("The Idempotency-Key {key} was used with another body; send this one under a new key.")
        raise Invalid("idempotency_key_reused", sentence, key=key)
    return None if row.status == _CLAIMED else Answer(row.status, row.answer)


async def claim(session: Session, *, principal: str, route: str, key: str, body_digest: str) -> Answer | None:
    """Let the key stand for this body from now on; return what was answered under it, if anything was.

    Raises Invalid (`idempotency_key_reused`) when it stands for another body.
    """
    row = {"principal": principal, "route": route, "key": key, "body_digest": body_digest}
    claimed = insert_into(session, idempotency).values(
        **row, status=_CLAIMED, at=await database_time(session)
    )
    await session.execute(claimed.on_conflict_do_nothing())
    return await find(session, **row)


async def save(  # noqa: PLR0913 - each is a column
    session: Session, *, principal: str, route: str, key: str, body_digest: str, status: int, body: Any
) -> Answer:
    """Keep the answer; when another request was faster, its answer stays and is returned.

    Raises Invalid (`idempotency_key_reused`) when that one had another body.
    """
    row = {"principal": principal, "route": route, "key": key, "body_digest": body_digest}
    answer = {"status": status, "answer": body, "at": await database_time(session)}
    kept = insert_into(session, idempotency).values(**row, **answer)
    only_claimed = (idempotency.c.status == _CLAIMED) & (idempotency.c.body_digest == body_digest)
    first = kept.on_conflict_do_update(
        index_elements=["principal", "route", "key"], set_=answer, where=only_claimed
    )
    await session.execute(first)
    found = await find(session, principal=principal, route=route, key=key, body_digest=body_digest)
    return found or Answer(status, body)
