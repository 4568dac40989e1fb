"""The loop on a real server, a real database, with no cache: every step replays from the start."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from db.audit import verify
from db.events import events_after
from golive import commands as c
from golive.evidence import Remark
from tests.rules.plans import GREY, REVIEW, SIGNED, UAT, make_plan
from tests.stack import Running, Stack, words

QUICK: dict[str, Any] = {
    **GREY,
    "rollout": {
        **GREY["rollout"],
        "steps": [
            {"do": "set_weight", "weight": 5},
            {"do": "pause"},
            {"do": "bake", "duration": "1s"},
            {"do": "set_weight", "weight": 100},
        ],
        "analyses": [{"metric": "success_rate", "success": ">= 0.99", "interval": "1s"}],
    },
}


async def complete(run: Running, ref: str, by: str) -> c.Receipt:
    return await run.act(c.CompleteTask(task=ref, evidence=(Remark(text=words()),)), by)


async def approve(run: Running, by: str) -> c.Receipt:
    shown = (await run.state()).approvals["sign-off.sign"].digest
    assert shown
    return await run.act(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), by)


async def play(run: Running) -> None:
    await complete(run, "uat.run", "qa1")
    await complete(run, "uat.read", "qa2")
    await approve(run, "ops1")
    await approve(run, "qa3")
    await run.until(
        lambda state: any(
            stage.rollout and stage.rollout.phase == "pausing" for stage in state.stages.values()
        )
    )
    await run.act(c.Promote(reason=words()), "rm")
    await run.until(lambda state: state.stages["review"].state == "open")
    await complete(run, "review.lessons", "dev1")


async def test_a_whole_run_on_the_stack(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT, SIGNED, QUICK, REVIEW, shift_timeout=1))
    await play(run)
    outcome = await run.handle.result()
    assert outcome["state"] == "completed"
    assert await stack.traffic.weight("shop", "production") == 100
    async with stack.database.reading() as session:
        rows = await events_after(session, run.run_id, limit=1000)
        assert (await verify(session)).ok
    assert [row.seq for row in rows] == list(range(1, outcome["seq"] + 1))
    assert await run.replays() == 1


async def test_the_same_command_is_applied_once(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    command = run.command(c.StartTask(task="uat.run"), "qa1")
    first, again = await asyncio.gather(run.send(command), run.send(command))
    assert first == again == await run.send(command)
    async with stack.database.reading() as session:
        taken = [
            row for row in await events_after(session, run.run_id, limit=1000) if row.action == "TaskStarted"
        ]
    assert [row.command_id for row in taken] == [command.id]


async def test_a_refusal_leaves_no_history(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    before = len((await run.handle.fetch_history()).events)
    assert await run.refused(c.StartTask(task="uat.run"), "ops1") == "foreign_task"
    updates = [event.WhichOneof("attributes") for event in (await run.handle.fetch_history()).events[before:]]
    assert not [name for name in updates if "update" in str(name)]


async def test_a_forged_command_is_refused(stack: Stack) -> None:
    run = await stack.start(make_plan(UAT))
    command = run.command(c.StartTask(task="uat.run"), "qa1")
    forged = command.model_copy(update={"actor": run.command(c.StartTask(task="uat.run"), "qa2").actor})
    with pytest.raises(WorkflowUpdateFailedError):
        await run.send(forged)
    assert (await run.state()).tasks["uat.run"].state == "open"


async def test_a_command_for_another_run_is_refused(stack: Stack) -> None:
    one, other = await stack.start(make_plan(UAT)), await stack.start(make_plan(UAT))
    command = one.command(c.StartTask(task="uat.run"), "qa1")
    with pytest.raises(WorkflowUpdateFailedError):
        await other.send(command)


async def test_a_forged_start_opens_nothing(stack: Stack) -> None:
    with pytest.raises(WorkflowUpdateFailedError):
        await stack.start(make_plan(UAT), forged=True)
    async with stack.database.reading() as session:
        assert await events_after(session, stack.runs[-1]) == ()
