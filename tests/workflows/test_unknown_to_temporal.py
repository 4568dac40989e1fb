"""A run of which Temporal knows no workflow is frozen, goes on when it is found again, and can be given up."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from db.freezing import freeze, freeze_unknown, frozen_runs
from db.locks import holder, take
from db.queries import get_header
from db.reconciling import runs_without_history
from db.session import Database
from db.tables import journal
from db.views import RunHeader
from golive.names import workflow_id
from golive.recording import Batch
from tests.conftest import ELSEWHERE
from tests.db.story import event, record
from tests.rules.plans import SIGNED, UAT, make_plan, task
from tests.stack import Running, Stack
from tests.workflows.test_shell import complete
from worker.abandoning import abandon
from worker.reconciler import UNKNOWN, how_it_ended, keep_histories, mark_lost, thaw_found
from worker.recovery import out_of_reach


@pytest.fixture
async def elsewhere(stack: Stack) -> Client:
    """What golive is connected to when TEMPORAL_NAMESPACE is wrong."""
    target = stack.client.service_client.config.target_host
    return await Client.connect(target, namespace=ELSEWHERE, data_converter=pydantic_data_converter)


async def shown(database: Database, run: Running) -> RunHeader:
    async with database.reading() as session:
        return await get_header(session, run.run_id)


async def forgotten(run: Running) -> None:
    """Let Temporal forget the workflow, as a server does that was restored or began anew."""
    execution = WorkflowExecution(workflow_id=workflow_id(run.run_id))
    client = run.stack.client
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    )
    async with asyncio.timeout(20):
        while await how_it_ended(client, run.run_id) != UNKNOWN:
            await asyncio.sleep(0.05)
    run.stack.runs.remove(run.run_id)


async def test_in_another_namespace_every_run_is_frozen_and_goes_on_when_it_is_found_again(
    stack: Stack, elsewhere: Client
) -> None:
    runs = [await stack.start(make_plan({**UAT, "tasks": [task("run")]})) for _ in range(2)]
    for _ in range(2):  # said once
        assert await mark_lost(elsewhere, stack.database) == []
        assert await thaw_found(elsewhere, stack.database) == []
    for run in runs:
        header = await shown(stack.database, run)
        assert (header.state, header.frozen) == ("running", True)
        assert "TEMPORAL_NAMESPACE" in str(header.blocked_by)
        assert "golive db abandon" in str(header.blocked_by)
    assert set(await thaw_found(stack.client, stack.database)) == {run.run_id for run in runs}
    assert await mark_lost(stack.client, stack.database) == []
    assert not any([(await shown(stack.database, run)).frozen for run in runs])
    assert await told(stack.database, runs[0]) == ["RunFrozen", "RunThawed"]
    await complete(runs[0], "uat.run", "qa1")
    assert (await runs[0].handle.result())["state"] == "completed"


async def told(database: Database, run: Running) -> list[str]:
    """Return what golive's own stream tells of a run."""
    async with database.reading() as session:
        rows = await session.execute(
            select(journal.c.action).where(journal.c.object == f"run:{run.run_id}").order_by(journal.c.seq)
        )
        return list(rows.scalars())


async def test_a_run_that_is_found_again_and_is_another_stays_frozen(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    number = (await run.state()).seq + 1
    await record(stack.database, Batch(run_id=run.run_id, events=(event(number, "TaskStarted"),)))
    async with stack.database.transaction() as session:
        assert await freeze_unknown(session, run.run_id)
    assert await thaw_found(stack.client, stack.database) == []
    header = await shown(stack.database, run)
    assert header.frozen
    assert "golive db recover" in str(header.blocked_by)


async def test_a_run_that_temporal_has_forgotten_is_given_up_by_an_operator_alone(
    stack: Stack, elsewhere: Client
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        assert await take(session, run.run_id, "shop", "production", 1)
    await _refused(stack.client, run, "not frozen")
    await mark_lost(elsewhere, stack.database)
    await _refused(stack.client, run, "Temporal knows its workflow")
    await forgotten(run)
    assert await mark_lost(stack.client, stack.database) == []
    (left,) = await out_of_reach(stack.client, stack.database)
    assert f"golive db abandon {run.run_id}" in str(left.found)
    (given_up,) = await abandon(stack.client, stack.database, [run.run_id, run.run_id])
    assert given_up.well
    header = await shown(stack.database, run)
    assert (header.state, header.frozen) == ("aborted", False)
    assert "An operator declared the run ended" in str(header.blocked_by)
    async with stack.database.reading() as session:
        assert await holder(session, "shop", "production") is None
        assert await runs_without_history(session) == ()
    await _refused(stack.client, run, "not frozen")
    assert await told(stack.database, run) == ["RunFrozen", "RunLost"]


async def _refused(client: Client, run: Running, why: str) -> None:
    before = await shown(run.stack.database, run)
    (finding,) = await abandon(client, run.stack.database, [run.run_id])
    assert not finding.well
    assert why in str(finding.found)
    assert await shown(run.stack.database, run) == before


async def test_a_frozen_run_that_is_terminated_in_temporal_is_frozen_no_more(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        assert await freeze(session, run.run_id)
    await run.handle.terminate("it cannot be mended")
    assert await mark_lost(stack.client, stack.database) == [run.run_id]
    header = await shown(stack.database, run)
    assert (header.state, header.frozen) == ("aborted", False)
    async with stack.database.reading() as session:
        assert await frozen_runs(session) == {}


async def test_in_another_namespace_no_empty_history_is_kept(stack: Stack, elsewhere: Client) -> None:
    run = await stack.start(make_plan({**UAT, "tasks": [task("run")]}))
    await complete(run, "uat.run", "qa1")
    await run.handle.result()
    await keep_histories(elsewhere, stack.database)
    async with stack.database.reading() as session:
        assert await runs_without_history(session) == (run.run_id,)
    assert await mark_lost(elsewhere, stack.database) == []
    assert not (await shown(stack.database, run)).frozen
    await keep_histories(stack.client, stack.database)
    async with stack.database.reading() as session:
        assert await runs_without_history(session) == ()
