"""A database restored from an older backup freezes its runs, and gets back what is missing: no more, no less."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.testing import WorkflowEnvironment

from db.audit import verify
from db.errors import JournalBehind, JournalConflict
from db.freezing import found_again, freeze, freeze_unknown
from db.locks import holder
from db.queries import get_approval, get_header
from db.session import Database
from db.tables import journal, runs
from golive import commands as c
from golive.errors import NotFound
from golive.evidence import Remark
from golive.recording import Batch, LockRequest
from tests.databases import BOTH, Cluster, Kind, required
from tests.db.story import event, first, record, run_change
from tests.rules.plans import SIGNED, UAT, make_plan
from tests.stack import Running, Stack, compared, running, words
from worker import reconciler
from worker.reconciler import freeze_disagreeing
from worker.recovery import Recovered, recover


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "SETTLED", timedelta(milliseconds=100))


def backed_up(url: str, file: Path) -> None:
    """Back the database up as the operator's guide says."""
    if url.startswith("sqlite"):
        with (
            closing(sqlite3.connect(str(make_url(url).database))) as source,
            closing(sqlite3.connect(file)) as copy,
        ):
            source.backup(copy)
        return
    subprocess.run([required() / "pg_dump", "-Fc", "-f", file, address(url)], check=True)


def restored(url: str, file: Path, request: pytest.FixtureRequest) -> str:
    """Return the URL of a database that holds what the backup holds."""
    if url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{file}"
    server: Cluster = request.getfixturevalue("postgresql")
    anew = server.empty()
    subprocess.run([required() / "pg_restore", "-d", address(anew), file], check=True)
    return anew


def address(url: str) -> str:
    return url.replace("+psycopg", "")


async def complete(run: Running, ref: str, by: str) -> c.Receipt:
    return await run.act(c.CompleteTask(task=ref, evidence=(Remark(text=words()),)), by)


async def approve(run: Running, by: str) -> c.Receipt:
    digest = (await run.state()).approvals["sign-off.sign"].digest
    assert digest
    return await run.act(c.Decide(approval="sign-off.sign", decision="approved", digest=digest), by)


async def rows(database: Database, run_id: str) -> list[tuple[Any, ...]]:
    """Return the journal of a run, and its facts."""
    async with database.reading() as session:
        told = select(journal).where(journal.c.stream == run_id).order_by(journal.c.seq)
        facts = select(runs).where(runs.c.id == run_id)
        return [tuple(row) for row in [*await session.execute(told), *await session.execute(facts)]]


async def recovered(stack: Stack, older: Database, *of: Running) -> list[Recovered]:
    return await recover(stack.client, older, stack.settings.keys("start"), [run.run_id for run in of])


async def is_frozen(database: Database, run_id: str) -> bool:
    async with database.reading() as session:
        return (await get_header(session, run_id)).frozen is not None


async def test_what_was_lost_is_frozen_and_written_again_as_it_was(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with running(temporal, database, tmp_path) as before:
        run = await before.start(make_plan(UAT, SIGNED))
        await complete(run, "uat.run", "qa1")
        backed_up(database.url, tmp_path / "backup")
        await complete(run, "uat.read", "qa2")
        await approve(run, "ops1")
        ended = await before.start(make_plan(UAT, SIGNED))  # it begins and ends after the backup
        await ended.act(c.Abort(reason=words()), "rm")
        await ended.handle.result()
        as_it_was = await rows(database, run.run_id), await rows(database, ended.run_id)
        before.runs.clear()  # they go on
    older = Database(restored(database.url, tmp_path / "backup", request))
    async with running(temporal, older, tmp_path) as after:
        again = Running(after, run.plan, run.run_id)
        after.runs.append(run.run_id)
        assert await freeze_disagreeing(after.client, older) == [run.run_id]
        assert await freeze_disagreeing(after.client, older) == []
        await _nothing_is_invented(older, run.run_id)
        pending = asyncio.create_task(approve(again, "qa3"))  # sent before the API could know
        found = await recovered(after, older, run, ended)
        assert {(each.run_id, each.same) for each in found} == {(run.run_id, True), (ended.run_id, True)}
        await pending
        kept = await rows(older, run.run_id), await rows(older, ended.run_id)
        _same_beginning(kept[0], as_it_was[0])
        assert kept[1] == as_it_was[1]
        assert not await is_frozen(older, run.run_id)
        await again.until(lambda state: state.ended)
        assert await recovered(after, older, run, ended) == []
        async with older.reading() as session:
            assert (await verify(session)).ok
    await older.close()


async def _nothing_is_invented(older: Database, run_id: str) -> None:
    async with older.reading() as session:
        assert "golive db recover" in str((await get_header(session, run_id)).blocked_by)
        assert (await get_approval(session, f"{run_id}.sign-off.sign")).decisions == ()


def _same_beginning(found: list[tuple[Any, ...]], as_it_was: list[tuple[Any, ...]]) -> None:
    """Compare the rows of the journal that were there; the facts of the run come last and have moved on."""
    assert len(found) > len(as_it_was)
    assert found[: len(as_it_was) - 1] == as_it_was[:-1]


async def test_an_act_that_finds_the_gap_first_freezes_the_run_and_is_answered_once_it_is_mended(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with running(temporal, database, tmp_path) as before:
        run = await before.start(make_plan(UAT, SIGNED))
        backed_up(database.url, tmp_path / "backup")
        await complete(run, "uat.run", "qa1")
        before.runs.clear()
    older = Database(restored(database.url, tmp_path / "backup", request))
    async with running(temporal, older, tmp_path) as after:
        again = Running(after, run.plan, run.run_id)
        after.runs.append(run.run_id)
        command = again.command(c.CompleteTask(task="uat.read", evidence=(Remark(text=words()),)), "qa2")
        sent = asyncio.create_task(again.send(command))
        async with asyncio.timeout(20):
            while not await is_frozen(older, run.run_id):
                await asyncio.sleep(0.05)
        (done,) = await recovered(after, older, run)
        assert (done.first > 1, done.same) == (True, True)
        with suppress(WorkflowUpdateRPCTimeoutOrCancelledError):
            await sent
        receipt = await again.send(command)  # as a client does: the same act again
        assert receipt.known or receipt.seq > done.last
        assert not await is_frozen(older, run.run_id)
    await older.close()


async def test_a_run_that_ended_within_golive_is_frozen_and_never_shown_as_lost(
    stack: Stack, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    backed_up(stack.database.url, tmp_path / "backup")
    await run.act(c.Abort(reason=words()), "rm")
    await run.handle.result()
    older = Database(restored(stack.database.url, tmp_path / "backup", request))
    assert await compared(stack.client, older) == {run.run_id: "RunFrozen"}
    assert await is_frozen(older, run.run_id)
    (done,) = await recovered(stack, older, run)
    assert done.same
    async with older.reading() as session:
        assert (await get_header(session, run.run_id)).state == "aborted"
    assert await rows(older, run.run_id) == await rows(stack.database, run.run_id)
    await older.close()


async def test_what_is_missing_of_a_run_that_was_terminated_is_written_and_it_ends_again(
    stack: Stack, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    backed_up(stack.database.url, tmp_path / "backup")
    await complete(run, "uat.run", "qa1")
    await run.handle.terminate("by an operator")
    older = Database(restored(stack.database.url, tmp_path / "backup", request))
    assert await compared(stack.client, older) == {run.run_id: "RunLost"}
    (done,) = await recovered(stack, older, run)
    assert (done.why, done.same) == (None, True)
    assert await compared(stack.client, older) == {run.run_id: "RunLost"}
    assert (await rows(older, run.run_id))[:-1] == (await rows(stack.database, run.run_id))[:-1]
    async with older.reading() as session:
        assert (await get_header(session, run.run_id)).state == "aborted"
    await older.close()


async def test_a_frozen_run_takes_no_event_less_batch_and_stays_as_it_is(database: Database) -> None:
    """Looking again for the service tells nothing new: it must not make a run go on of which too little is known."""
    await record(database, first())
    async with database.transaction() as session:
        assert await freeze(session, "r1")
    lock = LockRequest(do="take", service="checkout", environment="production", generation=1)
    with pytest.raises(JournalBehind, match="golive db recover"):
        await record(database, Batch(run_id="r1", lock=lock, run=run_change(), after=7))
    assert await is_frozen(database, "r1")
    async with database.reading() as session:
        assert await holder(session, "checkout", "production") is None


async def test_a_frozen_run_takes_no_event_less_batch_that_is_older_than_its_journal(
    database: Database,
) -> None:
    """Temporal was put back: what it tells of the run is past, and must neither be shown nor let the run go on."""
    await record(database, first())
    await record(database, Batch(run_id="r1", events=(event(2), event(3)), run=run_change("held")))
    async with database.transaction() as session:
        assert await freeze(session, "r1")
    as_it_was = await rows(database, "r1")
    lock = LockRequest(do="take", service="checkout", environment="production", generation=1)
    with pytest.raises(JournalConflict, match="ends at 3"):
        await record(database, Batch(run_id="r1", lock=lock, run=run_change(), after=1))
    assert await rows(database, "r1") == as_it_was


@pytest.mark.parametrize(("action", "told"), [("TaskStarted", "RunThawed"), ("TaskVerified", "RunFrozen")])
async def test_a_run_is_found_again_when_its_journal_ends_with_the_same_content(
    database: Database, action: str, told: str
) -> None:
    await record(database, first())
    await record(database, Batch(run_id="r1", events=(event(2, "TaskStarted"),)))
    async with database.transaction() as session:
        assert await freeze_unknown(session, "r1")
        assert await found_again(session, "r1", 1, ()) is None
        assert await found_again(session, "r1", 2, (event(2, action),)) == told
    assert await is_frozen(database, "r1") == (told == "RunFrozen")


async def test_a_run_that_ended_meanwhile_is_not_frozen(database: Database) -> None:
    await record(database, first(run=run_change("aborted")))
    async with database.transaction() as session:
        assert not await freeze(session, "r1")


async def test_a_wrong_freeze_is_lifted_by_recovering(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        await freeze(session, run.run_id)
    (done,) = await recovered(stack, stack.database, run)
    assert (done.missing, done.why) == ([], None)
    assert not await is_frozen(stack.database, run.run_id)


async def test_a_run_that_cannot_be_written_stays_frozen_and_keeps_no_other_from_it(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with running(temporal, database, tmp_path) as stack:
        backed_up(database.url, tmp_path / "backup")
        lost, kept = [await stack.start(make_plan(UAT, SIGNED)) for _ in range(2)]
        older = Database(restored(database.url, tmp_path / "backup", request))
        wrong = await recover(stack.client, older, (b"another key",), [lost.run_id])
        assert wrong[0].why is not None
        assert "signature" in wrong[0].why
        done = await recovered(stack, older, kept)
        assert [(each.why, each.same) for each in done] == [(None, True)]
        async with older.reading() as session:
            with pytest.raises(NotFound):
                await get_header(session, lost.run_id)
            assert not (await get_header(session, kept.run_id)).frozen
        await older.close()


async def test_temporal_that_forgot_freezes_the_run_and_is_told(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    number = (await run.state()).seq + 1
    forgotten = Batch(run_id=run.run_id, events=(event(number, "TaskStarted"),))
    await record(stack.database, forgotten)  # by a workflow that was put back since
    assert await freeze_disagreeing(stack.client, stack.database) == [run.run_id]
    (done,) = await recovered(stack, stack.database, run)
    assert done.forgotten
    assert await is_frozen(stack.database, run.run_id)


async def test_a_run_that_is_known_as_unknown_is_not_asked_what_it_knows(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    number = (await run.state()).seq + 1
    await record(stack.database, Batch(run_id=run.run_id, events=(event(number, "TaskStarted"),)))
    async with stack.database.transaction() as session:
        assert await freeze_unknown(session, run.run_id)
    assert await freeze_disagreeing(stack.client, stack.database) == []
