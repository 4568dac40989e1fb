"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.asking import address
from api.pages.acting import NOT_TRIED, Tried, local, typed
from api.pages.rendering import page
from api.pages.visiting import ActDep, Sent, SentDep, Visit, VisitDep, cookie_of
from api.problems import document
from api.refusals import Unauthenticated
from db import browsing
from db.journal import administering, append_admin
from db.people import authenticate
from golive.words import N_

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def ask(visit: VisitDep, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Show the form."""
    return _form(visit, local(next))


def _form(visit: Visit, then: str, tried: Tried = NOT_TRIED, status: int = 200) -> Response:
    return page(visit, "sign-in.html", status=status, then=then, tried=tried)


@router.post("/sign-in/token")
async def with_token(sent: SentDep) -> Response:
    """Sign in with an API token."""
    visit = sent.visit
    async with visit.house.database.reading() as sql:
        user = await authenticate(sql, sent.text("token").strip())
    if user is None or not user.enabled:
        error = Unauthenticated("sign_in_failed", N_("Nobody signs in with this; look whether it is whole."))
        tried = Tried(visit.request.url.path, typed(sent), document(error, visit.language))
        return _form(visit, local(sent.text("next")), tried, error.status)
    return await signed_in(sent, user.name, "token")


async def signed_in(sent: Sent, name: str, method: browsing.Method) -> Response:
    """Begin a new session of the user `name`, end the one there was, and lead on."""
    visit, settings = sent.visit, sent.visit.house.settings
    request = visit.request
    async with administering(visit.house.database) as sql:
        if visit.session is not None:
            await browsing.end(sql, visit.session.id)
        secret = await browsing.begin(
            sql,
            name,
            method=method,
            address=address(request),
            browser=request.headers.get("user-agent", ""),
            lasting=timedelta(hours=settings.session_hours),
        )
        found = await browsing.find(sql, secret)
        if found is not None:
            actor = Visit(**{**vars(visit), "session": found}).actor
            await append_admin(sql, actor, "SignedIn", f"user:{name}", payload={"method": method})
    response = RedirectResponse(local(sent.text("next") or "/"), HTTPStatus.SEE_OTHER)
    cookie_of(request, settings).keep(response, secret, visit.now)
    return response


@router.post("/sign-out")
async def sign_out(sent: ActDep) -> Response:
    """End the session, here and on the server."""
    visit = sent.visit
    async with administering(visit.house.database) as sql:
        if visit.session is not None:
            await browsing.end(sql, visit.session.id)
            await append_admin(sql, visit.actor, "SignedOut", f"user:{visit.actor.name}")
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    cookie_of(visit.request, visit.house.settings).forget(response)
    return response
