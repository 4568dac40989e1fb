"""What somebody else does appears by itself: streams of server-sent events, one for each page that is looked at.

All are fed by the one reader of the process (`api.feed`); a change is read and rendered once for all who see it alike.

The page of a run is sent its live part as HTML. Other pages are told that they are concerned, as an event `changed`,
and then fetch their part themselves. Two elements do it, apart from every form:

    <div id="news" hx-sse:connect="/runs/{{ run_id }}/news?about=task:{{ ref }}&after={{ stamp }}" hx-swap="none"></div>
    <div id="live" hx-get="/tasks/{{ id }}/live" hx-trigger="changed from:#news" hx-swap="innerMorph">…</div>

`about` is `task:REF` or `approval:REF`; `stamp` is `db.news.stamps_of_runs(sql, [run_id])[run_id]`, read in the
snapshot that the page shows, so that nothing is missed in between. Without `after` the page is told once at once. My
work connects to `/my-work/news` (`stamps_of_people`), lists of runs to `/runs/news` (`stamp_of_all`), in the same way.
What is fetched holds neither `id="news"` nor forms; `<details>` in it keep themselves as the reader has left them.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse
from starlette.types import Send
from typing_extensions import override

from api.channel import Channel, Watch
from api.feed import ALL
from api.pages.rendering import part, voice_of
from api.pages.run_seen import seen_by
from api.pages.visiting import ReaderDep, Visit
from api.refusals import Away
from api.schemas.named import RunPath
from api.sight import Sight
from db.looking import Look
from db.news import Latest, Stamp, number_of
from db.queries import get_header
from golive.words import N_

router = APIRouter(include_in_schema=False)

T = TypeVar("T")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a stream shows that it is there."""
_ALIVE = b": \n\n"
_ENOUGH = b"event: enough\ndata: \n\n"
"""The page shall not connect again by itself: another page of the same session has taken its place."""
_SPREAD = 0.2
"""Seconds over which those who fetch are told, each at a moment of their own: not all of them ask at once."""
_AT_MOST_EVERY = 1.0
"""Seconds between two events `changed`: each of them makes its reader fetch something."""
_RUN_STAMP = r"^(\d{1,10}f?)?$"
_LINES = re.compile("\r\n|\r|\n")
"""What ends a line of a stream; a text with one in it must not begin a field of its own."""

After = Annotated[Stamp, Query(max_length=60)]
RunAfter = Annotated[Stamp, Query(pattern=_RUN_STAMP)]
LastId = Annotated[Stamp, Header(alias="Last-Event-ID", max_length=60)]
LastRunId = Annotated[Stamp, Header(alias="Last-Event-ID", pattern=_RUN_STAMP)]
About = Annotated[str, Query(pattern=r"^(task|approval):\S+$", max_length=300)]


class EventStream(StreamingResponse):
    """Events until the reader leaves or may read no more. What it holds is given back at once in both cases."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes]):
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    @override
    async def stream_response(self, send: Send) -> None:
        """Send what comes."""
        async with aclosing(self.body_iterator):  # type: ignore[type-var]  # a generator of ours
            await super().stream_response(send)


@router.get("/runs/{run_id}/live")
async def of_run(
    run_id: RunPath, visit: ReaderDep, after: RunAfter = "", last_id: LastRunId = ""
) -> Response:
    """Send the live part of a run's page whenever the run has gone on since `after`."""
    await _exists(visit, run_id)
    voice = voice_of(visit)

    def rendered(look: Look) -> bytes:
        now = replace(voice, now=datetime.now(UTC))
        return message(
            part(now, "runs/_live.html", seen=seen_by(look, now, visit.house.forecasts.of(look.run))),
            stamp=look.stamp,
        )

    def tell(sight: Sight, _: Stamp) -> bytes:
        return sight.made((voice.language, voice.zone.key), lambda: rendered(sight.look))

    return _stream(visit, visit.house.feed.runs, run_id, last_id or after, tell)


@router.get("/runs/{run_id}/news")
async def about_one(
    run_id: RunPath, visit: ReaderDep, about: About, after: RunAfter = "", last_id: LastRunId = ""
) -> Response:
    """Say `changed` whenever something has happened since `after` that concerns a task or an approval."""
    await _exists(visit, run_id)
    objects = (about, "run", *(["any"] if about.startswith("approval:") else []))
    seen = last_id or after

    def tell(latest: Latest, stamp: Stamp) -> bytes:
        nonlocal seen
        told, seen = seen, stamp
        thawed = told.endswith("f") != stamp.endswith("f")
        new = not told or thawed or latest.concerns(number_of(told), *objects)
        return changed(stamp) if new else b""

    return _stream(visit, visit.house.feed.about, run_id, seen, tell, pause=_AT_MOST_EVERY)


@router.get("/my-work/news")
async def of_work(visit: ReaderDep, after: After = "", last_id: LastId = "") -> Response:
    """Say `changed` whenever a run has gone on in which the reader takes part."""
    watched = visit.house.feed.work
    return _stream(visit, watched, visit.actor.name, last_id or after, _changed, pause=_AT_MOST_EVERY)


@router.get("/runs/news")
async def of_all(visit: ReaderDep, after: After = "", last_id: LastId = "") -> Response:
    """Say `changed` whenever any run has gone on."""
    return _stream(visit, visit.house.feed.lists, ALL, last_id or after, _changed, pause=_AT_MOST_EVERY)


async def _exists(visit: Visit, run_id: str) -> None:
    """Raise NotFound (`unknown_run`) for a run that nobody knows."""
    async with visit.house.database.reading() as sql:
        await get_header(sql, run_id)


def message(html: str, *, stamp: Stamp) -> bytes:
    """Return the event with which htmx swaps `html` in."""
    data = "".join(f"data: {line}\n" for line in _LINES.split(html) if line.strip())
    return f"id: {stamp}\n{data}\n".encode()


def _changed(_: bool, stamp: Stamp) -> bytes:  # noqa: FBT001 - there is news, and nothing else is read
    return changed(stamp)


def changed(stamp: Stamp) -> bytes:
    """Return the event that says that something is new."""
    return f"id: {stamp}\nevent: changed\ndata: {stamp}\n\n".encode()


def _stream(
    visit: Visit,
    channel: Channel[T],
    key: str,
    seen: Stamp,
    tell: Callable[[T, Stamp], bytes],
    pause: float = 0.0,
) -> Response:
    """Return a stream of what is told of one thing, for as long as the reader's session goes on. Raises Away."""
    if visit.house.feed.failed:
        raise Away(
            "no_news", N_("There is no news at the moment: load the page again to see what has changed.")
        )
    watch = channel.watch(key, seen, visit.session.id if visit.session else None)
    return EventStream(_events(watch, _until(visit), tell, pause))


def _until(visit: Visit) -> datetime:
    """Return until when the reader's cookie lasts: to look on is not to open a page."""
    return (visit.seen or visit.now) + timedelta(minutes=visit.house.settings.session_idle_minutes)


async def _events(
    watch: Watch[T], until: datetime, tell: Callable[[T, Stamp], bytes], pause: float
) -> AsyncIterator[bytes]:
    with watch:
        yield _ALIVE
        while not watch.over and (left := (until - datetime.now(UTC)).total_seconds()) > 0:
            news = await watch.news(within=min(left, KEEP_ALIVE))
            if news is None:
                yield _ALIVE
            elif told := tell(news, watch.seen):
                await asyncio.sleep(random.uniform(0, _SPREAD) if pause else 0)  # noqa: S311 - no secret
                yield told
                await asyncio.sleep(pause)
        if watch.outdone:
            yield _ENOUGH
