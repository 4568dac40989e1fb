"""The subjects that approvals were asked for on, the present one and those before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from db.session import Session, insert_into
from db.tables import subjects
from golive.names import public_id
from golive.recording import ApprovalChange


async def keep_subjects(session: Session, run_id: str, changes: Iterable[ApprovalChange]) -> None:
    """Keep the subject of each change that brings one."""
    rows = [
        {"approval_id": public_id(run_id, change.ref), "digest": change.digest, "subject": change.subject}
        for change in changes
        if change.subject is not None
    ]
    if rows:
        await session.execute(insert_into(session, subjects).on_conflict_do_nothing(), rows)


async def get_subject(session: Session, approval_id: str, digest: str) -> dict[str, Any] | None:
    """Return the subject of `digest` that the approval was asked for on; None when there was none."""
    asked = (subjects.c.approval_id == approval_id) & (subjects.c.digest == digest)
    found: dict[str, Any] | None = await session.scalar(select(subjects.c.subject).where(asked))
    return found
