"""News for every open stream, read by one reader per process however many people watch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from api.channel import Channel, Read, Stamps, Watch
from api.listing import Listings
from api.refusals import Away
from api.sight import Sight
from api.stamps import ListStamps, WorkStamps
from db.browsing import going_on
from db.events import events_after
from db.looking import (
    ApprovalLook,
    Look,
    TaskLook,
    WorkLook,
    look_at,
    look_at_approval,
    look_at_task,
    look_at_work,
)
from db.news import Stamp, latest_about, number_of, stamps_of_runs
from db.session import Database, Session
from db.views import JournalRow
from golive.names import parted
from golive.words import N_

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
WORK_ON_ONE_PAGE = 50


class Feed:
    """Wakes who watches something when there is news of it. Nobody watching: nothing is read.

    `runs`, `tasks` and `approvals` are watched by their ids, `work` by `api.stamps.work_key`, `lists` by what they ask
    for as JSON. Each that has changed is read once, whoever looks at it.
    """

    def __init__(self, database: Database):
        self._database = database
        self._watches: dict[Watch[Any], None] = {}
        """Who watches, in the order in which they came."""
        self._soon = asyncio.Event()
        self._sessions_due = 0.0
        self.closed = False
        self.failed = False
        self._sessions: dict[str, dict[Watch[Any], None]] = {}
        """The watches of each session, in the order in which they came."""
        self._journals = self._channel(stamps_of_runs, _unread)
        self.runs = self._channel(stamps_of_runs, _run)
        self.tasks = self._channel(_stamps_of_their_runs, _task)
        self.approvals = self._channel(_stamps_of_their_runs, _approval)
        self.work = self._channel(WorkStamps(), _work)
        self.lists = self._channel(ListStamps(), Listings().read)
        self._channels: tuple[Channel[Any], ...] = (
            *(self._journals, self.runs, self.tasks, self.approvals, self.work, self.lists),
        )

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

    def watched(self, key: str) -> int:
        """Return how many streams of a run, a task or an approval are open."""
        return sum(channel.watched(key) for channel in self._channels)

    def demand(self) -> None:
        """Raise Away (`no_news`) when nobody can be told of anything any more."""
        if self.failed:
            raise Away(
                "no_news",
                N_("There is no news at the moment: load the page again to see what has changed."),
            )

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
            its = self._sessions.setdefault(watch.session.id, {})
            its[watch] = None
            if len(its) > STREAMS:
                oldest = next(iter(its))
                self._forget(oldest)
                oldest.end(outdone=True)

    def _leaves(self, watch: Watch[Any]) -> None:
        self._watches.pop(watch, None)
        self._forget(watch)

    def _forget(self, watch: Watch[Any]) -> None:
        """Count a watch no more among those of its session."""
        if watch.session is not None and (its := self._sessions.get(watch.session.id)) is not None:
            its.pop(watch, None)
            if not its:
                del self._sessions[watch.session.id]

    async def _look(self) -> None:
        """Tell what is new. Who may read no more goes first: while that is not known, nobody is told anything."""
        try:
            async with self._database.reading() as session:
                if time.monotonic() >= self._sessions_due:
                    await self._cut_off(session)
                for channel in self._channels:
                    await channel.look(session)
        except (SQLAlchemyError, OSError) as away:
            log.warning("cannot look for news: %s", away)

    async def _cut_off(self, sql: Session) -> None:
        """End the watches of sessions that have ended, and of people who were disabled or may do other things now.

        The browser of the last connects again, as whom they now are.
        """
        users = await going_on(sql, tuple(self._sessions)) if self._sessions else {}
        self._sessions_due = time.monotonic() + SESSIONS_EVERY
        for session, watches in self._sessions.items():
            for watch in watches:
                if watch.session is None or watch.session.user != users.get(session):
                    watch.end()


async def _unread(_: Session, __: str, ___: Stamp, ____: Stamp) -> object:
    """Read nothing: that there is news, each time another, is all that is told."""
    return object()


async def _run(sql: Session, run_id: str, _: Stamp, __: Stamp) -> Sight[Look] | None:
    return Sight(await look_at(sql, run_id))


async def _task(sql: Session, task_id: str, was: Stamp, stamp: Stamp) -> Sight[TaskLook] | None:
    run_id, ref = parted(task_id)
    if not await _concerned(sql, run_id, was, stamp, f"task:{ref}", "run"):
        return None
    return Sight(await look_at_task(sql, task_id))


async def _approval(sql: Session, approval_id: str, was: Stamp, stamp: Stamp) -> Sight[ApprovalLook] | None:
    run_id, ref = parted(approval_id)
    if not await _concerned(sql, run_id, was, stamp, f"approval:{ref}", "run", "any"):
        return None
    return Sight(await look_at_approval(sql, approval_id))


async def _concerned(sql: Session, run_id: str, was: Stamp, stamp: Stamp, *objects: str) -> bool:
    """Tell whether what has happened in a run from `was` to `stamp` may concern one of `objects`."""
    if not was or was.endswith("f") != stamp.endswith("f"):
        return True
    return (await latest_about(sql, run_id, stamp)).concerns(number_of(was), *objects)


async def _stamps_of_their_runs(sql: Session, ids: Collection[str]) -> dict[str, Stamp]:
    """Return for each task or approval how far its run has come."""
    stamps = await stamps_of_runs(sql, {parted(each)[0] for each in ids})
    return {each: stamps[run] for each in ids if (run := parted(each)[0]) in stamps}


async def _work(sql: Session, key: str, _: Stamp, __: Stamp) -> Sight[WorkLook] | None:
    name, _, cursor = key.partition(" ")
    now = datetime.now(UTC)
    return Sight(await look_at_work(sql, name, now, cursor=cursor or None, limit=WORK_ON_ONE_PAGE))
