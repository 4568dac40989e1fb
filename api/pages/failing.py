"""Errors of pages, told as pages."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.house import House
from api.language import language_of
from api.pages.acting import refused_page
from api.pages.visiting import SignInFirst, Visit, before, zone_of
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
    """Send the reader to the sign-in page, and from there back to where they were."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = "/sign-in" + (f"?next={quote(asked)}" if request.method == "GET" and asked != "/" else "")
    if request.headers.get("hx-request"):
        # A page that asks by itself stays: somebody may have typed into it.
        by_itself = request.method == "GET" and request.headers.get("hx-request-type") == "partial"
        return Response(
            status_code=HTTPStatus.UNAUTHORIZED, headers={} if by_itself else {"HX-Redirect": "/sign-in"}
        )
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def install_sign_in(app: FastAPI) -> None:
    """Let pages that need somebody lead to the sign-in page."""
    app.add_exception_handler(SignInFirst, _sign_in)
