"""What somebody else does appears by itself: streams of server-sent events, one for each page that is looked at.

All are fed by the one reader of the process (`api.feed`). A change is read once for all who look at the thing, and made
into HTML once for all who see it alike; who looks asks nothing. A page names its stream at what is live of it, apart
from every form:

    <div id="live"{{ live(news) }}>…</div>

`news` is the address of a stream, with `after`: how far the page has come, read in the snapshot that it shows, so that
nothing is missed in between (`api.pages.following`). Without `after` the page is told once at once. `<details>` in what
is live keep themselves as the reader has left them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse
from starlette.types import Send
from typing_extensions import override

from api.channel import Channel, Watch
from api.pages.rendering import part, voice_of
from api.pages.run_seen import seen_by
from api.pages.visiting import ReaderDep, Visit
from api.schemas.named import RunPath
from api.sight import Sight
from db.looking import Look
from db.news import Stamp
from db.queries import get_header

router = APIRouter(include_in_schema=False)

T = TypeVar("T")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a stream shows that it is there."""
_ALIVE = b": \n\n"
_ENOUGH = b"event: enough\ndata: \n\n"
"""The page shall not connect again by itself: another page of the same session has taken its place."""
_REST = 0.5
"""Seconds between two messages to one reader, however much happens."""
_RUN_STAMP = r"^(\d{1,10}f?)?$"
_LINES = re.compile("\r\n|\r|\n")
"""What ends a line of a stream; a text with one in it must not begin a field of its own."""

After = Annotated[Stamp, Query(max_length=60)]
RunAfter = Annotated[Stamp, Query(pattern=_RUN_STAMP)]
LastId = Annotated[Stamp, Header(alias="Last-Event-ID", max_length=60)]
LastRunId = Annotated[Stamp, Header(alias="Last-Event-ID", pattern=_RUN_STAMP)]


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


@router.get("/runs/{run_id}/news")
async def of_run(
    run_id: RunPath, visit: ReaderDep, after: RunAfter = "", last_id: LastRunId = ""
) -> Response:
    """Send the live part of a run's page whenever the run has gone on since `after`."""
    async with visit.house.database.reading() as sql:
        await get_header(sql, run_id)

    def made(look: Look, now: Visit) -> str:
        voice, forecast = voice_of(now), now.house.forecasts.of(look.run)
        return part(voice, "runs/_live.html", seen=seen_by(look, voice, forecast, asks=asks))

    asks = visit.may_do("request_waiver")
    return stream(visit, visit.house.feed.runs, run_id, last_id or after, made, alike=asks)


def stream(
    visit: Visit,
    channel: Channel[Sight[T]],
    key: str,
    seen: Stamp,
    made: Callable[[T, Visit], str],
    *,
    alike: Hashable,
) -> Response:
    """Return a stream of one thing for as long as the reader's session goes on. Raises Away (`no_news`).

    `made` makes HTML of a look for a visit of now: once for all who read one language in one zone and are `alike`.
    """
    visit.house.feed.demand()
    reader = (visit.language, visit.zone.key, alike)

    def tell(sight: Sight[T], stamp: Stamp) -> bytes:
        return message(stamp, sight.made(reader, lambda look: lines(made(look, _now(visit)))))

    watch = channel.watch(key, seen, visit.session)
    return EventStream(_events(watch, _until(visit), tell))


def who(visit: Visit) -> Hashable:
    """Return what readers have in common who are shown the same of what depends on who they are."""
    me = visit.actor
    return (me.name, me.roles, me.functions)


def lines(html: str) -> bytes:
    """Return `html` as the data of an event."""
    return "".join(f"data: {line}\n" for line in _LINES.split(html) if line.strip()).encode()


def message(stamp: Stamp, data: bytes) -> bytes:
    """Return the event with which htmx swaps `data` in."""
    return b"id: %b\n%b\n" % (stamp.encode(), data)


def _now(visit: Visit) -> Visit:
    return replace(visit, now=datetime.now(UTC))


def _until(visit: Visit) -> datetime:
    """Return until when the reader's cookie lasts: to look on is not to open a page."""
    return (visit.seen or visit.now) + timedelta(minutes=visit.house.settings.session_idle_minutes)


async def _events(
    watch: Watch[Any], until: datetime, tell: Callable[[Any, Stamp], bytes]
) -> AsyncIterator[bytes]:
    with watch:
        yield _ALIVE
        while not watch.over and (left := (until - datetime.now(UTC)).total_seconds()) > 0:
            news = await watch.news(within=min(left, KEEP_ALIVE))
            if news is None:
                yield _ALIVE
            else:
                yield tell(news, watch.seen)
                await asyncio.sleep(_REST)
        if watch.outdone:
            yield _ENOUGH
