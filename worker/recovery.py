"""Writes from Temporal's history what a restored database does not know of runs any more.

Nothing is made up: the batches that were recorded are recorded again, those of all runs in the order in which they were
recorded first, each at the time under which its hash is the one that was given out then.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.client import Client

from connectors.leaving import leave
from connectors.temporal import UNKNOWN, every_run, how_it_ended, namespace_id
from db import journal
from db.errors import JournalBehind, RecordRefused
from db.freezing import freeze_quietly, frozen_runs, known_runs, thaw
from db.journal import append_admin
from db.operating import require_schema
from db.reconciling import lives_in, take_up
from db.recording import record
from db.session import Database, Session
from golive.chain import GENESIS
from golive.commands import GOLIVE
from golive.findings import Finding
from golive.recording import Recorded
from golive.words import N_, say
from settings import Settings, settings_or_exit
from worker.connection import connect
from worker.recorded import Written, batches
from worker.telling import attempted

_MILLISECOND = timedelta(milliseconds=1)
_NEAR, _FAR = timedelta(seconds=1), timedelta(seconds=30)
"""By how much the clocks of the database and of Temporal may differ: looked at first, and then."""


class LockDiffers(Exception):
    """Another run holds the service now than held it then: a run that is not recovered has not given it back yet."""


@dataclass
class Recovered:
    """What came of one run: the numbers that were missing, and whether every hash is as it was.

    `over`: its workflow has ended. `why` is what stopped it; then it stays frozen, with what was written before. A run
    of which nothing is `missing` was only let go on, unless Temporal knows less of it than the database: `forgotten`.
    """

    run_id: str
    missing: list[Written]
    prev_hash: str = GENESIS
    same: bool = True
    forgotten: bool = False
    over: bool = False
    why: str | None = None
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = len(self.missing)

    @property
    def first(self) -> int:
        """The first number that was missing."""
        return self.missing[0].batch.events[0].seq

    @property
    def last(self) -> int:
        """The last number that was missing."""
        return max(each.last for each in self.missing)


async def recover(
    client: Client, database: Database, start_keys: tuple[bytes, ...], run_ids: Collection[str] = ()
) -> list[Recovered]:
    """Write what is missing of these runs, or of every run that Temporal knows, and let each go on once it is whole.

    Returns those that lacked something or were frozen. A run that cannot be written stays frozen, and keeps no other
    one from being written.
    """
    here = await namespace_id(client)
    async with database.reading() as session:
        known, frozen = await known_runs(session), set(await frozen_runs(session))
    looked_at = [
        await _look(client, known, run_id) for run_id in run_ids or [each async for each in every_run(client)]
    ]
    found = [each for each in looked_at if each.missing or each.run_id in frozen]
    pending = [(written.answered_at, n, written) for n, run in enumerate(found) for written in run.missing]
    for _, n, written in sorted(pending, key=lambda each: each[:2]):
        if found[n].why is None:
            await _write(database, found[n], written, start_keys, here)
    for run in found:
        if not run.missing and not run.forgotten:
            async with database.transaction() as session:
                await _let_go_on(session, run)
    return found


async def _look(client: Client, known: dict[str, tuple[int, str]], run_id: str) -> Recovered:
    """Return what is missing of a run: its batches from the first on that has an event which SQL does not know."""
    seq, row_hash = known.get(run_id, (0, GENESIS))
    written = await batches(client, run_id)
    begins = next((n for n, each in enumerate(written) if each.last > seq), len(written))
    forgotten = max((each.last for each in written), default=0) < seq
    over = begins < len(written) and await how_it_ended(client, run_id) is not None
    return Recovered(run_id, written[begins:], prev_hash=row_hash, forgotten=forgotten, over=over)


async def _write(
    database: Database, run: Recovered, written: Written, start_keys: tuple[bytes, ...], here: str
) -> None:
    """Record a batch again, and with the last one let the run go on; it stays frozen until then, or when it fails."""
    at = await asyncio.to_thread(_written_at, written, run)
    try:
        async with database.transaction() as session:
            if run.over:
                await take_up(session, run.run_id)
            answer = await record(session, written.batch, start_keys, at, thaws=False)
            await lives_in(session, [run.run_id], here)
            _require_the_lock(answer, written)
            run.same = run.same and answer.hashes == written.answer.hashes
            run.left -= 1
            await (freeze_quietly(session, run.run_id) if run.left else _let_go_on(session, run))
    except (RecordRefused, JournalBehind, LockDiffers) as why:
        run.why = str(why)
        return
    if written.batch.events:
        run.prev_hash = written.answer.hashes[-1]


def _require_the_lock(answer: Recorded, written: Written) -> None:
    if answer.lock_holder != written.answer.lock_holder:
        raise LockDiffers(f"its service is held by run {answer.lock_holder}, which is to be recovered first")


async def _let_go_on(session: Session, run: Recovered) -> None:
    await thaw(session, run.run_id)
    numbers = {"first": run.first, "last": run.last} if run.missing else {}
    await append_admin(
        session, GOLIVE, "RunRecovered", f"run:{run.run_id}", payload={**numbers, "same": run.same}
    )


def _written_at(written: Written, run: Recovered) -> datetime | None:
    """Return the database's time of then: that under which the first row gets its hash.

    Once one is not found the rows that follow have other hashes, too; then Temporal's time has to do. None where
    nothing is written to the journal.
    """
    if not written.batch.events:
        return None
    first, wanted = written.batch.events[0], written.answer.hashes[0]
    for at in _candidates(written) if run.same else ():
        if journal.hash_at(first, run.run_id, run.prev_hash, at) == wanted:
            return at
    return written.answered_at


def _candidates(written: Written) -> Iterator[datetime]:
    for tolerance in (_NEAR, _FAR):
        yield from _milliseconds(written.asked_at - tolerance, written.answered_at + tolerance)


def _milliseconds(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since.replace(microsecond=since.microsecond // 1000 * 1000)
    while at <= until:
        yield at
        at += _MILLISECOND


async def _recovered(settings: Settings, run_ids: Collection[str]) -> list[Finding]:
    await require_schema(settings.url)
    client = await connect(settings, counted=False)
    if unknown := [run_id for run_id in run_ids if not await _is_known(client, run_id)]:
        return [Finding(about="runs", well=False, found=say(_UNKNOWN, runs=", ".join(unknown)))]
    database = Database(settings.url)
    try:
        found = await recover(client, database, settings.keys("start"), run_ids)
        told = [_told(each) for each in found] + ([] if run_ids else await out_of_reach(client, database))
    finally:
        await database.close()
    return told or [Finding(about="runs", well=True, found=say(_NOTHING))]


async def out_of_reach(client: Client, database: Database) -> list[Finding]:
    """Tell of each frozen run that Temporal does not know: nothing can be written from its history."""
    async with database.reading() as session:
        frozen = await frozen_runs(session)
    left = [run_id for run_id in frozen if not await _is_known(client, run_id)]
    return [Finding(about=run_id, well=False, found=say(_OUT_OF_REACH, run=run_id)) for run_id in left]


async def _is_known(client: Client, run_id: str) -> bool:
    return await how_it_ended(client, run_id) != UNKNOWN


_UNKNOWN = N_(
    "Temporal knows no run {runs}; nothing was written. See that TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS are those "
    "under which it was started; if its workflow is gone for good, `golive db abandon` declares it ended."
)
_OUT_OF_REACH = N_(
    "Run {run} stays frozen: Temporal does not know its workflow. See that TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS are "
    "those under which it was started, or restore Temporal; if its workflow is gone for good, "
    "`golive db abandon {run}` declares it ended."
)
_NOTHING = N_("Nothing is missing: the database knows every run as far as Temporal does.")
_SAME = N_(
    "Run {run}: entries {first} to {last} of its journal were written again from Temporal's history, each with the "
    "hash that it had."
)
_OTHER = N_(
    "Run {run}: entries {first} to {last} of its journal were written again from Temporal's history. The time of some "
    "is not known any more, so receipts of these no longer name their hash."
)


_GOES_ON = N_("Run {run}: nothing is missing; it goes on.")
_FORGOTTEN = N_(
    "Run {run}: Temporal knows less of it than the database, so Temporal was restored from an older backup. Restore "
    "the database from the same moment or an earlier one, or end the workflow in Temporal and start the run again."
)
_STOPPED = N_("Run {run} stays frozen, with what was written before: {why}.")


def _told(done: Recovered) -> Finding:
    if done.why is not None:
        return Finding(about=done.run_id, well=False, found=say(_STOPPED, run=done.run_id, why=done.why))
    if not done.missing:
        msgid = _FORGOTTEN if done.forgotten else _GOES_ON
        return Finding(about=done.run_id, well=not done.forgotten, found=say(msgid, run=done.run_id))
    found = say(_SAME if done.same else _OTHER, run=done.run_id, first=done.first, last=done.last)
    return Finding(about=done.run_id, well=True, found=found)


def main(run_ids: Collection[str]) -> int:
    """Recover these runs, or every one, and say what was written, a finding a line; 1 when it could not be done."""
    work = _recovered(settings_or_exit(), run_ids)
    return attempted(work, failed=N_("The runs could not be recovered: {why}."))


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
