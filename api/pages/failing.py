"""Errors of pages, told as pages."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.house import House
from api.language import language_of
from api.pages.acting import refused_page, typed
from api.pages.keeping import kept_page
from api.pages.visiting import SessionChanged, SignInFirst, Visit, before, zone_of
from api.watched import PREFIX
from golive.errors import GoliveError


def is_page(request: Request) -> bool:
    """Tell whether it is a person with a browser who asks."""
    path = request.url.path
    return not path.startswith(PREFIX) and path != "/openapi.json"


def problem_page(request: Request, error: GoliveError) -> Response:
    """Return `error` as a page, for whoever asks."""
    visit: Visit | None = getattr(request.state, "visit", None)
    return refused_page(visit or _nobody(request), error)


def _nobody(request: Request) -> Visit:
    """Return the visit of somebody whose session could not be looked up."""
    house: House = request.app.state.house
    return Visit(
        request=request,
        house=house,
        language=language_of(request),
        zone=zone_of(request),
        now=datetime.now(UTC),
        secret=request.cookies.get(before(request, house.settings), ""),
    )


async def _sign_in(request: Request, _: Exception) -> Response:
    """Send the reader to the sign-in page, and from there back to where they were. A page with script stays."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = "/sign-in" + (f"?next={quote(asked)}" if request.method == "GET" and asked != "/" else "")
    if with_script(request):
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Reswap": "none"})
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


async def _changed(request: Request, error: Exception) -> Response:
    """Keep what a form of another session holds. Whoever is signed in now decides whether it is sent."""
    assert isinstance(error, SessionChanged)  # noqa: S101 - for the type checker
    sent = error.sent
    if sent.visit.session is None and (with_script(request) or not typed(sent)):
        return await _sign_in(request, error)
    response = await kept_page(sent)
    if with_script(request):  # the form stays as it stands; its page gets the token of the new session
        response.headers.update(
            {"HX-Retarget": "#offline", "HX-Reselect": "#offline", "HX-Reswap": "outerHTML"}
        )
    return response


def with_script(request: Request) -> bool:
    """Tell whether it is the script of a page that asks."""
    return "hx-request" in request.headers


def install_sign_in(app: FastAPI) -> None:
    """Let pages that need somebody lead to the sign-in page."""
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(SessionChanged, _changed)
