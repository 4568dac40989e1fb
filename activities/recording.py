"""`record` behind four names, so that the Temporal UI reads like the process.

Never a local activity: that would commit SQL before Temporal has accepted the act, and a worker killed in
between would leave an act in the journal that the workflow does not know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from db import reconciling, recording
from db.errors import GivenUp, JournalBehind, RecordRefused
from db.freezing import freeze
from db.session import Database, Session
from golive.recording import Batch, Recorded

_SHARE = 0.9

About = TypeVar("About")
Answer = TypeVar("Answer")


class Recording:
    """The activities that write a run to SQL. An error of SQL itself leaves them: Temporal tries again.

    A run of which SQL knows too little is frozen, and its batch tried until it fits. What trying again cannot mend
    (a conflict in the journal, a forged start) is an ApplicationError of the type that `db.errors` names, not
    retried.
    """

    def __init__(
        self, database: Database, start_keys: tuple[bytes, ...], namespace: str | None = None
    ) -> None:
        """Record runs that live in the namespace with this id."""
        self._database = database
        self._start_keys = start_keys
        self._namespace = namespace

    @property
    def all(self) -> tuple[Callable[[Batch], Coroutine[Any, Any, Recorded]], ...]:
        """Every activity of this class, for the worker."""
        return (self.record, self.open_tasks, self.request_approval, self.raise_alert)

    @activity.defn
    async def record(self, batch: Batch) -> Recorded:
        """Record what happened."""
        return await self._write(batch)

    @activity.defn
    async def open_tasks(self, batch: Batch) -> Recorded:
        """Record it, tasks that have opened among it."""
        return await self._write(batch)

    @activity.defn
    async def request_approval(self, batch: Batch) -> Recorded:
        """Record it, an approval that is asked for among it."""
        return await self._write(batch)

    @activity.defn
    async def raise_alert(self, batch: Batch) -> Recorded:
        """Record it, an alert, a reminder or an escalation among it."""
        return await self._write(batch)

    async def _write(self, batch: Batch) -> Recorded:
        try:
            return await self._in_one(self._recorded, batch)
        except JournalBehind as behind:
            await self._in_one(
                freeze, batch.run_id
            )  # the batch is tried again, and fits once the run is recovered
            raise ApplicationError(str(behind), type=behind.type) from behind
        except RecordRefused as refused:
            if isinstance(refused, GivenUp):
                await self._in_one(reconciling.found_after_all, batch.run_id)
            raise ApplicationError(str(refused), type=refused.type, non_retryable=True) from refused

    async def _recorded(self, session: Session, batch: Batch) -> Recorded:
        recorded = await recording.record(session, batch, self._start_keys)
        if batch.start and self._namespace:
            await reconciling.lives_in(session, [batch.run_id], self._namespace)
        return recorded

    async def _in_one(self, act: Callable[[Session, About], Awaitable[Answer]], about: About) -> Answer:
        """Write in one transaction, and in time."""
        async with _in_time(), self._database.transaction() as session:
            return await act(session, about)


def _in_time() -> asyncio.Timeout:
    """Roll back before Temporal gives this attempt up: a late commit could undo what the next one wrote."""
    allowed = activity.info().start_to_close_timeout
    return asyncio.timeout(allowed.total_seconds() * _SHARE if allowed else None)
