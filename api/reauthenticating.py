"""Who acts proves again, for that act, who they are: by their password, or by having signed in again at the provider.

The proof is looked at here and goes nowhere: the run is told how it was given and when. Whether one is needed is asked
of the rules, by sending the act; so who may not act anyway is told that, and asked for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pydantic import SecretStr

from api.attempts import Attempt
from api.house import House
from api.proving import prove_again
from db import browsing, identities
from db.passwords import kept_hash
from db.people import get_user
from db.session import Session
from golive.commands import Authenticated, Body, BreakGlass, Decide, Withdraw
from golive.errors import GoliveError, Refused
from golive.names import public_id
from golive.words import N_

ASKED_FOR = "reauthentication_required"


async def proven(
    house: House, attempt: Attempt, run_id: str, body: Body, password: SecretStr | None
) -> Attempt:
    """Return the attempt as one of somebody who proved again who they are, if they did.

    A password that is given is looked at, whether it is asked for or not. Without one, what the browser's session has
    kept of a sign-in at the provider is taken: it holds for one act. Raises Throttled, and Refused `password_wrong`.
    """
    if password is not None and await _has_password(house, attempt.actor.name):
        if not await prove_again(house, attempt.actor, password.get_secret_value(), attempt.zone):
            raise _wrong(attempt.actor.name)
        return _with(attempt, Authenticated(method="password", at=datetime.now(UTC)))
    if attempt.session_id and (about := _about(run_id, body)):
        async with house.database.transaction() as session:
            at = await browsing.take_proof(session, attempt.session_id, about)
        if at is not None:
            return _with(attempt, Authenticated(method="oidc", at=at))
    return attempt


_SIGNING = (Decide, Withdraw, BreakGlass)
"""The acts for which an approval can ask for a proof; no other takes one."""


def _about(run_id: str, body: Body) -> str:
    return public_id(run_id, body.approval) if isinstance(body, _SIGNING) else ""


def _with(attempt: Attempt, proof: Authenticated) -> Attempt:
    actor = attempt.actor
    known = {"authenticated": proof, "method": f"{actor.method}+{proof.method}"}
    return replace(attempt, actor=actor.model_copy(update=known))


async def _has_password(house: House, name: str) -> bool:
    async with house.database.reading() as session:
        return "password" in await ways_of(house, session, name)


def _wrong(name: str) -> Refused:
    return Refused(
        "password_wrong",
        N_("That is not the password of {who}, so nothing was done. Type it again."),
        facts={"field": "password"},
        who=name,
    )


async def given_back(house: House, attempt: Attempt, run_id: str, body: Body) -> None:
    """Keep what was proved at the provider for another try, since nothing came of this one."""
    proof = attempt.actor.authenticated
    if proof is not None and proof.method == "oidc" and attempt.session_id:
        async with house.database.transaction() as session:
            await browsing.keep_proof(session, attempt.session_id, _about(run_id, body), proof.at)


# -- how somebody can ----------------------------------------------------------------------------------------


async def ways_of(house: House, session: Session, name: str) -> list[str]:
    """Return in which ways a user can prove again who they are: `password`, `provider`, or not at all."""
    user = await get_user(session, name)
    ways = ["password"] if await kept_hash(session, user.id) is not None else []
    if house.provider is not None and house.provider.issuer in await identities.issuers_of(session, user.id):
        ways.append("provider")
    return ways


async def how_to(
    house: House, attempt: Attempt, run_id: str, body: Body, refused: GoliveError
) -> GoliveError:
    """Return a refusal for want of a proof with what this very person can do about it."""
    if attempt.actor.authenticated is not None:
        return refused  # it was too old, and the run says so
    async with house.database.reading() as session:
        ways = await ways_of(house, session, attempt.actor.name)
    page = f"/approvals/{_about(run_id, body)}"
    return Refused(
        "reauthentication_required",
        _HOW[tuple(ways)],
        facts={"ways": ways, "page": page},
        title=refused.sentence.args["title"],
        who=attempt.actor.name,
        provider=house.provider_name or "",
        page=page,
    )


_HOW: dict[tuple[str, ...], str] = {
    ("password",): N_(
        "“{title}” is signed only by who proves again that it is them: {who} sends their password with the act, as "
        "`password`."
    ),
    ("provider",): N_(
        "“{title}” is signed only by who proves again that it is them: {who} signs in again at {provider}, on the "
        "page {page}, and signs there."
    ),
    ("password", "provider"): N_(
        "“{title}” is signed only by who proves again that it is them: {who} sends their password with the act, as "
        "`password`, or signs in again at {provider}, on the page {page}, and signs there."
    ),
    (): N_(
        "“{title}” is signed only by who proves again that it is them, and {who} has neither a password in golive nor "
        "an account at its provider: an administrator prints a link with `golive user enrol {who}`, at which they "
        "choose a password."
    ),
}
