"""To the OpenID provider and back: what binds its answer to this browser lies in a sealed cookie for ten minutes.

What somebody goes there for, to sign in or to prove again who they are, stands in that cookie with it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from starlette.responses import RedirectResponse, Response

from api.hosts import own_origin
from api.pages.cookies import bound
from api.pages.sealing import opened, seal
from api.pages.visiting import Visit, is_https
from api.refusals import Away
from connectors.openid import Asked, OpenIDProvider, ProviderAway, ProviderRefused
from golive.errors import NotFound, Refused
from golive.words import N_

log = logging.getLogger("golive.api")
BACK = "/sign-in/provider/back"
LASTING = timedelta(minutes=10)
_COOKIE, _BEGUN = "golive-provider", "provider-begun"
_OWN = ("state", "nonce", "verifier")


async def leave(visit: Visit, purpose: Mapping[str, str], *, again: bool = False) -> Response:
    """Lead to the provider, for a `purpose` that is known when they come back. Raises Away.

    `again`: there they are asked who they are in any case.
    """
    provider, asked = provider_of(visit), Asked()
    try:
        where = await provider.address(asked, _back(visit), again=again)
    except ProviderAway as why:
        raise away(visit, why) from why
    response = RedirectResponse(where, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    begun = seal(visit.house.settings, _BEGUN, {**asdict(asked), **purpose}, visit.now)
    https = is_https(visit.request, visit.house.settings)
    response.set_cookie(
        bound(_COOKIE, https=https),
        begun,
        max_age=int(LASTING.total_seconds()),
        secure=https,
        httponly=True,
        samesite="lax",
    )
    return response


def came_for(visit: Visit, state: str) -> tuple[Asked, dict[str, str]] | None:
    """Return what was asked of the provider and what for; None when it was not begun in this browser, or long ago."""
    kept = visit.request.cookies.get(_name(visit), "")
    begun = opened(visit.house.settings, _BEGUN, kept, visit.now, LASTING)
    if begun is None or begun["state"] != state:
        return None
    return Asked(*(begun.pop(name) for name in _OWN)), begun


def forget(visit: Visit, response: Response) -> None:
    """Have the browser forget what was begun: it was answered."""
    https = is_https(visit.request, visit.house.settings)
    response.delete_cookie(_name(visit), secure=https, httponly=True, samesite="lax")


async def claims_of(
    visit: Visit, asked: Asked, code: str, iss: str, wanted: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what the provider says of who came back with `code`. Raises Away and Refused `provider_refused`."""
    provider = provider_of(visit)
    if not code or iss not in ("", provider.issuer):  # RFC 9207
        raise _refused(visit)
    try:
        return await provider.claims(code, asked, _back(visit), wanted)
    except ProviderAway as why:
        raise away(visit, why) from why
    except ProviderRefused as why:
        log.warning("nobody was signed in at the provider: %s", why)
        raise _refused(visit) from why


def provider_of(visit: Visit) -> OpenIDProvider:
    """Return the provider. Raises NotFound where there is none."""
    found = visit.house.provider
    if found is None:
        where = visit.request.url.path
        raise NotFound("no_such_address", N_("There is nothing at {where}."), where=where)
    return found


def not_begun() -> Refused:
    """Return the refusal of an answer to what was not asked here."""
    return Refused(
        "sign_in_unknown",
        N_(
            "This was not begun in this browser, or more than ten minutes ago, so nothing was done. Begin again."
        ),
    )


def _name(visit: Visit) -> str:
    return bound(_COOKIE, https=is_https(visit.request, visit.house.settings))


def _back(visit: Visit) -> str:
    return own_origin(visit.request, visit.house.settings) + BACK


def _refused(visit: Visit) -> Refused:
    return Refused(
        "provider_refused",
        N_("{provider} did not sign you in. Begin again; if it goes on, golive's log tells an operator why."),
        provider=visit.provider or "",
    )


def away(visit: Visit, why: ProviderAway) -> Away:
    """Return the refusal while the provider does not answer."""
    log.warning("the OpenID provider is away: %s", why)
    return Away(
        "provider_away",
        N_(
            "{provider} does not answer, so nobody can sign in there now. Try again in a moment, or in another way."
        ),
        provider=visit.provider or "",
    )
