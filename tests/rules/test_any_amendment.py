"""Whatever is amended whenever: what is not touched stays as it was, what is touched opens again, and the run goes on.

The machine of `test_any_run` with amendments among its acts, so that every invariant of a run holds for amended ones.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from typing_extensions import override

from golive import commands as c
from golive import rules
from golive.amendment import awaited
from golive.errors import GoliveError
from golive.impact import impact_of
from golive.plan import Plan
from golive.plan_changes import class_of
from golive.recording import Start
from golive.run import Index
from golive.signers import standing
from golive.state import RunState
from golive.template import Stage
from golive.vocabulary import ENDED, FINISHED
from tests.rules.amending import asking, changed, deciding, with_people
from tests.rules.plans import task
from tests.rules.test_any_run import AnyRun
from tests.rules.world import T0

Change = Callable[[Plan], Plan]


def _json(plan: Plan, stage_id: str) -> dict[str, Any]:
    return next(stage for stage in plan.stages if stage.id == stage_id).model_dump(mode="json")


def _tasks(stage_id: str, change: Callable[[list[Any]], list[Any]]) -> Change:
    def of(plan: Plan) -> Plan:
        if all(stage.id != stage_id for stage in plan.stages):
            return plan
        return changed(plan, stage_id, tasks=change(_json(plan, stage_id).get("tasks", [])))

    return of


def _edited(key: str, **fields: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda tasks: [each | (fields if each["key"] == key else {}) for each in tasks]


def _threshold(plan: Plan) -> Plan:
    gates = _json(plan, "uat").get("gates", [])
    for each in gates:
        each["checks"][0]["threshold"] += 1
    return changed(plan, "uat", gates=gates)


def _coming_steps(plan: Plan) -> Plan:
    rollout = _json(plan, "grey")["rollout"]
    rollout["steps"] = [*rollout["steps"][:-1], {"do": "pause"}, rollout["steps"][-1]]
    return changed(plan, "grey", rollout=rollout)


def _without_docs(plan: Plan) -> Plan:
    stages = tuple(stage for stage in plan.stages if stage.id != "docs")
    plan = plan.model_copy(update={"stages": stages})
    return changed(plan, "sign-off", needs=["uat"])


def _with_extra(plan: Plan) -> Plan:
    extra = {
        "id": "extra",
        "process": "preparation",
        "title": "Extra",
        "needs": ["uat"],
        "tasks": [task("look")],
    }
    if any(stage.id == "extra" for stage in plan.stages):
        return plan
    at = next(n for n, stage in enumerate(plan.stages) if stage.id == "sign-off")
    stages = (*plan.stages[:at], Stage.model_validate(extra), *plan.stages[at:])
    plan = plan.model_copy(update={"stages": stages})
    return changed(plan, "sign-off", needs=[*plan.stages[at + 1].needs, "extra"])


CHANGES: dict[str, Change] = {
    "ops": lambda plan: with_people(plan, ops=(*plan.people["ops"][1:], plan.people["ops"][0])),
    "fewer qa": lambda plan: with_people(plan, qa=plan.people["qa"][-2:]),
    "go-live": lambda plan: plan.model_copy(
        update={"go_live_at": (plan.go_live_at or T0) + timedelta(days=3)}
    ),
    "due": _tasks("uat", _edited("run", due="1d")),
    "words": _tasks("docs", _edited("write", title="Write all of it")),
    "more": _tasks("uat", lambda tasks: [*tasks, task(f"more{len(tasks)}", function="dev")]),
    "fewer": _tasks("uat", lambda tasks: [each for each in tasks if each["key"] != "read"]),
    "evidence": _tasks("docs", _edited("write", requires=[{"type": "remark"}])),
    "order": _tasks("uat", _edited("check", needs=["uat.run"])),
    "review": _tasks("review", lambda tasks: [*tasks, task(f"more{len(tasks)}", function="dev")]),
    "function": _tasks("review", _edited("lessons", function="qa")),
    "threshold": _threshold,
    "no gate": lambda plan: changed(plan, "uat", gates=[]),
    "steps": _coming_steps,
    "without": _without_docs,
    "between": _with_extra,
}


class AnyAmendedRun(AnyRun):
    """People act as they like, and amend the plan as they like."""

    @initialize()
    @override
    def start(self) -> None:
        super().start()
        self.amended = 0

    @rule(name=st.sampled_from(sorted(CHANGES)))
    def amend_one(self, name: str) -> None:
        """As the next one, more often one change that everybody approves: it is in force more often."""
        self.amend([name], approved=True)

    @rule(names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3), approved=st.booleans())
    def amend(self, names: list[str], approved: bool) -> None:
        world = self.world
        plan = world.run.plan
        for name in names:
            plan = CHANGES[name](plan)
        if self.refuses(asking(world, plan)):
            return
        if class_of(world.run.plan, plan) == "minor":
            self.in_force(plan, lambda: world.act(asking(world, plan), "rm"))
            return
        world.act(asking(world, plan), "rm")
        while (pending := world.run.state.amendment) and approved:
            who = awaited(world.run, pending)
            assert who, "nobody is left who could approve"
            self.in_force(plan, partial(self.approve, who[0]))

    def approve(self, by: str) -> None:
        self.world.act(deciding(self.world), by)

    def refuses(self, body: c.Amend) -> bool:
        """Tell whether the rules do not take it, which is as good: the world sees that nothing changes then."""
        try:
            self.world.check(self.world.command(body, "rm"))
        except GoliveError:
            return True
        return False

    def in_force(self, plan: Plan, act: Callable[[], Any]) -> None:
        """Act, and if that brings the plan into force compare the run before it with the run after it."""
        world = self.world
        before, index, version = (
            world.run.state.model_copy(deep=True),
            world.run.index,
            world.run.state.plan_version,
        )
        told = impact_of(world.run, plan)
        act()
        if world.run.state.plan_version == version:
            assert world.run.index is index
            return
        assert world.run.plan == plan
        world.plan = plan
        self.amended += 1
        after = world.run.state
        self._work_stands(before, after, index, {each.ref for each in told.reopened_tasks})
        self._signatures_stand(before, after, {each.ref for each in told.asked_again})
        self._locked_is_as_planned_from_scratch(after)

    def _work_stands(self, before: RunState, after: RunState, index: Index, reopened: set[str]) -> None:
        for ref, (_, planned) in self.world.run.index.tasks.items():
            if ref not in index.tasks or after.ending is not None:
                continue
            was, now, former = before.tasks[ref], after.tasks[ref], index.tasks[ref][1]
            same = former.model_dump(exclude={"needs", "title", "due"}) == planned.model_dump(
                exclude={"needs", "title", "due"}
            )
            assert (ref in reopened) <= (not same), "a task opens again for nothing"
            if was.state in (*FINISHED, "to_verify") and same:
                assert (now.state, now.evidence, now.done_by) == (was.state, was.evidence, was.done_by)
            if was.state == "in_progress" and same:
                assert now.state in ("in_progress", "open")

    def _signatures_stand(self, before: RunState, after: RunState, asked_again: set[str]) -> None:
        for ref, was in before.approvals.items():
            if ref in after.approvals and ref not in asked_again:
                still = {each.id for each in standing(after.approvals[ref])}
                assert {each.id for each in standing(was)} <= still, "a signature fell that was not announced"

    def _locked_is_as_planned_from_scratch(self, after: RunState) -> None:
        world = self.world
        start = Start(
            run_id="r1", plan=world.run.plan, actor=world.actor("rm"), engine=after.engine, command_id="s"
        )
        fresh = rules.begin(start, world.now).state
        for stage in world.run.plan.stages:
            if after.stages[stage.id].state != "locked" or after.ending is not None:
                continue
            assert after.stages[stage.id].remaining == fresh.stages[stage.id].remaining
            for each in stage.tasks:
                now, new = after.tasks[f"{stage.id}.{each.key}"], fresh.tasks[f"{stage.id}.{each.key}"]
                assert (now.state, now.evidence, now.assignee) == (new.state, None, None)

    @invariant()
    def what_tasks_wait_for_is_counted_right(self) -> None:
        state = self.world.run.state
        for stage in self.world.run.plan.stages:
            for each in stage.tasks:
                waits = sum(state.tasks[need].state not in FINISHED for need in each.needs)
                assert state.tasks[f"{stage.id}.{each.key}"].unmet == waits
                if state.tasks[f"{stage.id}.{each.key}"].state == "open" and state.ending is None:
                    assert not waits

    @invariant()
    def the_state_is_of_the_plan(self) -> None:
        run = self.world.run
        assert set(run.state.tasks) == {*run.index.tasks, *run.index.back_out}
        assert set(run.state.approvals) == set(run.index.approvals)
        assert set(run.state.stages) == set(run.index.stages)

    @invariant()
    def no_open_stage_has_a_task_that_nobody_opened(self) -> None:
        state = self.world.run.state
        for stage in self.world.run.plan.stages:
            if state.stages[stage.id].state == "open" and state.ending is None and state.state not in ENDED:
                for each in stage.tasks:
                    stands = state.tasks[f"{stage.id}.{each.key}"]
                    assert stands.state != "locked" or stands.unmet


TestAnyAmendedRun = AnyAmendedRun.TestCase
TestAnyAmendedRun.settings = settings(max_examples=60, stateful_step_count=40)
