"""Runs: start, list, look at, follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from starlette.responses import Response

from api.asking import SIGNED_IN, HouseDep, LanguageDep, SessionDep, need, still
from api.attempts import Attempt, AttemptDep, told
from api.described import ASKED, LIST, PLAN, READ, SEND, permission, problems
from api.house import House
from api.schemas.forecast import StageForecastShown
from api.schemas.given import Cursor, Given
from api.schemas.journal import EventShown
from api.schemas.named import RunPath
from api.schemas.release import StartGiven
from api.schemas.runs import RunLine, RunShown
from api.schemas.shown import Listed
from api.starting import plan_for
from db.events import events_page
from db.queries import get_header, get_run, list_runs
from db.session import Session
from golive.errors import NotFound
from golive.names import workflow_id
from golive.permissions import START_RUN
from golive.vocabulary import RunStateName
from golive.words import Language
from observing.facts import note

router = APIRouter(tags=["runs"], dependencies=[SIGNED_IN])

LAST = 2**31 - 1
"""No journal has a greater number: that of its column in SQL."""


class RunFilter(Given):
    """Which runs, newest first."""

    state: RunStateName | None = Field(default=None, description="Those in one state.")
    service: str | None = Field(
        default=None, max_length=120, examples=["checkout"], description="Those of one service."
    )
    template: str | None = Field(
        default=None, max_length=63, examples=["saas-standard"], description="Those of one template."
    )
    q: str | None = Field(
        default=None, max_length=200, examples=["checkout"], description="Part of title, service or version."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


class EventFilter(Given):
    """Which events, in their order."""

    after: int = Field(
        default=0, ge=0, le=LAST, examples=[12], description="Only events with a greater number."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=100, ge=1, le=500, examples=[100], description="The most on one page.")


@router.post(
    "/runs",
    status_code=201,
    response_model=RunShown,
    summary="Start a run",
    description="Resolves the people, makes the plan and freezes it; you become the release manager."
    + permission(*START_RUN),
    responses=problems(*SEND, *PLAN, "409 run_ended"),
)
async def start_run(
    given: StartGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Start a run once; the same attempt again gets the same run."""
    note(act="start_run", run=attempt.run_id, command=attempt.id)
    need(attempt.actor, START_RUN)
    async with house.database.reading() as session:
        if known := await attempt.found(session):
            return told(known, again=True)
        plan = None
        if not await _exists(session, attempt.run_id):
            metrics = house.settings.metrics_url is not None
            plan = await plan_for(session, given, attempt.actor.name, metrics=metrics)
    if plan is not None:
        async with house.database.transaction() as session:
            if known := await attempt.claimed(session):
                return told(known, again=True)
        await house.engine.start(attempt.run_id, attempt.id, attempt.actor, plan)
        house.feed.soon()
    return await _started(house, attempt, language)


async def _exists(session: Session, run_id: str) -> bool:
    try:
        await get_header(session, run_id)
    except NotFound:
        return False
    return True


async def _started(house: House, attempt: Attempt, language: Language) -> Response:
    async with house.database.transaction() as session:
        shown = await whole(house, session, attempt.run_id, language)
        return told(await attempt.kept(session, 201, shown.model_dump(mode="json")))


async def whole(house: House, session: Session, run_id: str, language: Language) -> RunShown:
    """Return the whole run as a reader of `language` sees it. Raises NotFound."""
    run = await get_run(session, run_id)
    forecast = [StageForecastShown.of(stage, language) for stage in house.forecasts.planned(run)]
    return RunShown.whole(run, language, forecast, workflow_id(run.id))


@router.get(
    "/runs",
    summary="List runs",
    description="The newest first." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[RunFilter, Query()], session: SessionDep, language: LanguageDep
) -> Listed[RunLine]:
    """Return one page of runs."""
    page = await list_runs(session, **which.model_dump())
    return Listed(items=[RunLine.of(run, language) for run in page.items], next_cursor=page.next_cursor)


@router.get(
    "/runs/{run_id}",
    summary="Look at a whole run",
    description="Stages, tasks, approvals, gates, rollout, waits, and in `blocked_by` one sentence: what is "
    "awaited, from whom, and what happens next." + permission(),
    responses=problems(*ASKED, "404 unknown_run"),
)
async def look(run_id: RunPath, house: HouseDep, session: SessionDep, language: LanguageDep) -> RunShown:
    """Return the whole run."""
    return await whole(house, session, run_id, language)


@router.get(
    "/runs/{run_id}/events",
    summary="Read a run's journal",
    description="What happened, in order, with the hash of each row." + permission(),
    responses=problems(*LIST, "404 unknown_run"),
)
async def events(
    run_id: RunPath, which: Annotated[EventFilter, Query()], session: SessionDep, language: LanguageDep
) -> Listed[EventShown]:
    """Return one page of the run's events."""
    await get_header(session, run_id)
    page = await events_page(session, run_id, cursor=which.cursor, after=which.after, limit=which.limit)
    return Listed(items=[EventShown.of(row, language) for row in page.items], next_cursor=page.next_cursor)


async def _existing(run_id: RunPath, session: SessionDep, house: HouseDep) -> str:
    """Return a run that can be followed. Raises NotFound, and Away while nobody is told of anything."""
    await get_header(session, run_id)
    house.feed.demand()
    return run_id


@router.get(
    "/runs/{run_id}/stream",
    response_class=EventSourceResponse,
    response_description="The events, without an end.",
    summary="Follow a run's journal",
    description="Server-sent events: each event of the journal as it is written, from `after` or "
    "Last-Event-ID on. `id` is the event's number, `data` the event as in the list of events." + permission(),
    responses=problems(*READ, "404 unknown_run", "503 no_news"),
)
async def follow(
    run_id: Annotated[str, Depends(_existing)],
    request: Request,
    house: HouseDep,
    language: LanguageDep,
    after: Annotated[
        int, Query(ge=0, le=LAST, examples=[12], description="Only events with a greater number.")
    ] = 0,
    last_event_id: Annotated[
        int, Header(ge=0, le=LAST, examples=[12], description="Number of the last event that was received.")
    ] = 0,
) -> AsyncIterator[ServerSentEvent]:
    """Yield the run's events until the reader leaves, or may read no more."""
    may_read = partial(still, request)
    async for row in house.feed.events(run_id, max(after, last_event_id), may_read):
        shown = EventShown.of(row, language)
        yield ServerSentEvent(raw_data=shown.model_dump_json(), id=str(row.seq), event="journal")
