"""Runs that continue as new, runs that wait for weeks, runs that are stopped from outside."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from db.audit import verify
from db.events import events_after, receipt_of
from db.queries import get_header
from db.session import Database
from golive import commands as c
from golive.recording import Start
from tests.rules.plans import REVIEW, SIGNED, UAT, make_plan, task
from tests.stack import Stack, running, words
from tests.workflows.test_shell import QUICK, complete, play
from worker.reconciler import compare_living, keep_histories


async def test_continuing_as_new_loses_nothing(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """Every few events the run continues as new, while people act at the same moment and repeat themselves."""
    async with running(temporal, database, tmp_path, continue_after=12) as stack:
        busy = {**UAT, "tasks": [*UAT["tasks"], *(task(f"t{n}", function="dev") for n in range(6))]}
        run = await stack.start(make_plan(busy, SIGNED, QUICK, REVIEW, shift_timeout=1))
        commands = [run.command(c.CompleteTask(task=f"uat.t{n}"), "dev1") for n in range(6)]
        receipts = await asyncio.gather(*(run.send(command) for command in commands))
        repeated = [await run.send(command) for command in commands]
        await play(run)
        outcome = await run.handle.result()
        assert outcome["state"] == "completed"
        assert await run.replays() > 3
        async with database.reading() as session:
            rows = await events_after(session, run.run_id, limit=1000)
            kept = [await receipt_of(session, run.run_id, command.id) for command in commands]
            assert (await verify(session)).ok
        assert [row.seq for row in rows] == list(range(1, outcome["seq"] + 1))
        assert kept == [(receipt.seq, receipt.hash) for receipt in receipts]
        assert all(again.known or again == first for again, first in zip(repeated, receipts, strict=True))
        done = [row.object for row in rows if row.action == "TaskCompleted"]
        assert len(done) == len(set(done)) == 9


async def test_a_rollout_goes_on_after_continuing_as_new(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """The watch of a bake is ended and started again, and its verdict still counts."""
    async with running(temporal, database, tmp_path, continue_after=20) as stack:
        grey = {**QUICK, "needs": []}
        run = await stack.start(make_plan(grey, shift_timeout=1))
        await run.until(
            lambda state: any(s.rollout and s.rollout.phase == "pausing" for s in state.stages.values())
        )
        for _ in range(8):
            await run.act(c.Comment(text=words()), "rm")
        await run.act(c.Promote(reason=words()), "rm")
        outcome = await run.handle.result()
        assert outcome["state"] == "completed"
        assert await stack.traffic.weight("shop", "production") == 100
        assert await run.replays() > 1


async def test_reminders_escalation_and_expiry_over_weeks(
    stack: Stack, temporal: WorkflowEnvironment
) -> None:
    """The clock is the server's: six days pass in a moment."""
    run = await stack.start(make_plan({**UAT, "tasks": [task("run", due="2d")]}, SIGNED))
    assert await temporal.fast_forward(run.handle, timedelta(days=1, hours=13))
    state = await run.until(lambda state: state.seq >= 5)
    async with stack.database.reading() as session:
        kinds = [row.action for row in await events_after(session, run.run_id, limit=1000)]
    assert kinds.count("Reminded") == 2
    assert await temporal.fast_forward(run.handle, timedelta(days=4))
    state = await run.until(lambda state: state.tasks["uat.run"].overdue)
    assert state.state == "running"
    async with stack.database.reading() as session:
        kinds = [row.action for row in await events_after(session, run.run_id, limit=1000)]
    assert kinds.count("Escalated") >= 3
    await complete(run, "uat.run", "qa1")
    assert await temporal.fast_forward(run.handle, timedelta(days=6))
    state = await run.until(lambda state: state.state == "held")
    assert state.approvals["sign-off.sign"].state == "expired"
    assert await run.replays() == 1


async def test_a_run_that_is_terminated_outside_golive_is_found(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    assert await compare_living(stack.client, stack.database) == {}
    await run.handle.terminate("by an operator")
    assert await compare_living(stack.client, stack.database) == {run.run_id: "RunLost"}
    async with stack.database.reading() as session:
        header = await get_header(session, run.run_id)
    assert header.state == "aborted"
    assert "terminated" in str(header.blocked_by)


async def test_the_history_of_an_ended_run_is_kept(stack: Stack) -> None:
    run = await stack.start(make_plan({**UAT, "tasks": [task("run")]}))
    await complete(run, "uat.run", "qa1")
    await run.handle.result()
    await keep_histories(stack.client, stack.database)
    async with stack.database.reading() as session:
        from db.reports import get_history

        assert await get_history(session, run.run_id)


def test_the_carried_start_is_small() -> None:
    """What travels beside the state is the start alone; 1,000 tasks stay under 512 KiB together with it."""
    big = {**UAT, "tasks": [task(f"t{n:04}", due="2d") for n in range(1000)]}
    plan = make_plan(big)
    start = Start(run_id="r", plan=plan, actor=c.Actor(name="rm"), engine=1, command_id="c" * 64)
    assert len(start.model_dump_json()) < 256 * 1024
