"""How the reader of an approval's page proves again who they are, where it is asked for: what its forms ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.pages.visiting import Visit
from api.reauthenticating import ways_of
from db.session import Session
from db.views import ApprovalView
from golive.reauthentication import FRESH


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the reader can do: type their password, or sign in again at the provider.

    `until` is how long what they proved there still holds for one act; None when they have not.
    """

    password: bool
    provider: bool
    until: datetime | None

    @property
    def possible(self) -> bool:
        """Whether they can act now, by what they have proved or by a password."""
        return self.until is not None or self.password


async def asked_proof(session: Session, visit: Visit, approval: ApprovalView) -> Proof | None:
    """Return how the reader proves that it is them; None where the approval does not ask for it."""
    if not approval.reauthenticate:
        return None
    ways = await ways_of(visit.house, session, visit.actor.name)
    return Proof(password="password" in ways, provider="provider" in ways, until=_until(visit, approval.id))


def _until(visit: Visit, approval_id: str) -> datetime | None:
    kept = visit.session
    if kept is None or kept.proven_at is None or kept.proven_for != approval_id:
        return None
    until = kept.proven_at + FRESH
    return until if until > visit.now else None
