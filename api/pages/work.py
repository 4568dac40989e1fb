"""My work: what waits for the reader, by due time, and the runs that they manage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.feed import WORK_ON_ONE_PAGE
from api.pages.following import news_of_work
from api.pages.live import After, LastId, stream
from api.pages.rendering import page, part, voice_of
from api.pages.visiting import ReaderDep, Visit
from api.schemas.given import Cursor
from api.schemas.shown import WaitShown
from api.stamps import work_key
from db.looking import WorkLook, look_at_work
from db.pages import Page
from db.work import Managed, Waiting, list_work
from golive.words import N_

router = APIRouter(include_in_schema=False)

CursorQuery = Annotated[Cursor | None, Query()]


@router.get("/")
async def work(visit: ReaderDep, cursor: CursorQuery = None) -> Response:
    """Show the reader's tasks and decisions."""
    me = visit.actor.name
    async with visit.house.database.reading() as sql:
        look = await look_at_work(sql, me, visit.now, cursor=cursor, limit=WORK_ON_ONE_PAGE)
        hears = await news_of_work(sql, me, cursor)
    return page(visit, "work/page.html", news=hears, **_words(look, visit, cursor))


@router.get("/my-work/news")
async def news(
    visit: ReaderDep, cursor: CursorQuery = None, after: After = "", last_id: LastId = ""
) -> Response:
    """Send the list whenever something has changed since `after` that is asked of the reader.

    Raises Invalid (`bad_cursor`).
    """
    me = visit.actor.name
    if cursor is not None:  # nobody watches a page that cannot be read
        async with visit.house.database.reading() as sql:
            await list_work(sql, me, visit.now, cursor=cursor, limit=1)

    def made(look: WorkLook, now: Visit) -> str:
        return part(voice_of(now), "work/_live.html", visit=now, **_words(look, now, cursor))

    return stream(visit, visit.house.feed.work, work_key(me, cursor), last_id or after, made, alike=())


def _words(look: WorkLook, visit: Visit, cursor: str | None) -> dict[str, Any]:
    """Return what the templates show."""
    return {
        "cursor": cursor,
        "next_cursor": look.waiting.next_cursor,
        "groups": list(_grouped(visit, look.waiting)),
        "counts": look.counts,
        "managed": [_shown(run, visit) for run in look.managed],
        "all_managed": look.all_managed,
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
