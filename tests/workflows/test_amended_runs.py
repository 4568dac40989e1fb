"""Runs whose plan is amended, on a real server with no cache, continued as new while one waits and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from db.amendments import amendments_of_run
from db.audit import verify
from db.queries import get_run
from db.session import Database
from db.tables import former_plans
from golive import commands as c
from golive.evidence import Remark
from golive.foreseeing import difference
from golive.plan import Plan
from tests.rules.amending import changed, with_people
from tests.rules.plans import REVIEW, SIGNED, UAT, make_plan, task
from tests.stack import Running, running, words
from tests.workflows.test_shell import QUICK, complete
from worker.recorded import batches

SMOKE = task("smoke", function="dev")


async def ask(run: Running, plan: Plan, base: int) -> None:
    patch = difference(run.plan, plan)
    await run.act(c.Amend(plan=plan, base=base, patch=patch, reason=words()), "rm")


async def approve(run: Running, by: str) -> None:
    pending = (await run.state()).amendment
    assert pending is not None
    await run.act(c.DecideAmendment(amendment=pending.id, decision="approved", digest=pending.digest), by)


async def busy(run: Running, times: int = 8) -> None:
    """Let enough happen that the run continues as new."""
    for _ in range(times):
        await run.act(c.Comment(text=words()), "rm")


async def test_an_amended_run_goes_on_after_continuing_as_new(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    async with running(temporal, database, tmp_path, continue_after=12) as stack:
        plan = make_plan(UAT, SIGNED, QUICK, REVIEW, shift_timeout=1)
        run = await stack.start(plan)
        more = changed(with_people(plan, ops=("ops1", "ops9")), "uat", tasks=[*UAT["tasks"], SMOKE])
        await stack.know(more)
        await ask(run, more, 1)
        await busy(run)
        await approve(run, "ops1")
        await approve(run, "qa1")
        await busy(run)
        run.plan = more
        await complete(run, "uat.run", "qa1")
        await complete(run, "uat.read", "qa2")
        await run.act(c.CompleteTask(task="uat.smoke", evidence=(Remark(text=words()),)), "dev1")
        fewer = with_people(more, dev=("dev2",))
        await ask(run, fewer, 2)
        await busy(run)
        run.plan = fewer
        await _to_the_end(run)
        outcome = await run.handle.result()
        assert outcome["state"] == "completed"
        assert await run.replays() > 3
        async with database.reading() as session:
            shown, asked = await get_run(session, run.run_id), await amendments_of_run(session, run.run_id)
            former = (
                await session.scalars(select(former_plans.c.plan).order_by(former_plans.c.version))
            ).all()
            assert (await verify(session)).ok
        assert (shown.plan, shown.plan_version) == (fewer, 3)
        assert [(each.kind, each.state) for each in asked] == [("minor", "in_force"), ("major", "in_force")]
        assert [Plan.model_validate(each) for each in former] == [plan, more]
        recorded = [each.batch.amended for each in await batches(stack.client, run.run_id)]
        assert [each.version for each in recorded if each] == [2, 3]


async def _to_the_end(run: Running) -> None:
    for by in ("ops9", "qa3"):
        shown: Any = (await run.state()).approvals["sign-off.sign"].digest
        await run.act(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), by)
    await run.until(
        lambda state: any(s.rollout and s.rollout.phase == "pausing" for s in state.stages.values())
    )
    await run.act(c.Promote(reason=words()), "rm")
    await run.until(lambda state: state.stages["review"].state == "open")
    await complete(run, "review.lessons", "dev2")
