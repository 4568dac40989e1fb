"""One run: why it is where it is, its stages, what is awaited, what has happened; its journal, tasks and report."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.acting import NOT_TRIED, Tried
from api.pages.rendering import page, voice_of
from api.pages.run_seen import event_seen, names_of, seen_by
from api.pages.temporal_link import temporal_page
from api.pages.visiting import ReaderDep, Visit
from api.routers.reports import report as written_report
from api.routers.runs import LAST
from api.schemas.named import RunPath
from db.events import events_before
from db.looking import look_at
from db.queries import get_header, get_run
from golive.permissions import REQUIRED
from golive.words import Language

router = APIRouter(include_in_schema=False)

JOURNAL_PAGE = 100
LEADS = ("hold", "resume", "abort", "rollback", "promote", "promote_full", "retry", "new_build", "amend")
"""The acts of who leads a run; what people say of it is not among them."""


@router.get("/runs/{run_id}")
async def look(run_id: RunPath, visit: ReaderDep) -> Response:
    """Show the run."""
    return await run_page(visit, run_id)


async def run_page(visit: Visit, run_id: str, tried: Tried = NOT_TRIED) -> Response:
    """Return the page of a run, with a form that was refused when one was `tried`. Raises NotFound."""
    async with visit.house.database.reading() as sql:
        found = await look_at(sql, run_id)
    voice = voice_of(visit)
    forecast = visit.house.forecasts.of(found.run)
    seen = seen_by(found, voice, forecast, asks=visit.may_do("request_waiver"))
    return page(
        visit,
        "run.html",
        status=tried.problem.get("status", 200),
        tried=tried,
        seen=seen,
        temporal=temporal_page(visit, run_id),
        artifacts="\n".join(f"{one.name} {one.digest}" for one in found.run.release.artifacts),
        refs=json.dumps([ref.model_dump(mode="json") for ref in found.run.release.external_refs]),
        open_actions=[(one.id, (one.text or one.id)[:80]) for one in found.actions if one.closed_at is None],
        leads=any(visit.may_do(act) for act in LEADS),
        speaks=visit.may_do("comment"),
        leading=", ".join(
            voice.name(role) for role in sorted({one for act in LEADS for one in REQUIRED[act]})
        ),
    )


@router.get("/runs/{run_id}/journal")
async def journal(
    run_id: RunPath, visit: ReaderDep, before: Annotated[int, Query(ge=1, le=LAST)] = LAST
) -> Response:
    """Show what happened before an event, the last first."""
    voice = voice_of(visit)
    async with visit.house.database.reading() as sql:
        run = await get_run(sql, run_id)
        rows = await events_before(sql, run_id, before, JOURNAL_PAGE)
    named = names_of(run, voice.language)
    events = [event_seen(row, voice.language, named) for row in rows]
    return page(
        visit,
        "runs/journal.html",
        run=run,
        events=events,
        newest=before > run.seq,
        earlier=events[-1].seq if events and events[-1].seq > 1 else None,
    )


@router.get("/runs/{run_id}/tasks")
async def tasks(run_id: RunPath, visit: ReaderDep) -> Response:
    """Show every task of the run."""
    async with visit.house.database.reading() as sql:
        run = await get_run(sql, run_id)
    return page(visit, "runs/tasks.html", run=run)


@router.get("/runs/{run_id}/report")
async def report(
    run_id: RunPath,
    visit: ReaderDep,
    format: Literal["html", "md"] = "html",
    lang: Language | None = None,
) -> Response:
    """Show the review report under a policy of its own, or give it as a file of Markdown."""
    async with visit.house.database.reading() as sql:
        await get_header(sql, run_id)
        written = await written_report(run_id, sql, visit.language, format, lang)
    if format == "md":
        written.headers["Content-Disposition"] = f'attachment; filename="{run_id}.md"'
    visit.keep(written)
    return written
