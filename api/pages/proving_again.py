"""Somebody who is signed in proves at the OpenID provider that it is still them, to sign one approval.

The provider asks them anew and says when they answered: that, and nothing that lay in the browser before, is the proof.
It is kept with their session for some minutes, for one act on that approval.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.pages.acting import refused_page
from api.pages.at_provider import claims_of, leave, not_begun
from api.pages.entering import identity_of
from api.pages.visiting import ReaderDep, Visit
from api.schemas.named import ApprovalPath
from connectors.openid import Asked
from db import browsing, identities
from db.journal import administering, append_admin
from db.queries import get_approval
from db.refusals import write_refusal
from golive.errors import GoliveError, Refused
from golive.words import N_

router = APIRouter(include_in_schema=False)
_LEEWAY = timedelta(seconds=60)
"""By so much the provider's clock may differ."""


@router.get("/approvals/{approval_id}/sign-in-again")
async def begin(approval_id: ApprovalPath, visit: ReaderDep) -> Response:
    """Lead to the provider, which asks the reader who they are though they are signed in there."""
    async with visit.house.database.reading() as sql:
        await get_approval(sql, approval_id)
    purpose = {
        "proves_for": approval_id,
        "by": visit.session_id,
        "since": str(int(visit.now.timestamp())),
    }
    return await leave(visit, purpose, again=True)


def is_meant(purpose: Mapping[str, str]) -> bool:
    """Tell whether somebody left for this."""
    return "proves_for" in purpose


async def come_back(visit: Visit, asked: Asked, purpose: Mapping[str, str], code: str, iss: str) -> Response:
    """Keep the proof and lead to the decision; or tell why there is none, which is written down."""
    approval_id = purpose["proves_for"]
    if visit.session is None or visit.session.id != purpose["by"]:
        return refused_page(visit, not_begun())
    try:
        at = await _proven_at(visit, await claims_of(visit, asked, code, iss), int(purpose["since"]))
    except GoliveError as error:
        about = f"user:{visit.actor.name}"
        await write_refusal(visit.house.database, visit.actor, "Reauthenticate", about, code=error.code)
        return refused_page(visit, error)
    async with administering(visit.house.database) as sql:
        await browsing.keep_proof(sql, visit.session.id, approval_id, at)
        told = {"method": "oidc", "for": approval_id}
        await append_admin(sql, visit.actor, "Reauthenticated", f"user:{visit.actor.name}", payload=told)
    return RedirectResponse(f"/approvals/{approval_id}#acts", HTTPStatus.SEE_OTHER)


async def _proven_at(visit: Visit, claims: Mapping[str, Any], since: int) -> datetime:
    """Return when the provider asked the reader who they are. Raises Refused: it is somebody else, or was not asked."""
    identity = identity_of(visit.house.settings, claims)
    async with visit.house.database.reading() as sql:
        name = await identities.user_of(sql, identity.issuer, identity.subject)
    if name != visit.actor.name:
        raise Refused(
            "other_person",
            N_(
                "You signed in at {provider} as somebody who is not {who} in golive, so nothing was proved. Sign in "
                "there as yourself."
            ),
            provider=visit.provider or "",
            who=visit.actor.name,
        )
    said = claims.get("auth_time")
    if not isinstance(said, int) or said < since - _LEEWAY.total_seconds():
        raise Refused(
            "not_asked_anew",
            N_(
                "{provider} did not ask you anew who you are, so nothing was proved. Sign with your password, or ask "
                "whoever runs {provider} that it heeds “max_age”."
            ),
            provider=visit.provider or "",
        )
    return min(datetime.fromtimestamp(said, UTC), visit.now)
