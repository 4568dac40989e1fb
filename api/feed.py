"""News for every open stream, read by one reader per process however many people watch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from api.channel import Channel, Read, Stamps, Watch
from api.sight import Sight
from db.browsing import going_on
from db.events import events_after
from db.looking import look_at
from db.news import Stamp, latest_about, stamp_of_all, stamps_of_people, stamps_of_runs
from db.session import Database, Session
from db.views import JournalRow

log = logging.getLogger("golive.api")

T = TypeVar("T")

STREAMS = 20
"""Streams that one session may have open: one more ends the oldest, whose page says so."""
EVERY = 0.5
"""Seconds between two looks while somebody watches."""
SOONEST = 0.05
"""Seconds after a look before an act of this process lets the reader look again."""
SHARE = 4
"""The reader rests so many times as long as a look took, within the two above: many acts at once cost little."""
SESSIONS_EVERY = 3.0
"""Seconds between two looks whether the sessions of the viewers go on."""
PAGE = 200
ALL = "all"
"""The one thing that watchers of every run watch."""


class Feed:
    """Wakes who watches something when there is news of it. Nobody watching: nothing is read.

    `runs` are looked at for their pages, `about` tells which tasks and approvals of a run are concerned, `work`
    which people, `lists` that any run has gone on.
    """

    def __init__(self, database: Database):
        self._database = database
        self._watches: dict[Watch[Any], None] = {}
        """Who watches, in the order in which they came."""
        self._soon = asyncio.Event()
        self._sessions_due = 0.0
        self.closed = False
        self.failed = False
        self._journals = self._channel(stamps_of_runs, _unread)
        self.runs = self._channel(stamps_of_runs, _sight)
        self.about = self._channel(stamps_of_runs, latest_about)
        self.work = self._channel(stamps_of_people, _unread)
        self.lists = self._channel(_everything, _unread)

    def _channel(self, stamps: Stamps, read: Read[T]) -> Channel[T]:
        return Channel(stamps, read, enters=self._enters, leaves=self._leaves)

    def begin(self) -> asyncio.Task[None]:
        """Look for news until cancelled. A fault of golive's ends it, and is noticed: `failed`."""
        reading = asyncio.create_task(self._run())
        reading.add_done_callback(self._ended)
        return reading

    def _ended(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and (fault := reading.exception()) is not None:
            log.critical(
                "nobody is told of news any more: a fault of golive's; restart the API", exc_info=fault
            )
            self.failed = True
            self.close()

    async def _run(self) -> None:
        while True:
            if not self._watches:
                self._soon.clear()
                await self._soon.wait()
                continue
            began = time.monotonic()
            self._soon.clear()
            await self._look()
            await asyncio.sleep(min(max(SOONEST, SHARE * (time.monotonic() - began)), EVERY))
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY - SOONEST):
                    await self._soon.wait()

    def soon(self) -> None:
        """Look again at once: something has happened."""
        self._soon.set()

    def close(self) -> None:
        """End every stream, so that the process can end."""
        self.closed = True
        for watch in self._watches:
            watch.end()

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._watches)

    def watched(self, run_id: str) -> int:
        """Return how many streams of `run_id` are open."""
        return sum(channel.watched(run_id) for channel in (self._journals, self.runs, self.about))

    async def events(
        self, run_id: str, after: int, may_read: Callable[[Session], Awaitable[bool]]
    ) -> AsyncIterator[JournalRow]:
        """Yield the events of `run_id` after number `after`, as they come.

        Ends when the feed closes, and before the next event once the watcher `may_read` no more.
        """
        with self._journals.watch(run_id, "") as watch:
            while not watch.over:
                async with self._database.reading() as session:
                    if not await may_read(session):
                        return
                    rows = await events_after(session, run_id, after, PAGE)
                for row in rows:
                    after = row.seq
                    yield row
                if not rows and not watch.over:
                    await watch.woken()

    def _enters(self, watch: Watch[Any]) -> None:
        self._watches[watch] = None
        self._soon.set()
        if self.closed:
            watch.end()
        if watch.session is not None:
            its = [other for other in self._watches if other.session == watch.session and not other.over]
            for oldest in its[:-STREAMS]:
                oldest.end(outdone=True)

    def _leaves(self, watch: Watch[Any]) -> None:
        self._watches.pop(watch, None)

    async def _look(self) -> None:
        """Tell what is new. Who may read no more goes first: while that is not known, nobody is told anything."""
        try:
            async with self._database.reading() as session:
                if time.monotonic() >= self._sessions_due:
                    await self._cut_off(session)
                for channel in (self._journals, self.runs, self.about, self.work, self.lists):
                    await channel.look(session)
        except (SQLAlchemyError, OSError) as away:
            log.warning("cannot look for news: %s", away)

    async def _cut_off(self, sql: Session) -> None:
        """End the watches of sessions that have ended, and of people who were disabled."""
        sessions = {watch.session for watch in self._watches if watch.session is not None}
        ended = sessions - await going_on(sql, sessions) if sessions else set()
        self._sessions_due = time.monotonic() + SESSIONS_EVERY
        for watch in self._watches:
            if watch.session in ended:
                watch.end()


async def _unread(_: Session, __: str, ___: Stamp) -> bool:
    """Read nothing: that there is news is all that is told."""
    return True


async def _sight(sql: Session, run_id: str, _: Stamp) -> Sight:
    return Sight(await look_at(sql, run_id))


async def _everything(sql: Session, _: Collection[str]) -> dict[str, Stamp]:
    return {ALL: await stamp_of_all(sql)}
