"""How an approval was granted against its rules, in an emergency, and who looked at that afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.events import last_of
from db.lessons import actions_of_run, review_after
from db.session import Session
from db.views import ApprovalView


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGlass:
    """Who broke the glass, when, and why; `reason` is None when it was erased, `reviewed_by` until somebody has."""

    by: str
    at: datetime
    reason: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None


async def broken_glass(session: Session, approval: ApprovalView) -> BrokenGlass | None:
    """Return how `approval` was granted against its rules; None where it was not."""
    if approval.panel.glass_broken_by is None:
        return None
    row = await last_of(session, approval.run_id, ("GlassBroken",), about=f"approval:{approval.ref}")
    if row is None:
        return None
    review = review_after(row.seq, await actions_of_run(session, approval.run_id))
    return BrokenGlass(
        by=row.actor,
        at=row.occurred_at or row.at,
        reason=row.reason,
        reviewed_by=review.closed_by if review else None,
        reviewed_at=review.closed_at if review else None,
    )
