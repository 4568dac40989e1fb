"""Signing in, by password or API token, and out.

`provider.py` signs in at an OpenID provider, `enrolment.py` by a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.asking import address
from api.pages.acting import NOT_TRIED, Tried, local
from api.pages.proving import prove, refuse
from api.pages.rendering import page
from api.pages.visiting import ActDep, SentDep, Visit, VisitDep, cookie_of
from api.pages.wording import problem_of
from api.refusals import Throttled, Unauthenticated
from db import browsing
from db.journal import administering, append_admin
from db.people import authenticate, kept_token
from db.session import Session
from golive.errors import GoliveError, Refused
from golive.words import N_

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def ask(visit: VisitDep, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Show the form."""
    return _page(visit, local(next), NOT_TRIED, HTTPStatus.OK)


def _page(visit: Visit, then: str, tried: Tried, status: int) -> Response:
    return page(visit, "sign-in.html", status=status, then=then, tried=tried, provider=visit.provider)


def not_let_in(
    visit: Visit, path: str, error: GoliveError, then: str, typed: Mapping[str, str] | None = None
) -> Response:
    """Return the sign-in page, which tells why the form of `path` let nobody in. What was secret is typed anew."""
    problem = problem_of(visit, error)
    if isinstance(error, Unauthenticated):
        problem["field"] = "token" if path == "/sign-in/token" else "password"
    tried = Tried(path, typed or {}, problem)
    response = _page(visit, then, tried, error.status)
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@router.post("/sign-in")
async def with_password(sent: SentDep) -> Response:
    """Sign in with name and password."""
    visit, name, then = sent.visit, sent.text("name").strip(), local(sent.text("next"))
    try:
        user = await prove(visit.house, name, sent.text("password"), address(visit.request), visit.zone)
    except (Throttled, Unauthenticated, Refused) as error:
        return not_let_in(visit, "/sign-in", error, then, {"name": name})
    return await signed_in(visit, user.name, "password", then)


@router.post("/sign-in/token")
async def with_token(sent: SentDep) -> Response:
    """Sign in with an API token. It is long and random, so nobody guesses it and tries are not counted."""
    visit, then, token = sent.visit, local(sent.text("next")), sent.text("token").strip()
    async with visit.house.database.reading() as sql:
        user = await authenticate(sql, token)
    try:
        if user is None or not user.enabled:
            raise _no_token()
        return await signed_in(visit, user.name, "token", then, token)
    except Unauthenticated as error:
        await refuse(visit.house, error, f"user:{user.name}" if user else "user:?", address(visit.request))
        return not_let_in(visit, "/sign-in/token", error, then)


def _no_token() -> Unauthenticated:
    return Unauthenticated("sign_in_failed", N_("Nobody signs in with this; look whether it is whole."))


async def signed_in(
    visit: Visit, name: str, method: browsing.Method, then: str, token: str | None = None
) -> Response:
    """Begin a new session of the user `name`, end the one there was, and lead on.

    Raises Unauthenticated when it was to be begun with a `token` that was revoked meanwhile.
    """
    async with administering(visit.house.database) as sql:
        secret = await begun(sql, visit, name, method, token)
    return led(visit, secret, then)


async def begun(
    sql: Session, visit: Visit, name: str, method: browsing.Method, token: str | None = None
) -> str:
    """Begin a session of the user `name` in the place of the visit's and return its secret; raises as above."""
    request, settings = visit.request, visit.house.settings
    kept = await kept_token(sql, token) if token is not None else None
    if token is not None and kept is None:
        raise _no_token()
    if visit.session is not None:
        await browsing.end(sql, visit.session.id)
    secret = await browsing.begin(
        sql,
        name,
        method=method,
        address=address(request),
        browser=request.headers.get("user-agent", ""),
        lasting=timedelta(hours=settings.session_hours),
        token=kept,
    )
    actor = visit.of(await browsing.find(sql, secret)).actor
    await append_admin(sql, actor, "SignedIn", f"user:{name}", payload={"method": method})
    return secret


def led(visit: Visit, secret: str, then: str) -> Response:
    """Lead on, with the session of this secret."""
    response = RedirectResponse(then, HTTPStatus.SEE_OTHER)
    cookie_of(visit.request, visit.house.settings).keep(response, secret, visit.now)
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
