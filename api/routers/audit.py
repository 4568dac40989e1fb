"""The audit log: who did and tried what, in rows that chain."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.asking import SIGNED_IN, ActorDep, LanguageDep, SessionDep, need
from api.described import LIST, READ, permission, problems
from api.language import tell
from api.schemas.given import Cursor, Given
from api.schemas.journal import AuditRow, BadRow, VerifiedShown
from api.schemas.shown import Listed
from db.audit import verify
from db.events import list_audit
from golive.permissions import READ_AUDIT

router = APIRouter(tags=["audit"], dependencies=[SIGNED_IN])


class AuditFilter(Given):
    """Which rows, the newest first."""

    stream: str | None = Field(
        default=None, max_length=80, examples=["golive"], description="The id of a run, or `golive`."
    )
    actor: str | None = Field(
        default=None, max_length=80, examples=["ann"], description="Rows of one who acted."
    )
    action: str | None = Field(
        default=None, max_length=80, examples=["TaskCompleted"], description="Rows of one kind of act."
    )
    outcome: Literal["done", "refused"] | None = Field(
        default=None, description="What was done, or what was refused."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=100, ge=1, le=500, examples=[100], description="The most on one page.")


@router.get(
    "/audit",
    summary="Read the audit log",
    description="Acts, decisions, administration and refused attempts, over all runs."
    + permission(*READ_AUDIT),
    responses=problems(*LIST, "403 role_missing"),
)
async def read(
    which: Annotated[AuditFilter, Query()], actor: ActorDep, session: SessionDep, language: LanguageDep
) -> Listed[AuditRow]:
    """Return one page of the audit log."""
    need(actor, READ_AUDIT)
    page = await list_audit(session, **which.model_dump())
    return Listed(items=[AuditRow.of(row, language) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/audit/verify",
    summary="Verify the audit log",
    description="Recomputes the chain of every stream, or of one, and names the first row that does not fit."
    + permission(*READ_AUDIT),
    responses=problems(*READ, "403 role_missing"),
)
async def check(
    actor: ActorDep,
    session: SessionDep,
    language: LanguageDep,
    stream: Annotated[
        str | None, Query(max_length=80, examples=["golive"], description="One stream; default: all.")
    ] = None,
) -> VerifiedShown:
    """Return whether the journal is whole."""
    need(actor, READ_AUDIT)
    found = await verify(session, streams=[stream] if stream else None)
    bad = found.first_bad
    first = BadRow(stream=bad.stream, seq=bad.seq, what=tell(bad.what, language)) if bad else None
    return VerifiedShown(ok=found.ok, streams=found.streams, rows=found.rows, first_bad=first)
