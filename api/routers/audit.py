"""The audit log: who did and tried what, in rows that chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep, need
from api.described import LIST, READ, permission, problems
from api.language import tell
from api.schemas.given import Cursor, Given
from api.schemas.journal import AuditRow, BadRow, KeyShown, VerifiedShown
from api.schemas.shown import Listed
from db.audit import export_lines, verify
from db.events import list_audit
from db.queries import get_header
from golive.chain import ADMIN
from golive.checkpoint import public_key
from golive.permissions import EXPORT_RUN, READ_AUDIT

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


_LINES = (
    '{"golive":"9f86d081884c7d65","at":"2026-11-22T14:05:00Z","heads":[{"stream":"8c2e4f6a8b0d2e4f6a8b","seq":12,'
    '"hash":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}],"public_key":"ed25519:d75a…",'
    '"signature":"e556…"}\n{"row":"{\\"action\\":\\"RunStarted\\",…}","hash":"5994…"}\n…'
)


@router.get(
    "/audit/export",
    response_class=Response,
    summary="Export the audit log",
    description="JSON Lines: first a checkpoint, which names the head of each stream and is signed with the key of "
    "`GET /audit/key`, then every row as it is chained. `golive receipt verify` reads it without golive. A release "
    "manager may export the stream of one run." + permission(*EXPORT_RUN),
    responses={
        **problems(*READ, "403 role_missing", "404 unknown_run"),
        200: {
            "description": "The export, line by line.",
            "content": {"application/jsonl": {"schema": {"type": "string"}, "example": _LINES}},
        },
    },
)
async def export(
    actor: ActorDep,
    house: HouseDep,
    stream: Annotated[
        str | None,
        Query(
            max_length=80,
            examples=["8c2e4f6a8b0d2e4f6a8b"],
            description="The id of a run, or `golive`; default: all streams.",
        ),
    ] = None,
) -> StreamingResponse:
    """Return the journal, so that others can verify it."""
    need(actor, EXPORT_RUN if stream not in (None, ADMIN) else READ_AUDIT)
    if stream not in (None, ADMIN):
        async with house.database.reading() as session:
            await get_header(session, stream)

    async def lines() -> AsyncIterator[bytes]:
        async with house.database.reading() as session:
            seed = house.settings.keys("checkpoint")[0]
            async for line in export_lines(session, seed, streams=[stream] if stream else None):
                yield line

    headers = {"Content-Disposition": f'attachment; filename="golive-{stream or "audit"}.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


@router.get(
    "/audit/key",
    summary="Read the key of exports",
    description="The public key with which this golive signs its exports now. Keep it where golive cannot change it: "
    "it tells later whether an export is of this golive. It changes with the first of GOLIVE_SECRET_KEYS."
    + permission(),
    responses=problems(*READ),
)
async def key(house: HouseDep) -> KeyShown:
    """Return the public key."""
    return KeyShown(public_key=public_key(house.settings.keys("checkpoint")[0]))
