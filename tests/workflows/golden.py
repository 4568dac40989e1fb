"""Golden histories: what runs of this version did, kept so that later versions must replay it.

    python -m tests.workflows.golden      plays the stories on a real server and writes golden/STORY.N.json.gz

A story that exists is never written again: a change of the rules that would change what it does is branched on the
engine version or patched, and gets a story of its own.
"""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from db import migrations
from db.session import Database
from golive import commands as c
from golive.evidence import Metric
from golive.json_patch import patch
from golive.names import workflow_id
from golive.state import ApprovalState
from tests.conftest import temporal_binary
from tests.rules.plans import REVIEW, SIGNED, UAT, make_plan, release, task
from tests.stack import Running, Stack, running, words
from tests.workflows.test_shell import QUICK, approve, complete, play
from workflows.search import ALL

FOLDER = Path(__file__).parent / "golden"
Story = Callable[[Stack], Awaitable[Running]]


async def whole_run(stack: Stack) -> Running:
    """Play UAT, sign-off, grey release and review to their end."""
    run = await stack.start(make_plan(UAT, SIGNED, QUICK, REVIEW, shift_timeout=1))
    await play(run)
    return run


async def continued_run(stack: Stack) -> Running:
    """Play the same while the run continues as new every few events."""
    stack.settings.continue_after = 15
    try:
        return await whole_run(stack)
    finally:
        stack.settings.continue_after = None


async def signed_alone(stack: Stack) -> Running:
    """Reject, resume and sign a sign-off that runs alone."""
    signed = {
        **SIGNED,
        "needs": [],
        "approvals": [{**SIGNED["approvals"][0], "rules": [{"function": "ops"}]}],
    }
    run = await stack.start(make_plan(signed, workflow="DualSignOff"))
    shown = (await run.state()).approvals["sign-off.sign"].digest
    assert shown
    no = c.Decide(approval="sign-off.sign", decision="rejected", digest=shown, comment=words())
    await run.act(no, "ops1")
    await run.act(c.Resume(reason=words()), "rm")
    await approve(run, "ops2")
    return run


async def unhealthy_release(stack: Stack) -> Running:
    """Measure an unhealthy version, which is rolled back by itself."""
    stack.gauge.values["success_rate"] = 0.2
    run = await stack.start(make_plan({**QUICK, "needs": []}, shift_timeout=1))
    await run.until(lambda state: state.state == "rolling_back")
    await complete(run, "grey.tell", "dev1")
    stack.gauge.values["success_rate"] = 1.0
    return run


async def troubled_uat(stack: Stack) -> Running:
    """Hold, block, replace the build, verify, and abort."""
    run = await stack.start(
        make_plan({**UAT, "tasks": [*UAT["tasks"], task("check", verify=True)]}, SIGNED, QUICK)
    )
    await run.act(c.Hold(reason=words()), "rm")
    await run.act(c.Resume(reason=words()), "rm")
    await run.act(c.BlockTask(task="uat.run", reason=words()), "qa1")
    await run.act(c.ReopenTask(task="uat.run", reason=words()), "qa1")
    await complete(run, "uat.run", "qa1")
    await run.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    await complete(run, "uat.check", "qa2")
    await run.act(c.VerifyTask(task="uat.check", result="pass"), "qa3")
    await run.act(c.Abort(reason=words()), "rm")
    return run


async def closed_gates(stack: Stack) -> Running:
    """Close a gate by evidence while another task is taken and done, open it again, then one by a measurement."""
    bound = {"compare": ">=", "threshold": 0.9}
    told = {"key": "told", "title": "Told", "source": {"task": "uat.run", "fact": "rate"}, **bound}
    measured = {"key": "measured", "title": "Measured", "source": {"metric": "success_rate"}, **bound}
    gates = [
        {"key": each["key"], "title": each["title"], "on": "exit", "checks": [each]}
        for each in (told, measured)
    ]
    stack.gauge.values["success_rate"] = 0.2
    run = await stack.start(make_plan({**UAT, "tasks": [task("run"), task("read")], "gates": gates}))
    await run.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),)), "qa1")
    await run.act(c.StartTask(task="uat.read"), "qa2")
    await run.act(c.CompleteTask(task="uat.read"), "qa2")
    await run.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    await run.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.95),)), "qa1")
    await run.until(lambda state: state.stages["uat"].checks["measured.measured"].state == "fail")
    await run.act(c.Abort(reason=words()), "rm")
    stack.gauge.values["success_rate"] = 1.0
    return run


def _asks_again(approval: ApprovalState) -> bool:
    return approval.state == "pending" and approval.decisions[0].stale


async def asked_by_the_directory(stack: Stack) -> Running:
    """Ask a group of which one leaves after signing, and a function of which one is taken out by an amendment."""
    rules = [{"group": "board"}, {"function": "qa", "expires_in": "9d"}]
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGNED["approvals"][0], "rules": rules}]}
    plan = make_plan(signed, found={"group:board": ("ops1", "ops2")})
    run = await stack.start(plan)
    await run.until(lambda state: state.approvals["sign-off.sign"].state == "pending")
    await approve(run, "ops1")
    await stack.let_group_be("board", ["ops2"])
    fewer = plan.model_copy(update={"people": {**plan.people, "qa": ("qa2", "qa3")}})
    changed = tuple(patch(plan.model_dump(mode="json"), fewer.model_dump(mode="json")))
    await run.act(c.Amend(plan=fewer, base=1, patch=changed, reason=words()), "rm")
    await approve(run, "qa2")
    await run.until(lambda state: _asks_again(state.approvals["sign-off.sign"]))
    await approve(run, "ops2")
    return run


STORIES: tuple[Story, ...] = (
    whole_run,
    continued_run,
    signed_alone,
    unhealthy_release,
    troubled_uat,
    closed_gates,
    asked_by_the_directory,
)


async def write(story: Story, stack: Stack) -> None:
    """Play a story to its end and keep the history of each of its executions."""
    run = await story(stack)
    await run.handle.result()
    for number, execution in enumerate(reversed(await run.executions()), 1):
        handle = stack.client.get_workflow_handle(workflow_id(run.run_id), run_id=execution)
        history = (await handle.fetch_history()).to_json().encode()
        path = FOLDER / f"{story.__name__}.{number}.json.gz"
        path.write_bytes(gzip.compress(history, mtime=0))


async def main() -> None:
    """Write the stories that are missing."""
    FOLDER.mkdir(exist_ok=True)
    missing = [story for story in STORIES if not list(FOLDER.glob(f"{story.__name__}.*"))]
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_binary(),
        data_converter=pydantic_data_converter,
        search_attributes=ALL,
        dev_server_log_level="error",
    )
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite+aiosqlite:///{home}/golive.db"
        await migrations.upgrade(url)
        database = Database(url)
        async with environment, running(environment, database, Path(home)) as stack:
            for story in missing:
                await write(story, stack)
                print(f"{story.__name__}: written")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
