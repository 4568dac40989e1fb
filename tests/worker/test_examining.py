"""What `golive doctor` finds: each thing that is amiss, in a sentence with its remedy."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli.language import ROOT
from db.audit import identity_of
from db.freezing import freeze, freeze_unknown
from db.journal import append_admin
from db.session import Database
from golive.commands import GOLIVE
from golive.findings import Finding
from golive.names import LOOK_AGAIN, TASK_QUEUE
from settings import Settings
from tests.api.conftest import NOBODY_LISTENS
from tests.databases import Databases
from tests.rules.plans import SIGNED, UAT, make_plan
from tests.stack import Stack, running
from worker import examining
from worker.examining import Installation, Look


@workflow.defn(name="GoLive")
class OtherGoLive:
    """What a careless change of the workflow would be."""

    @workflow.run
    async def run(self, _start: Any, _carried: Any) -> None:
        await workflow.sleep(1)


@pytest.fixture
def here(stack: Stack) -> Installation:
    return Installation(stack.settings, stack.database, stack.client)


async def found(look: Look, here: Installation) -> Finding:
    """Return what a look finds first."""
    first, *_others = [each async for each in look(here)]
    return first


@pytest.mark.parametrize("look", [*examining.LOCAL, *examining.QUICK], ids=lambda look: look.__name__)
async def test_all_is_well_on_a_golive_that_runs(here: Installation, stack: Stack, look: Look) -> None:
    await stack.start(make_plan(UAT, SIGNED))
    finding = await found(look, here)
    assert finding.well, str(finding.found)
    assert finding.remedy is None


async def test_a_key_that_can_be_guessed_is_named_for_as_long_as_it_verifies(here: Installation) -> None:
    rotating = here.settings.model_copy(update={"secret_keys": SecretStr(f"{'k' * 64},hunter2")})
    finding = await found(examining.secret_keys, replace(here, settings=rotating))
    assert not finding.well
    assert "GOLIVE_SECRET_KEYS still holds a key of 7 characters behind the first" in str(finding.found)
    assert "hunter2" not in str(finding.found)
    guide, chapter = ROOT / "docs" / "en" / "operator" / "upgrade.md", "## A key of fewer than 32 characters"
    assert str(guide.relative_to(ROOT)) in str(finding.remedy)
    assert chapter in guide.read_text(encoding="utf-8")


async def test_a_frozen_run_is_named(here: Installation, stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        await freeze(session, run.run_id)
    finding = await found(examining.frozen, here)
    assert not finding.well
    assert run.run_id in str(finding.found)
    assert "golive db recover" in str(finding.remedy)


async def test_a_run_that_temporal_does_not_know_is_named_apart(here: Installation, stack: Stack) -> None:
    behind, gone = [await stack.start(make_plan(UAT, SIGNED)) for _ in range(2)]
    async with stack.database.transaction() as session:
        await freeze(session, behind.run_id)
        await freeze_unknown(session, gone.run_id)
    told = [each async for each in examining.frozen(here)]
    assert [behind.run_id in str(each.found) for each in told] == [True, False]
    assert [gone.run_id in str(each.found) for each in told] == [False, True]
    assert "TEMPORAL_NAMESPACE" in str(told[1].remedy)
    assert "golive db abandon" in str(told[1].remedy)


async def test_a_run_that_the_database_does_not_know_is_named(
    here: Installation, stack: Stack, databases: Databases
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    older = Database(databases.fresh())
    restored = Installation(here.settings, older, here.client)
    async with asyncio.timeout(10):  # Temporal lists a run a moment after it has begun, before all older ones
        while run.run_id not in str((finding := await found(examining.unknown, restored)).found):
            await asyncio.sleep(0.05)
    await older.close()
    assert not finding.well


async def test_a_run_that_the_code_here_would_break_is_found_before_the_upgrade(
    here: Installation, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    open_runs = [each async for each in examining.replays(here)]
    assert all(each.well for each in open_runs)
    monkeypatch.setattr(examining, "WORKFLOWS", (OtherGoLive,))
    broken = [each for each in [each async for each in examining.replays(here)] if not each.well]
    assert any(run.run_id in str(each.found) for each in broken)
    assert all("finish them with the version before" in str(each.remedy) for each in broken)


async def test_a_run_whose_code_fails_again_and_again_is_named(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with running(temporal, database, tmp_path) as before:
        run = await before.start(make_plan(UAT, SIGNED))
        before.runs.clear()  # it goes on
    here = Installation(before.settings, database, temporal.client)
    careless = Worker(
        temporal.client,
        task_queue=TASK_QUEUE,
        workflows=[OtherGoLive],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with careless:
        assert (await found(examining.stuck, here)).well
        await run.handle.signal(LOOK_AGAIN)
        async with asyncio.timeout(10):
            while (finding := await found(examining.stuck, here)).well:
                await asyncio.sleep(0.05)
        await run.handle.terminate("the test is over")
    assert run.run_id in str(finding.found)
    assert "start the version again that the run went well with" in str(finding.remedy)


async def test_what_is_short_of_room_or_time_is_told(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def an_hour_ago(_session: object) -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)

    monkeypatch.setattr(examining, "LEAST_FREE", 1024**6)
    monkeypatch.setattr(examining, "FRESH", timedelta(0))
    monkeypatch.setattr(examining, "database_time", an_hour_ago)
    told = {
        look.__name__: await found(look, here)
        for look in (examining.disk, examining.workers, examining.clocks)
    }
    assert not any(finding.well for finding in told.values())
    assert "3600" in str(told["clocks"].found)
    assert "No worker has asked for work on golive" in str(told["workers"].found)
    assert all(finding.remedy for finding in told.values())


async def test_another_database_than_that_of_the_golive_that_answers_is_told(
    here: Installation, databases: Databases
) -> None:
    other = Database(databases.fresh())
    async with other.transaction() as session:
        await append_admin(session, GOLIVE, "UserAdded", "user:admin")
        served = await identity_of(session)
    assert served
    (finding,) = [each async for each in examining.other_database(here, served)]
    assert (finding.about, finding.well) == ("database", False)
    assert "(sqlite)" in str(finding.found)
    assert "GOLIVE_DATABASE_URL" in str(finding.remedy)
    same = Installation(here.settings, other, here.client)
    assert [each async for each in examining.other_database(same, served)] == []
    await other.close()


async def test_another_schema_is_told(here: Installation, databases: Databases) -> None:
    other = Database(databases.empty())
    finding = await found(examining.schema, Installation(here.settings, other, here.client))
    await other.close()
    assert not finding.well
    assert "golive db upgrade" in str(finding.found)


async def test_what_cannot_be_looked_at_is_a_finding(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path, temporal_port=NOBODY_LISTENS)
    *local, last = [each async for each in examining.examine(nowhere, replay=True)]
    assert (last.about, last.well) == ("temporal", False)
    assert f"Temporal does not answer at 127.0.0.1:{NOBODY_LISTENS}: Connection refused." in str(last.found)
    assert last.remedy is not None
    assert {each.about: each.well for each in local}["disk"], (
        "what needs no Temporal is looked at all the same"
    )
