"""Signing in at the OpenID provider, and being known there.

To begin changes nothing: what binds the answer to this browser lies in a sealed cookie for ten minutes. To come back is
the one GET that begins a session; it needs that cookie and a code that the provider takes once.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.asking import address
from api.hosts import own_origin
from api.pages.acting import done, local
from api.pages.cookies import bound
from api.pages.entering import Identity, enter, identity_of
from api.pages.proving import refuse
from api.pages.rendering import page
from api.pages.sealing import opened, seal
from api.pages.sign_in import not_let_in, signed_in
from api.pages.visiting import ActDep, Visit, VisitDep, is_https
from api.refusals import Away
from connectors.openid import Asked, OpenIDProvider, ProviderAway, ProviderRefused
from db import identities
from db.journal import administering, append_admin
from golive.errors import Conflict, GoliveError, NotFound, Refused
from golive.words import N_

log = logging.getLogger("golive.api")
router = APIRouter(include_in_schema=False)
_PATH, _BACK = "/sign-in/provider", "/sign-in/provider/back"
_COOKIE, _BEGUN, _OFFERED = "golive-provider", "provider-begun", "identity-offered"
_LASTING = timedelta(minutes=10)


@router.get(_PATH)
async def begin(visit: VisitDep, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Lead to the provider."""
    provider, asked = _provider(visit), Asked()
    try:
        where = await provider.address(asked, _back(visit))
    except ProviderAway as away:
        return not_let_in(visit, _PATH, _away(visit, away), local(next))
    response = RedirectResponse(where, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    begun = seal(visit.house.settings, _BEGUN, {**asdict(asked), "next": local(next)}, visit.now)
    https = is_https(visit.request, visit.house.settings)
    response.set_cookie(
        bound(_COOKIE, https=https),
        begun,
        max_age=int(_LASTING.total_seconds()),
        secure=https,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(_BACK)
async def back(visit: VisitDep, state: str = "", code: str = "", iss: str = "") -> Response:
    """Sign in whom the provider names."""
    provider = _provider(visit)
    https = is_https(visit.request, visit.house.settings)
    name = bound(_COOKIE, https=https)
    kept = visit.request.cookies.get(name, "")
    begun = opened(visit.house.settings, _BEGUN, kept, visit.now, _LASTING)
    if begun is None or begun["state"] != state:
        return not_let_in(visit, _PATH, _not_begun(), "/")
    then = begun.pop("next")
    try:
        response = await _come_back(visit, provider, Asked(**begun), code, iss, then)
    except GoliveError as error:
        await refuse(visit.house, error, f"provider:{provider.issuer}", address(visit.request))
        response = not_let_in(visit, _PATH, error, then)
    response.delete_cookie(name, secure=https, httponly=True, samesite="lax")
    return response


async def _come_back(
    visit: Visit, provider: OpenIDProvider, asked: Asked, code: str, iss: str, then: str
) -> Response:
    """Sign in, or offer to connect who is signed in. Raises what `enter` raises, Away, and Refused."""
    settings = visit.house.settings
    if not code or iss not in ("", provider.issuer):  # RFC 9207
        raise _refused(visit)
    try:
        wanted = (settings.oidc_name_claim, settings.oidc_groups_claim)
        identity = identity_of(settings, await provider.claims(code, asked, _back(visit), wanted))
    except ProviderAway as away:
        raise _away(visit, away) from away
    except ProviderRefused as why:
        log.warning("nobody was signed in at the provider: %s", why)
        raise _refused(visit) from why
    if visit.session is not None and not await _known(visit, identity):
        return _offer(visit, identity)
    user = await enter(visit.house, identity)
    return await signed_in(visit, user.name, "oidc", then)


async def _known(visit: Visit, identity: Identity) -> bool:
    async with visit.house.database.reading() as sql:
        return await identities.user_of(sql, identity.issuer, identity.subject) is not None


def _offer(visit: Visit, identity: Identity) -> Response:
    """Ask who is signed in, and now has signed in at the provider, whether both are the same person."""
    told = {"issuer": identity.issuer, "subject": identity.subject, "by": visit.secret}
    sealed = seal(visit.house.settings, _OFFERED, told, visit.now)
    return page(visit, "connect.html", identity=identity, sealed=sealed)


@router.post("/me/identities")
async def connect(sent: ActDep) -> Response:
    """Let the person be known at the provider, as they were offered."""
    visit, settings = sent.visit, sent.visit.house.settings
    offered = opened(settings, _OFFERED, sent.text("identity"), visit.now, _LASTING)
    if offered is None or offered["by"] != visit.secret or visit.session is None:
        raise _not_begun()
    issuer, subject, user = offered["issuer"], offered["subject"], visit.session.user
    async with administering(visit.house.database) as sql:
        if await identities.connect(sql, user_id=user.id, issuer=issuer, subject=subject):
            told = {"issuer": issuer, "subject": subject}
            await append_admin(sql, visit.actor, "IdentityConnected", f"user:{user.name}", payload=told)
        elif await identities.user_of(sql, issuer, subject) != user.name:
            raise Conflict("identity_taken", N_("That account is connected with another user of golive."))
    return done("/me")


def _provider(visit: Visit) -> OpenIDProvider:
    found = visit.house.provider
    if found is None:
        where = visit.request.url.path
        raise NotFound("no_such_address", N_("There is nothing at {where}."), where=where)
    return found


def _back(visit: Visit) -> str:
    return own_origin(visit.request, visit.house.settings) + _BACK


def _not_begun() -> Refused:
    return Refused(
        "sign_in_unknown",
        N_(
            "This was not begun in this browser, or more than ten minutes ago, so nothing was done. Begin again."
        ),
    )


def _refused(visit: Visit) -> Refused:
    return Refused(
        "provider_refused",
        N_("{provider} did not sign you in. Begin again; if it goes on, golive's log tells an operator why."),
        provider=visit.provider or "",
    )


def _away(visit: Visit, why: ProviderAway) -> Away:
    log.warning("the OpenID provider is away: %s", why)
    return Away(
        "provider_away",
        N_(
            "{provider} does not answer, so nobody can sign in there now. Try again in a moment, or in another way."
        ),
        provider=visit.provider or "",
    )
