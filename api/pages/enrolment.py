"""A one-time link, at which somebody chooses a password and is signed in.

Opening it changes nothing: scanners of mails open links, too.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.asking import actor_of
from api.pages.acting import NOT_TRIED, Tried
from api.pages.choosing import SHORTEST, good_enough
from api.pages.rendering import page
from api.pages.sign_in import begun, led
from api.pages.visiting import Sent, SentDep, Visit, VisitDep
from api.pages.wording import problem_of
from api.refusals import user_disabled
from db import browsing, enrolling
from db.browsing import list_sessions
from db.enrolling import Enrolment
from db.journal import administering, append_admin
from db.passwords import keep_hash
from db.people import get_user, revoke_tokens_of, tokens_of
from golive.errors import Invalid, NotFound
from golive.words import N_

router = APIRouter(include_in_schema=False)
_Secret = Annotated[str, Path(max_length=100)]


@router.get("/enrol/{secret}")
async def look(secret: _Secret, visit: VisitDep) -> Response:
    """Show the form."""
    return await _form(visit, await _found(visit, secret))


@router.post("/enrol/{secret}")
async def choose(secret: _Secret, sent: SentDep) -> Response:
    """Take the password, end the user's other sessions and, where they ask for it, their tokens, and sign in."""
    visit, found, password = sent.visit, await _found(sent.visit, secret), sent.text("password")
    try:
        good_enough(password, sent.text("again"), found.name)
    except Invalid as unfit:
        tried = Tried(visit.request.url.path, {"revoke": sent.text("revoke")}, problem_of(visit, unfit))
        return await _form(visit, found, tried, unfit.status)
    return await _chosen(sent, found, await visit.house.passwords.hashed(password))


async def _chosen(sent: Sent, found: Enrolment, hashed: str) -> Response:
    visit = sent.visit
    async with administering(visit.house.database) as sql:
        user = await get_user(sql, found.name)
        if not user.enabled:
            raise user_disabled(user.name)
        if not await enrolling.use(sql, found.id):
            raise _over()
        await keep_hash(sql, found.user_id, hashed)
        await browsing.end_all(sql, found.user_id)
        if sent.text("revoke"):
            count = await revoke_tokens_of(sql, user.name)
            told = {"user": user.name, "count": count}
            await append_admin(
                sql, actor_of(user, visit.request, "link"), "TokensRevoked", f"user:{user.name}", payload=told
            )
        secret = await begun(sql, visit, found.name, "link")
    return led(visit, secret, "/")


async def _found(visit: Visit, secret: str) -> Enrolment:
    """Return the link. Raises NotFound `enrolment_over`, and Refused for a disabled user."""
    async with visit.house.database.reading() as sql:
        found = await enrolling.find(sql, secret)
    if found is None:
        raise _over()
    if not found.enabled:
        raise user_disabled(found.name)
    return found


def _over() -> NotFound:
    return NotFound(
        "enrolment_over",
        N_(
            "This link has been used or has ended. Sign in with the password that was chosen, "
            "or ask an administrator for a new link."
        ),
    )


async def _form(visit: Visit, found: Enrolment, tried: Tried = NOT_TRIED, status: int = 200) -> Response:
    async with visit.house.database.reading() as sql:
        sessions, tokens = await list_sessions(sql, found.user_id), await tokens_of(sql, found.user_id)
    return page(
        visit,
        "enrolment.html",
        status=status,
        path=visit.request.url.path,
        enrolment=found,
        sessions=bool(sessions),
        tokens=bool(tokens),
        tried=tried,
        least=SHORTEST,
    )
