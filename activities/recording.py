"""`record` behind four names, so that the Temporal UI reads like the process.

Never a local activity: that would commit SQL before Temporal has accepted the act, and a worker killed in
between would leave an act in the journal that the workflow does not know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from db import recording
from db.errors import JournalBehind, RecordRefused
from db.freezing import freeze
from db.session import Database
from golive.recording import Batch, Recorded

_SHARE = 0.9


class Recording:
    """The activities that write a run to SQL. An error of SQL itself leaves them: Temporal tries again.

    A run of which SQL knows too little is frozen, and its batch tried until it fits. What trying again cannot mend
    (a conflict in the journal, a forged start) is an ApplicationError of the type that `db.errors` names, not
    retried.
    """

    def __init__(self, database: Database, start_keys: tuple[bytes, ...]) -> None:
        self._database = database
        self._start_keys = start_keys

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
            async with _in_time(), self._database.transaction() as session:
                return await recording.record(session, batch, self._start_keys)
        except JournalBehind as behind:
            await self._freeze(batch.run_id)
            raise ApplicationError(str(behind), type=behind.type) from behind
        except RecordRefused as refused:
            raise ApplicationError(str(refused), type=refused.type, non_retryable=True) from refused

    async def _freeze(self, run_id: str) -> None:
        """Say that the run is frozen. Temporal tries the batch again, which fits once the run has been recovered."""
        async with _in_time(), self._database.transaction() as session:
            await freeze(session, run_id)


def _in_time() -> asyncio.Timeout:
    """Roll back before Temporal gives this attempt up: a late commit could undo what the next one wrote."""
    allowed = activity.info().start_to_close_timeout
    return asyncio.timeout(allowed.total_seconds() * _SHARE if allowed else None)
