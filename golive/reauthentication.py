"""Signing where the approval asks for it only who has just proved again who they are: a token alone is no signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golive.commands import Actor
from golive.errors import Refused
from golive.plan import moment
from golive.run import Run
from golive.template_approvals import Approval
from golive.words import N_

FRESH = timedelta(minutes=5)
"""How long ago somebody may have proved who they are when their act arrives."""


def check_authenticated(run: Run, actor: Actor, approval: Approval) -> None:
    """Raise Refused where the approval asks who signs to prove again who they are, and they have not, or not lately."""
    if not approval.reauthenticate:
        return
    if actor.authenticated is None:
        raise Refused(
            "reauthentication_required",
            N_(
                "“{title}” is signed only by who proves again, for that act, who they are: {who} sends the password "
                "with it, or signs in again on the page of the approval."
            ),
            title=approval.title,
            who=actor.name,
        )
    if run.now - actor.authenticated.at > FRESH:
        raise Refused(
            "reauthentication_required",
            N_(
                "{who} proved who they are at {at}, and for “{title}” that holds {minutes} minutes: prove it again and "
                "send the act anew."
            ),
            title=approval.title,
            who=actor.name,
            at=moment(actor.authenticated.at),
            minutes=int(FRESH.total_seconds() // 60),
        )


def proof(actor: Actor) -> dict[str, Any]:
    """Return what the journal keeps of how an actor proved again who they are: nothing when they did not."""
    if actor.authenticated is None:
        return {}
    return {"authenticated": actor.authenticated.model_dump(mode="json")}
