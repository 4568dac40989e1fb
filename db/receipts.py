"""The receipts of decisions, put together from the journal, which alone says what was decided."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from db.audit import identity_of
from db.session import Session
from db.subjects import get_subject
from db.tables import journal, words
from golive import audit_export as export
from golive.errors import NotFound
from golive.names import parted
from golive.receipt_file import Comment, ReceiptFile, receipt_of
from golive.words import N_


async def get_receipt(session: Session, approval_id: str, decision_id: str) -> ReceiptFile:
    """Return the receipt of a decision. Raises NotFound (`unknown_decision`)."""
    run_id, ref = parted(approval_id)
    of_approval = (journal.c.stream == run_id) & (journal.c.object == f"approval:{ref}")
    made = of_approval & (journal.c.action == "DecisionMade") & (journal.c.command_id == decision_id)
    row = (await session.execute(select(journal).where(made))).one_or_none()
    golive = await identity_of(session)
    if row is None or golive is None:
        raise NotFound(
            "unknown_decision",
            N_("There is no decision {id} on this approval."),
            id=decision_id,
        )
    told = export.Row(export.Sealed.model_validate_json(row.canonical), row.hash)
    subject = await get_subject(session, approval_id, str(row.subject_digest))
    return receipt_of(golive, told, subject, await _comment(session, row))


async def _comment(session: Session, row: Row[Any]) -> Comment | None:
    digest = row.words.get("comment")
    if digest is None:
        return None
    kept = (await session.execute(select(words.c.text, words.c.salt).where(words.c.digest == digest))).one()
    return Comment(digest=digest, text=kept.text, salt=kept.salt)
