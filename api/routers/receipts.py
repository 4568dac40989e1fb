"""What is kept of a decision: its receipt, and how what was signed differs from what is there now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.asking import SIGNED_IN, LanguageDep, SessionDep
from api.described import ASKED, READ, permission, problems
from api.schemas.named import ApprovalPath, CommandId, Sha256
from api.schemas.receipts import ChangesShown, ReceiptFileShown
from db.queries import get_approval
from db.receipts import get_receipt
from db.standing import standing_of
from db.subjects import get_subject
from golive.errors import NotFound
from golive.subject_changes import changes
from golive.words import N_

router = APIRouter(tags=["approvals"], dependencies=[SIGNED_IN])

_DecisionPath = Annotated[CommandId, Path(description="The `decision_id` that the decider was told.")]


@router.get(
    "/approvals/{approval_id}/receipts/{decision_id}",
    summary="Read the receipt of a decision",
    description="A file to be kept: `golive receipt verify` checks it against an export of the audit log, without this "
    "golive." + permission(),
    responses=problems(*ASKED, "404 unknown_approval", "404 unknown_decision"),
)
async def receipt(
    approval_id: ApprovalPath, decision_id: _DecisionPath, session: SessionDep
) -> ReceiptFileShown:
    """Return the receipt of a decision."""
    await get_approval(session, approval_id)
    return ReceiptFileShown.of(await get_receipt(session, approval_id, decision_id))


@router.get(
    "/approvals/{approval_id}/changes",
    summary="Compare the subject with an earlier one",
    description="In words, and as JSON Patch (RFC 6902) for programs. A decision that was refused as `stale_subject` "
    "names the digest to ask about." + permission(),
    responses=problems(*READ, "404 unknown_approval", "404 unknown_digest"),
)
async def compare(
    approval_id: ApprovalPath,
    session: SessionDep,
    language: LanguageDep,
    since: Annotated[Sha256, Query(description="The digest that was shown then, or signed.")],
) -> ChangesShown:
    """Return what changed in the subject of an approval."""
    approval = await get_approval(session, approval_id)
    before = await get_subject(session, approval_id, since)
    if before is None or approval.subject is None or approval.digest is None:
        raise NotFound(
            "unknown_digest",
            N_("“{title}” was never asked for on the subject {digest}."),
            title=approval.title,
            digest=since,
        )
    names = (await standing_of(session, approval.run_id)).names
    told = changes(before, approval.subject, names)
    return ChangesShown.of((since, before), (approval.digest, approval.subject), told, language)
