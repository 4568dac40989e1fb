"""What must be known of a run to say who may decide on its approvals, and where they can be returned to."""

from __future__ import annotations

from sqlalchemy import select

from db.session import Session
from db.tables import former_plans, runs, tasks
from golive.plan import Plan
from golive.possible import shifted_by
from golive.recording import Build, StageView
from golive.standing import Standing


async def standing_of(session: Session, run_id: str, gone_in: int | None = None) -> Standing:
    """Return the facts of a known run by which people stand to its approvals.

    To one that is in the plan no more, `gone_in` a version of it, they stand as in the version before.
    """
    facts = select(runs.c.plan, runs.c.started_by, runs.c.builds, runs.c.stages)
    run = (await session.execute(facts.where(runs.c.id == run_id))).one()
    work = select(tasks.c.ref, tasks.c.state, tasks.c.done_by).where(tasks.c.run_id == run_id)
    done = (await session.execute(work)).all()
    build = Build.model_validate(run.builds[-1])
    stages = [StageView.model_validate(stage) for stage in run.stages]
    plan = await _former(session, run_id, gone_in - 1) if gone_in else Plan.model_validate(run.plan)
    return Standing(
        plan=plan,
        release=build.release,
        started_by=run.started_by,
        editor=build.by,
        states={row.ref: row.state for row in done},
        done_by={row.ref: row.done_by for row in done if row.done_by},
        stages={stage.id: "locked" for stage in plan.stages} | {stage.id: stage.state for stage in stages},
        shifted=shifted_by(stages),
    )


async def _former(session: Session, run_id: str, version: int) -> Plan:
    mine = (former_plans.c.run_id == run_id) & (former_plans.c.version == version)
    return Plan.model_validate((await session.execute(select(former_plans.c.plan).where(mine))).scalar_one())
