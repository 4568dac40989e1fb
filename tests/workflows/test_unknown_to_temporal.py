"""A run of which Temporal knows no workflow is frozen, goes on when it is found again, and can be given up for good."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    WorkflowFailureError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from typing_extensions import override

from connectors.temporal import UNKNOWN, NoNamespace, how_it_ended, namespace_id
from db import reconciling
from db.freezing import freeze, freeze_unknown, frozen_runs, thaw
from db.journal import locked_head
from db.locks import holder, take
from db.queries import get_header
from db.reconciling import runs_without_history
from db.reports import get_history
from db.session import Database
from db.tables import journal, runs
from db.views import RunHeader
from db.words import texts_of
from golive import commands as c
from golive.commands import Actor
from golive.evidence import Remark
from golive.findings import Finding
from golive.names import UNRECORDABLE, workflow_id
from golive.recording import Batch
from tests.conftest import ELSEWHERE
from tests.databases import ON_BOTH
from tests.db.story import event, record
from tests.rules.plans import SIGNED, UAT, make_plan, task
from tests.stack import Running, Stack, compared, words
from tests.workflows.test_shell import complete
from worker.abandoning import Declaration, abandon
from worker.reconciler import ask_again, compare_living, keep_histories
from worker.recovery import out_of_reach

pytestmark = ON_BOTH
LINUS = Actor(name="linus", method="shell")
GONE = Declaration(by=LINUS, reason="the disk of Temporal is gone")


class Describing(Interceptor):
    """Counts how often a workflow is described."""

    count = 0

    @override
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        counting = self

        class _Counting(OutboundInterceptor):
            @override
            async def describe_workflow(self, input: DescribeWorkflowInput) -> Any:
                counting.count += 1
                return await super().describe_workflow(input)

        return _Counting(next)


async def connected(stack: Stack, namespace: str, *interceptors: Interceptor) -> Client:
    target = stack.client.service_client.config.target_host
    return await Client.connect(
        target, namespace=namespace, data_converter=pydantic_data_converter, interceptors=interceptors
    )


@pytest.fixture
async def elsewhere(stack: Stack) -> Client:
    """What golive is connected to when TEMPORAL_NAMESPACE is wrong."""
    return await connected(stack, ELSEWHERE)


async def shown(database: Database, run: Running) -> RunHeader:
    async with database.reading() as session:
        return await get_header(session, run.run_id)


async def told(database: Database, run: Running) -> list[str]:
    """Return what golive's own stream tells of a run."""
    async with database.reading() as session:
        rows = await session.execute(
            select(journal.c.action).where(journal.c.object == f"run:{run.run_id}").order_by(journal.c.seq)
        )
        return list(rows.scalars())


async def forgotten(run: Running) -> None:
    """Let Temporal forget the workflow, as a server does that was restored."""
    execution = WorkflowExecution(workflow_id=workflow_id(run.run_id))
    client = run.stack.client
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    )
    async with asyncio.timeout(20):
        while await how_it_ended(client, run.run_id) != UNKNOWN:
            await asyncio.sleep(0.05)
    run.stack.runs.remove(run.run_id)


async def frozen(run: Running) -> None:
    async with run.stack.database.transaction() as session:
        assert await freeze_unknown(session, run.run_id, await namespace_id(run.stack.client))


async def given_up(run: Running) -> None:
    """Give a run up whose workflow will be found after all."""
    await frozen(run)
    async with run.stack.database.transaction() as session:
        assert await take(session, run.run_id, "shop", "production", 1)
    async with run.stack.database.transaction() as session:
        assert await reconciling.abandon(session, run.run_id, LINUS, words())


async def test_in_another_namespace_every_run_is_frozen_and_goes_on_when_it_is_found_again(
    stack: Stack, elsewhere: Client
) -> None:
    started = [await stack.start(make_plan({**UAT, "tasks": [task("run")]})) for _ in range(2)]
    assert await compared(elsewhere, stack.database, 2) == {run.run_id: "RunFrozen" for run in started}
    assert await compare_living(elsewhere, stack.database) == {}  # said once
    for run in started:
        header = await shown(stack.database, run)
        assert (header.state, header.frozen, header.unknown) == ("running", header.blocked_by, True)
        assert "another Temporal namespace than the run was started in" in str(header.blocked_by)
        assert "golive db abandon" in str(header.blocked_by)
    assert await compared(stack.client, stack.database, 2) == {run.run_id: "RunThawed" for run in started}
    assert await compare_living(stack.client, stack.database) == {}
    assert not any([(await shown(stack.database, run)).frozen for run in started])
    assert await told(stack.database, started[0]) == ["RunFrozen", "RunThawed"]
    await complete(started[0], "uat.run", "qa1")
    assert (await started[0].handle.result())["state"] == "completed"


async def test_what_is_known_to_be_unknown_is_not_asked_after_each_time(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    counting = Describing()
    elsewhere = await connected(stack, ELSEWHERE, counting)
    for _ in range(3):
        await compare_living(elsewhere, stack.database)
    assert counting.count == 1
    assert await ask_again(elsewhere, stack.database) == {}
    assert counting.count == 2
    await run.handle.terminate("it cannot be mended")
    assert await ask_again(stack.client, stack.database) == {}  # unknown elsewhere, not here
    assert await compared(stack.client, stack.database) == {run.run_id: "RunLost"}


async def test_a_run_that_was_unknown_here_and_has_ended_since_is_found_by_asking_again(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    await frozen(run)
    await run.handle.terminate("by an operator")
    assert await ask_again(stack.client, stack.database) == {run.run_id: "RunLost"}


async def test_a_namespace_that_does_not_exist_is_told_apart_from_an_unknown_workflow(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    nowhere = await connected(stack, "nowhere")
    for asked in (
        compare_living(nowhere, stack.database),
        abandon(nowhere, stack.database, [run.run_id], GONE),
        how_it_ended(nowhere, run.run_id),
    ):
        with pytest.raises(NoNamespace, match="no namespace nowhere"):
            await asked
    assert await told(stack.database, run) == []


async def test_where_a_run_lives_is_kept_though_it_was_started_before_that_was_known(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    here = await namespace_id(stack.client)
    assert await lives_in(run) == here  # by its first record
    async with stack.database.transaction() as session:
        await session.execute(update(runs).values(namespace=None))
    async with asyncio.timeout(20):
        while await lives_in(run) != here:
            await compare_living(stack.client, stack.database)


async def lives_in(run: Running) -> str | None:
    async with run.stack.database.reading() as session:
        found = await reconciling.find(session, run.run_id)
    assert found
    return found.namespace


async def test_a_run_that_is_found_again_and_is_another_stays_frozen(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    number = (await run.state()).seq + 1
    await record(stack.database, Batch(run_id=run.run_id, events=(event(number, "TaskStarted"),)))
    await frozen(run)
    assert await compared(stack.client, stack.database) == {run.run_id: "RunFrozen"}
    header = await shown(stack.database, run)
    assert header.frozen
    assert "golive db recover" in str(header.blocked_by)


async def test_what_is_not_recorded_yet_is_waited_for_and_lets_the_run_go_on(
    stack: Stack, temporal: WorkflowEnvironment
) -> None:
    """A clock rang meanwhile: the workflow has numbered more than the journal has, which is no disagreement."""
    run = await stack.start(make_plan({**UAT, "tasks": [task("run", due="2d")]}))
    await frozen(run)
    before = (await run.state()).seq
    async with stack.database.transaction() as busy:
        await locked_head(busy, run.run_id)
        ringing = asyncio.create_task(temporal.fast_forward(run.handle, timedelta(days=3)))
        await run.until(lambda state: state.seq > before)
        assert await compare_living(stack.client, stack.database) == {}
        assert "Temporal does not know its workflow" in str((await shown(stack.database, run)).blocked_by)
    async with asyncio.timeout(30):
        while (await shown(stack.database, run)).frozen:
            await asyncio.sleep(0.05)
    await ringing
    assert await told(stack.database, run) == ["RunFrozen", "RunThawed"]


async def test_a_run_that_temporal_has_forgotten_is_given_up_by_an_operator_alone(
    stack: Stack, elsewhere: Client
) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        assert await take(session, run.run_id, "shop", "production", 1)
    await _refused(stack.client, run, "not frozen")
    await compare_living(elsewhere, stack.database)
    await _refused(stack.client, run, "Temporal knows its workflow")
    await forgotten(run)
    assert await compared(stack.client, stack.database) == {run.run_id: "RunFrozen"}
    assert "Temporal does not know its workflow" in str((await shown(stack.database, run)).blocked_by)
    (left,) = await out_of_reach(stack.client, stack.database)
    assert f"golive db abandon {run.run_id}" in str(left.found)
    (declared,) = await abandon(stack.client, stack.database, [run.run_id, run.run_id], GONE)
    assert declared.well
    header = await shown(stack.database, run)
    assert (header.state, header.frozen) == ("aborted", None)
    assert "An operator declared the run ended" in str(header.blocked_by)
    async with stack.database.reading() as session:
        assert await holder(session, "shop", "production") is None
        assert await runs_without_history(session) == ()
    await _refused(stack.client, run, "not frozen")
    assert await told(stack.database, run) == ["RunFrozen", "RunFrozen", "RunAbandoned"]
    assert await who_and_why(stack.database, run) == ("linus", "shell", GONE.reason)


async def who_and_why(database: Database, run: Running) -> tuple[str, str, str | None]:
    async with database.reading() as session:
        row = (await session.execute(_abandoned(run))).one()
        return row.actor, row.method, (await texts_of(session, {row.reason}))[row.reason]


def _abandoned(run: Running) -> Any:
    mine = (journal.c.object == f"run:{run.run_id}") & (journal.c.action == "RunAbandoned")
    return select(journal.c.actor, journal.c.method, journal.c.reason).where(mine)


async def _refused(client: Client, run: Running, why: str, declared: Declaration = GONE) -> None:
    before = await shown(run.stack.database, run)
    (finding,) = await abandon(client, run.stack.database, [run.run_id], declared)
    assert not finding.well
    assert why in str(finding.found)
    assert await shown(run.stack.database, run) == before


async def test_worker_and_shell_in_the_same_wrong_namespace_cannot_end_a_run(
    stack: Stack, elsewhere: Client
) -> None:
    run = await stack.start(make_plan(UAT))
    here = await namespace_id(stack.client)
    await compare_living(elsewhere, stack.database)
    await _refused(elsewhere, run, f"was started in the Temporal namespace {here}")
    await _refused(elsewhere, run, "is not gone", Declaration(by=LINUS, reason="gone", gone=here))
    assert await compared(stack.client, stack.database) == {run.run_id: "RunThawed"}


async def test_a_run_whose_namespace_is_gone_with_its_server_is_given_up_by_naming_it(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    lost = "b0a7c6f2-0000-4000-8000-000000000000"
    await forgotten(run)
    async with stack.database.transaction() as session:
        await session.execute(update(runs).values(namespace=lost))
    await compare_living(stack.client, stack.database)
    assert "another Temporal namespace" in str((await shown(stack.database, run)).blocked_by)
    await _refused(stack.client, run, f"`--gone {lost}`")
    declared = Declaration(by=LINUS, reason="the server burnt down", gone=lost)
    done: list[Finding] = await abandon(stack.client, stack.database, [run.run_id, "never-was"], declared)
    assert [each.well for each in done] == [True, False]
    assert "There is no run never-was" in str(done[1].found)


async def test_a_run_that_goes_on_at_that_moment_is_not_given_up(stack: Stack) -> None:
    """What lets a run go on holds its journal; to give it up waits for that, and looks again."""
    run = await stack.start(make_plan(UAT))
    await frozen(run)

    async def declare() -> bool:
        async with stack.database.transaction() as session:
            return await reconciling.abandon(session, run.run_id, LINUS, words())

    async with stack.database.transaction() as session:
        await locked_head(session, run.run_id)
        assert await thaw(session, run.run_id)
        declared = asyncio.create_task(declare())
        await _waits_for_a_lock(stack.database)
    assert not await declared
    assert (await shown(stack.database, run)).state == "running"
    assert await told(stack.database, run) == ["RunFrozen", "RunThawed"]


async def _waits_for_a_lock(database: Database) -> None:
    """Return when somebody waits for what another transaction holds; writers of SQLite wait for their turn."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(10):
        while not database.url.startswith("sqlite"):
            async with database.reading() as session:
                if await session.scalar(waiting):
                    return
            await asyncio.sleep(0.02)
    await asyncio.sleep(0)


async def test_what_still_comes_of_a_run_that_was_given_up_is_refused_and_its_workflow_fails(
    stack: Stack,
) -> None:
    run = await stack.start(make_plan(UAT))
    await given_up(run)
    ended = await shown(stack.database, run)
    assert (
        await run.refused(c.CompleteTask(task="uat.run", evidence=(Remark(text=words()),)), "qa1")
        == UNRECORDABLE
    )
    with pytest.raises(WorkflowFailureError):
        await run.handle.result()
    assert await shown(stack.database, run) == ended
    assert ended.state == "aborted"
    assert await told(stack.database, run) == ["RunFrozen", "RunAbandoned", "RunFoundAfterAll"]
    await _its_history_is_kept(run)


async def _its_history_is_kept(run: Running) -> None:
    await keep_histories(run.stack.client, run.stack.database)
    async with run.stack.database.reading() as session:
        assert len(await get_history(session, run.run_id)) > 100
        assert await runs_without_history(session) == ()


async def test_a_workflow_whose_run_was_given_up_is_terminated_and_its_history_kept(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    await given_up(run)
    ended = await shown(stack.database, run)
    assert await compared(stack.client, stack.database) == {run.run_id: "RunFoundAfterAll"}
    assert await how_it_ended(stack.client, run.run_id) == "terminated"
    assert await shown(stack.database, run) == ended
    await _its_history_is_kept(run)


async def test_a_lost_run_does_not_come_back_when_its_workflow_is_reset(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    await run.handle.terminate("by an operator")
    assert await compared(stack.client, stack.database) == {run.run_id: "RunLost"}
    lost = await shown(stack.database, run)
    await reset(run)
    assert (
        await run.refused(c.CompleteTask(task="uat.run", evidence=(Remark(text=words()),)), "qa1")
        == UNRECORDABLE
    )
    assert await shown(stack.database, run) == lost


async def reset(run: Running) -> None:
    """Let the workflow begin anew after its first batch was recorded."""
    client, execution = run.stack.client, WorkflowExecution(workflow_id=workflow_id(run.run_id))
    *_, last = [
        happened.event_id
        async for happened in run.handle.fetch_history_events()
        if happened.HasField("workflow_task_completed_event_attributes")
    ]
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=execution,
            reason="by an operator",
            workflow_task_finish_event_id=last,
            request_id=run.run_id,
        )
    )


async def test_a_frozen_run_that_is_terminated_in_temporal_is_frozen_no_more(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED))
    async with stack.database.transaction() as session:
        assert await freeze(session, run.run_id)
    await run.handle.terminate("it cannot be mended")
    assert await compared(stack.client, stack.database) == {run.run_id: "RunLost"}
    header = await shown(stack.database, run)
    assert (header.state, header.frozen) == ("aborted", None)
    async with stack.database.reading() as session:
        assert await frozen_runs(session) == {}


async def test_in_another_namespace_no_empty_history_is_kept(stack: Stack, elsewhere: Client) -> None:
    run = await stack.start(make_plan({**UAT, "tasks": [task("run")]}))
    await complete(run, "uat.run", "qa1")
    await run.handle.result()
    await keep_histories(elsewhere, stack.database)
    async with stack.database.reading() as session:
        assert await runs_without_history(session) == (run.run_id,)
    assert await compare_living(elsewhere, stack.database) == {}
    assert not (await shown(stack.database, run)).frozen
    await keep_histories(stack.client, stack.database)
    async with stack.database.reading() as session:
        assert await runs_without_history(session) == ()
