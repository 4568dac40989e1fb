"""Amendments for tests: another plan made from that of a run, asked for and decided."""

from __future__ import annotations

from typing import Any

from golive import commands as c
from golive.foreseeing import difference
from golive.plan import Plan
from golive.template import Stage
from tests.rules.plans import GREY, UAT, task
from tests.rules.world import World, words

SMOKE = task("smoke", function="dev")
MORE_TASKS = {"tasks": [*UAT["tasks"], SMOKE]}
OTHERS = {"ops": ("ops2", "ops3", "ops4")}


def rollout(**more: Any) -> dict[str, Any]:
    return {**GREY["rollout"], **more}


def steps(*weights: int) -> dict[str, Any]:
    """Return the rollout of the grey release with other weights to come after the first pause."""
    later = [{"do": "set_weight", "weight": weight} for weight in weights]
    return rollout(steps=[*GREY["rollout"]["steps"][:2], *later])


def changed(plan: Plan, stage_id: str, **fields: Any) -> Plan:
    """Return the plan with fields of one stage given as a template writes them."""
    stages = (
        Stage.model_validate({**stage.model_dump(mode="json"), **fields}) if stage.id == stage_id else stage
        for stage in plan.stages
    )
    return plan.model_copy(update={"stages": tuple(stages)})


def with_people(plan: Plan, **people: tuple[str, ...]) -> Plan:
    return plan.model_copy(update={"people": {**plan.people, **people}})


def asking(world: World, plan: Plan, **more: Any) -> c.Amend:
    base, patch = world.run.state.plan_version, difference(world.run.plan, plan)
    return c.Amend(**{"plan": plan, "base": base, "patch": patch, "reason": words(), **more})


def ask(world: World, plan: Plan) -> None:
    """Ask for an amendment; a minor one takes effect."""
    world.act(asking(world, plan), "rm")
    world.plan = world.run.plan


def deciding(world: World, decision: Any = "approved", **more: Any) -> c.DecideAmendment:
    pending = world.run.state.amendment
    assert pending is not None
    given = {"amendment": pending.id, "digest": pending.digest, "comment": words(), **more}
    return c.DecideAmendment(decision=decision, **given)


def amend(world: World, plan: Plan, *by: str) -> None:
    """Ask for an amendment, and have it approved by these until it is in force."""
    ask(world, plan)
    for name in by:
        world.act(deciding(world), name)
    world.plan = world.run.plan
    assert world.run.plan == plan, "it is not in force"
