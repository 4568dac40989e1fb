from __future__ import annotations

import asyncio
from typing import Literal

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from db import locks
from db.session import Database, database_time
from db.tables import service_locks
from golive.recording import Batch, LockRequest, Recorded
from tests.db.story import event, first, record, run_change

WHERE = ("checkout", "production")


class Runs:
    """Several runs that ask for one service; each act is a batch with the run's next number."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seq: dict[str, int] = {}
        self.last: dict[str, Batch] = {}

    async def begin(self, *names: str) -> None:
        for name in names:
            await record(self.database, first(name))
            self.seq[name] = 1

    async def ask(self, name: str, do: Literal["take", "release"] = "take", generation: int = 1) -> Recorded:
        self.seq[name] += 1
        lock = LockRequest(do=do, service=WHERE[0], environment=WHERE[1], generation=generation)
        self.last[name] = Batch(
            run_id=name, events=(event(self.seq[name], "ServiceLockRequested"),), lock=lock
        )
        return await record(self.database, self.last[name])

    async def repeat(self, name: str) -> Recorded:
        return await record(self.database, self.last[name])


async def test_first_takes_others_queue_and_release_wakes_them_in_order(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2", "r3")
    taken = await runs.ask("r1")
    assert taken.lock_holder == "r1"
    assert taken.lock_since is not None
    for name in ("r3", "r2", "r3"):
        queued = await runs.ask(name)
        assert (queued.lock_holder, queued.lock_since) == ("r1", taken.lock_since)
    released = await runs.ask("r1", "release")
    assert released.waiting == ("r3", "r2")
    async with database.reading() as session:
        assert await locks.holder(session, *WHERE) is None
        assert await locks.waiters(session, *WHERE) == ()
    assert (await runs.ask("r2")).lock_holder == "r2"
    assert (await runs.ask("r3")).lock_holder == "r2"


async def test_repeated_release_wakes_the_same_runs(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1")
    await runs.ask("r2")
    assert (await runs.ask("r1", "release")).waiting == ("r2",)
    assert (await runs.repeat("r1")).waiting == ("r2",)


async def test_late_repetition_of_a_take_does_not_lock_again(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1")
    late = runs.last["r1"]
    await runs.ask("r1", "release")
    assert (await record(database, late)).lock_holder is None
    assert (await runs.ask("r2")).lock_holder == "r2"


async def test_late_repetition_of_a_release_does_not_release_what_was_taken_since(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1")
    await runs.ask("r1")
    await runs.ask("r1", "release")
    late = runs.last["r1"]
    await runs.ask("r1")
    await record(database, late)
    async with database.reading() as session:
        held = await locks.holder(session, *WHERE)
    assert held is not None
    assert held.run_id == "r1"


async def test_run_that_only_waited_leaves_the_queue(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1")
    await runs.ask("r2")
    assert (await runs.ask("r2", "release")).waiting == ()
    async with database.reading() as session:
        assert await locks.waiters(session, *WHERE) == ()
        held = await locks.holder(session, *WHERE)
    assert held is not None
    assert held.run_id == "r1", "a waiter's release does not free the holder's lock"


async def test_ended_run_neither_waits_nor_takes(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1")
    await runs.ask("r2")
    await record(database, Batch(run_id="r2", events=(event(3, "RunAborted"),), run=run_change("aborted")))
    assert (await runs.ask("r1", "release")).waiting == ()
    late = LockRequest(do="take", service=WHERE[0], environment=WHERE[1], generation=1)
    assert (await record(database, Batch(run_id="r2", lock=late))).lock_holder is None


async def test_fence_lets_only_the_present_generation_through(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1", generation=1)
    async with database.transaction() as session:
        assert await locks.may_shift(session, "r1", *WHERE, 1)
        assert not await locks.may_shift(session, "r1", *WHERE, 2)
        assert not await locks.may_shift(session, "r2", *WHERE, 1)
        await locks.raise_fence(session, "r1", *WHERE, 2)
        assert not await locks.may_shift(session, "r1", *WHERE, 1)
        assert await locks.may_shift(session, "r1", *WHERE, 2)
        await locks.raise_fence(session, "r1", *WHERE, 1)
        assert await locks.may_shift(session, "r1", *WHERE, 2), "a fence is never lowered"
        await locks.raise_fence(session, "r2", *WHERE, 9)
        assert await locks.may_shift(session, "r1", *WHERE, 2), "nobody raises another run's fence"
    await runs.ask("r1", "release", generation=2)
    async with database.reading() as session:
        assert not await locks.may_shift(session, "r1", *WHERE, 2)


async def test_services_and_environments_do_not_meet(database: Database) -> None:
    await record(database, first("r1"))
    await record(database, first("r2"))
    async with database.transaction() as session:
        for run, where in (("r1", WHERE), ("r2", ("checkout", "staging")), ("r2", ("cart", "production"))):
            held = await locks.take(session, run, *where, 1)
            assert held is not None
            assert held.run_id == run


async def test_runs_that_ask_at_once_get_one_holder(database: Database) -> None:
    names = [f"r{n}" for n in range(6)]
    runs = Runs(database)
    await runs.begin(*names)
    answers = await asyncio.gather(*(runs.ask(name) for name in names))
    holders = {answer.lock_holder for answer in answers}
    assert len(holders) == 1
    async with database.reading() as session:
        assert {*await locks.waiters(session, *WHERE), *holders} == set(names)


async def test_sql_itself_refuses_a_second_holder(database: Database) -> None:
    runs = Runs(database)
    await runs.begin("r1", "r2")
    await runs.ask("r1")
    async with database.transaction() as session:
        row = {"service": WHERE[0], "environment": WHERE[1], "run_id": "r2", "generation": 1, "woken": []}
        second = insert(service_locks).values(**row, taken_at=await database_time(session))
        with pytest.raises(IntegrityError):
            await session.execute(second)
