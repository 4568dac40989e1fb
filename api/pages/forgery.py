"""Requests that another site has a browser send: refused by where they come from, and by a token of the session.

The token is masked anew on each page, so that nobody learns it from the size of compressed answers.
"""

from __future__ import annotations

import secrets

from starlette.requests import Request

from api.hosts import origin_of, own_origin
from api.pages.sealing import is_marked, mark_of
from golive.errors import Refused
from golive.words import N_
from settings import Settings

FIELD, HEADER = "csrf", "X-CSRF-Token"
_MASK = 16
_WHAT = "csrf"


def token_for(settings: Settings, secret: str) -> str:
    """Return a token that goes with the session whose secret this is."""
    mask = secrets.token_hex(_MASK)
    return mask + mark_of(settings.keys("page")[0], _WHAT, mask, secret)


def check(request: Request, settings: Settings, secret: str, given: str) -> None:
    """Raise Refused `foreign_request` unless the request comes from a page of ours of this session."""
    if not (goes_with(settings, secret, given) and is_from_here(request, settings)):
        raise Refused(
            "foreign_request",
            N_(
                "This did not come from a page of golive that is signed in as now, so nothing was done. "
                "Open the page again and repeat it there."
            ),
        )


def goes_with(settings: Settings, secret: str, given: str) -> bool:
    """Tell whether the token `given` is one of the session whose secret this is."""
    mask, seal = given[: 2 * _MASK], given[2 * _MASK :]
    return is_marked(settings.keys("page"), seal, _WHAT, mask, secret)


def is_from_here(request: Request, settings: Settings) -> bool:
    """Tell whether the browser says that a page of ours sent this; one that says nothing at all is not believed."""
    if origin := request.headers.get("origin"):
        return origin == own_origin(request, settings)
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    return origin_of(request.headers.get("referer", "")) == own_origin(request, settings)
