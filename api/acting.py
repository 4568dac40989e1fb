"""How an act reaches a run and its answer reaches the person, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import SecretStr
from starlette.responses import Response

from api.attempts import Attempt, told
from api.engine import run_ended
from api.house import House
from api.lacking import lacking
from api.problems import document
from api.reauthenticating import ASKED_FOR, given_back, how_to, proven
from api.refusals import run_frozen
from api.schemas.runs import ReceiptShown
from db.events import receipt_of
from db.queries import get_header
from db.refusals import write_refusal
from db.session import Session
from golive.commands import Body, Receipt
from golive.errors import Conflict, GoliveError, Invalid, NotFound, Refused
from golive.permissions import REQUIRED
from golive.possible import RETURNS_TRAFFIC
from golive.vocabulary import ENDED
from golive.words import Language
from observing.facts import note

log = logging.getLogger("golive.api")

Shape = Callable[[Session, Receipt], Awaitable[dict[str, Any]]]
"""What the person is told of an acknowledged act."""

_DEFINITE = (Refused, Conflict, Invalid, NotFound)


async def receipt_shown(_: Session, receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as it is told."""
    return ReceiptShown.taken(receipt).model_dump(mode="json")


async def act(
    house: House,
    attempt: Attempt,
    language: Language,
    run_id: str,
    body: Body,
    *,
    status: int = 200,
    shape: Shape = receipt_shown,
    password: SecretStr | None = None,
) -> Response:
    """Have the run apply `body` and answer with its receipt; the same attempt again gets the same answer.

    Looked up in SQL, then in the journal, then sent. The key stands for this body before anything is sent.
    Only definite answers are kept: a 503 may be tried again, and so may what lacked a proof of who acts, which
    `password` is.
    """
    about = {name: getattr(body, name, None) for name in ("task", "approval")}
    note(act=body.do, run=run_id, command=attempt.id, **about)
    await _need_role(house, attempt, run_id, body)
    async with house.database.transaction() as session:
        if known := await attempt.claimed(session):
            return told(known, again=True)
        receipt = await _journalled(session, attempt, run_id)
    if receipt is None:
        attempt = await proven(house, attempt, run_id, body, password)
        try:
            receipt = await _sent(house, attempt, run_id, body)
        except NotFound:
            raise  # not kept: a database that was restored gets the run back
        except _DEFINITE as refused:
            if refused.code == ASKED_FOR:
                raise await how_to(house, attempt, run_id, body, refused) from refused
            await given_back(house, attempt, run_id, body)
            return await _refuse(house, attempt, language, run_id, body, refused)
        house.feed.soon()
    async with house.database.transaction() as session:
        return told(await attempt.kept(session, status, await shape(session, receipt)))


async def _need_role(house: House, attempt: Attempt, run_id: str, body: Body) -> None:
    """Raise Refused unless who acts has one of the roles for it; it says why they may not, and who can."""
    if set(REQUIRED[body.do]) & set(attempt.actor.roles):
        return
    async with house.database.reading() as session:
        raise await lacking(session, attempt.actor, run_id, body)


async def _journalled(session: Session, attempt: Attempt, run_id: str) -> Receipt | None:
    """Return the receipt of an act that was recorded, although nobody was told."""
    found = await receipt_of(session, run_id, attempt.id)
    if found is None:
        return None
    state = (await get_header(session, run_id)).state
    return Receipt(run_id=run_id, command_id=attempt.id, seq=found[0], hash=found[1], state=state)


async def _sent(house: House, attempt: Attempt, run_id: str, body: Body) -> Receipt:
    try:
        async with house.database.reading() as session:
            known = await get_header(session, run_id)
        if known.state in ENDED:
            raise run_ended()
        if known.frozen and body.do not in RETURNS_TRAFFIC:
            raise run_frozen(known.frozen)
        receipt = await house.engine.send(attempt.id, run_id, attempt.actor, body)
    except _DEFINITE:
        # Sent before without an answer, or at this moment by its twin, it may have been applied since, and the
        # run may have ended with it.
        async with house.database.reading() as session:
            if earlier := await _journalled(session, attempt, run_id):
                return earlier
        raise
    if not receipt.known:
        return receipt
    async with house.database.reading() as session:
        return await _journalled(session, attempt, run_id) or receipt


async def _refuse(
    house: House, attempt: Attempt, language: Language, run_id: str, body: Body, refused: GoliveError
) -> Response:
    """Write the refused attempt, which leaves no trace in the workflow, to the audit log; keep the answer."""
    log.info("%s was refused: %s", body.do, refused.code)
    await write_refusal(
        house.database,
        attempt.actor,
        body.do,
        f"run:{run_id}",
        code=refused.code,
        payload={"route": attempt.route},
    )
    async with house.database.transaction() as session:
        return told(await attempt.kept(session, refused.status, document(refused, language)))
