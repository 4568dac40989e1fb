"""What is told to somebody who lacks the role that an act needs: why they may not, and who can."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

from db.amendments import get_amendment
from db.people import having_role
from db.queries import get_approval
from db.session import Session
from db.standing import standing_of
from db.taking_part import taking_part
from golive.commands import Actor, Body, BreakGlass, Decide, DecideAmendment
from golive.errors import Refused
from golive.names import public_id
from golive.permissions import REQUIRED
from golive.words import N_, Sentence, say

_SHOWN = 10
"""People who are named at most."""


async def lacking(session: Session, actor: Actor, run_id: str, body: Body) -> Refused:
    """Return the refusal of an act on a known run for want of a role."""
    if isinstance(body, Decide):
        return await _no_signer(session, actor, run_id, body)
    roles = REQUIRED[body.do]
    others = await _who_can(session, run_id, body)
    return Refused(
        "role_missing",
        N_(
            "This needs the role {roles}; {name} has {own}. Who takes part in this run and has it: {others}. An "
            "administrator can grant it."
        )
        if not isinstance(body, BreakGlass)
        else N_(
            "This needs the role {roles}; {name} has {own}. Who has it: {others}. An administrator can grant it."
        ),
        facts={"roles": list(roles)},
        roles=" / ".join(roles),
        name=actor.name,
        own=", ".join(actor.roles) or "–",
        others=", ".join(others) or "–",
    )


async def _who_can(session: Session, run_id: str, body: Body) -> list[str]:
    roles = REQUIRED[body.do]
    if isinstance(body, BreakGlass):
        return [name for role in roles for name in await having_role(session, role, limit=_SHOWN)]
    if isinstance(body, DecideAmendment):
        return list((await get_amendment(session, body.amendment)).waiting_for)
    return list(await taking_part(session, run_id, roles))


async def _no_signer(session: Session, actor: Actor, run_id: str, body: Decide) -> Refused:
    """Say all that keeps somebody from signing beside the role, so that nobody grants it to them in vain."""
    approval = await get_approval(session, public_id(run_id, body.approval))
    standing = await standing_of(session, run_id, approval.gone_in)
    seated = standing.seated(approval.ref, approval.panel, approval.decisions, datetime.now(UTC))
    why = [
        say(N_("does not have the role approver, which an administrator grants")),
        *seated.why_not(actor.name, actor.functions),
    ]
    return Refused(
        "role_missing",
        N_("{who} may not sign “{title}”: {who} {why}. Awaited: {others}."),
        facts={"roles": list(REQUIRED[body.do])},
        who=actor.name,
        title=approval.title,
        why=reduce(_and, why),
        others=", ".join(approval.waiting_for) or "—",
    )


def _and(first: Sentence, other: Sentence) -> Sentence:
    return say(N_("{first}; {other}"), first=first, other=other)
