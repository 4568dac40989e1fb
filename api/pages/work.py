"""My work: what waits for the reader, by due time, and the runs that they manage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.following import news_of_work
from api.pages.rendering import fragment, page
from api.pages.visiting import ReaderDep, Visit
from api.schemas.given import Cursor
from api.schemas.shown import WaitShown
from db.pages import Page
from db.work import Managed, Waiting, count_work, list_work, managed_runs
from golive.words import N_

router = APIRouter(include_in_schema=False)

_ON_ONE_PAGE = 50
CursorQuery = Annotated[Cursor | None, Query()]


@router.get("/")
async def work(visit: ReaderDep, cursor: CursorQuery = None) -> Response:
    """Show the reader's tasks and decisions."""
    return page(visit, "work/page.html", **await _work(visit, cursor))


@router.get("/my-work/live")
async def live(visit: ReaderDep, cursor: CursorQuery = None) -> Response:
    """Show the list alone, as it is now."""
    return fragment(visit, "work/_live.html", **await _work(visit, cursor))


async def _work(visit: Visit, cursor: str | None) -> dict[str, Any]:
    me = visit.actor.name
    async with visit.house.database.reading() as session:
        waiting = await list_work(session, me, visit.now, cursor=cursor, limit=_ON_ONE_PAGE)
        counts = await count_work(session, me, visit.now)
        managed, all_managed = await managed_runs(session, me)
        news = await news_of_work(session, me)
    return {
        "news": news,
        "cursor": cursor,
        "next_cursor": waiting.next_cursor,
        "groups": list(_grouped(visit, waiting)),
        "counts": counts,
        "managed": [_shown(run, visit) for run in managed],
        "all_managed": all_managed,
    }


def _grouped(visit: Visit, waiting: Page[Waiting]) -> Iterator[tuple[str, Sequence[Waiting]]]:
    """Part the list, which is sorted by due time, at the days that matter to the reader."""
    for name, items in groupby(waiting.items, lambda item: _when(visit, item)):
        yield name, list(items)


def _when(visit: Visit, item: Waiting) -> str:
    if item.due_at is None:
        return N_("Without a due time")
    if item.due_at <= visit.now:
        return N_("Overdue")
    today = visit.now.astimezone(visit.zone).date()
    day = item.due_at.astimezone(visit.zone).date()
    if day == today:
        return N_("Today")
    if day == today + timedelta(days=1):
        return N_("Tomorrow")
    return N_("Later")


def _shown(managed: Managed, visit: Visit) -> dict[str, Any]:
    """Return a run with what waits for its release manager first."""
    me = visit.actor.name
    waits = sorted(managed.waits, key=lambda wait: me not in wait.who)
    return {
        "run": managed.run,
        "blocked_by": managed.run.blocked_by,
        "waits": [WaitShown.of(wait, visit.language) for wait in waits],
        "on_me": any(me in wait.who for wait in waits),
    }
