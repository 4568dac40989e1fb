"""Signing in at the OpenID provider, and being known there.

To begin changes nothing. To come back is the one GET that begins a session; it needs the sealed cookie of who began
(`at_provider`) and a code that the provider takes once.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.asking import address
from api.pages import proving_again
from api.pages.acting import done, local
from api.pages.at_provider import (
    BACK,
    LASTING,
    came_for,
    claims_of,
    forget,
    leave,
    not_begun,
    provider_of,
)
from api.pages.entering import Identity, enter, identity_of
from api.pages.proving import refuse
from api.pages.rendering import page
from api.pages.sealing import opened, seal
from api.pages.sign_in import not_let_in, signed_in
from api.pages.visiting import ActDep, Visit, VisitDep
from api.refusals import Away
from connectors.openid import Asked
from db import identities
from db.journal import administering, append_admin
from golive.errors import Conflict, GoliveError
from golive.words import N_

router = APIRouter(include_in_schema=False)
_PATH = "/sign-in/provider"
_OFFERED = "identity-offered"


@router.get(_PATH)
async def begin(visit: VisitDep, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Lead to the provider."""
    try:
        return await leave(visit, {"next": local(next)})
    except Away as away:
        return not_let_in(visit, _PATH, away, local(next))


@router.get(BACK)
async def back(visit: VisitDep, state: str = "", code: str = "", iss: str = "") -> Response:
    """Sign in whom the provider names, or take their proof that it is them."""
    provider = provider_of(visit)
    begun = came_for(visit, state)
    if begun is None:
        return not_let_in(visit, _PATH, not_begun(), "/")
    asked, purpose = begun
    if proving_again.is_meant(purpose):
        response = await proving_again.come_back(visit, asked, purpose, code, iss)
    else:
        then = purpose["next"]
        try:
            response = await _come_back(visit, asked, code, iss, then)
        except GoliveError as error:
            await refuse(visit.house, error, f"provider:{provider.issuer}", address(visit.request))
            response = not_let_in(visit, _PATH, error, then)
    forget(visit, response)
    return response


async def _come_back(visit: Visit, asked: Asked, code: str, iss: str, then: str) -> Response:
    """Sign in, or offer to connect who is signed in. Raises what `enter` raises, Away, and Refused."""
    settings = visit.house.settings
    wanted = (settings.oidc_name_claim, settings.oidc_groups_claim)
    identity = identity_of(settings, await claims_of(visit, asked, code, iss, wanted))
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
    offered = opened(settings, _OFFERED, sent.text("identity"), visit.now, LASTING)
    if offered is None or offered["by"] != visit.secret or visit.session is None:
        raise not_begun()
    issuer, subject, user = offered["issuer"], offered["subject"], visit.session.user
    async with administering(visit.house.database) as sql:
        if await identities.connect(sql, user_id=user.id, issuer=issuer, subject=subject):
            told = {"issuer": issuer, "subject": subject}
            await append_admin(sql, visit.actor, "IdentityConnected", f"user:{user.name}", payload=told)
        elif await identities.user_of(sql, issuer, subject) != user.name:
            raise Conflict("identity_taken", N_("That account is connected with another user of golive."))
    return done("/me")
