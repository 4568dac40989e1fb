"""What people do in a rehearsal: one act after the other, each by the first who may, always in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from golive import commands as c
from golive.errors import GoliveError
from golive.evidence import Evidence, TestFacts
from golive.explain import stage_waits
from golive.rehearsal_steps import Complete
from golive.rehearsal_values import REMARK, Condition, conditions_on, shown_for
from golive.rehearsal_world import World, words
from golive.signers import asked_of, waiting_for
from golive.template import Item, Requirement, Task
from golive.vocabulary import Meaning


def do_something(world: World) -> bool:
    """Let somebody do what waits for them; tell whether anybody did. A bad verdict is left to the script."""
    for body, people in _possible(world):
        for name in people:
            try:
                world.act(body, name)
            except GoliveError:
                continue  # somebody else may: the rules say who
            return True
    return False


def _possible(world: World) -> Iterator[tuple[c.Body, list[str]]]:
    """Yield what somebody could do now, and who, those first who are asked first."""
    run = world.run
    for ref in list(run.docket.awaited()):
        state = run.state.tasks[ref].state
        if state in ("open", "in_progress"):
            yield completed(world, Complete(complete=ref)), doers(world, ref)
        elif state == "to_verify":
            yield c.VerifyTask(task=ref, result="pass", remark=words(REMARK)), verifiers(world, ref)
    for ref, approval in run.state.approvals.items():
        if approval.state == "pending":
            yield decision(world, ref, "approved", None), signers(world, ref)
    for wait in stage_waits(run, world.processes):
        stage = run.state.stages.get(wait.object.partition(":")[2])
        if wait.what == "promote" and stage and stage.rollout and stage.rollout.phase == "pausing":
            yield c.Promote(reason=words(REMARK)), [world.plan.release_manager]


def doers(world: World, ref: str) -> list[str]:
    """Return who would do a task: its assignee, else those first who have done something, so that others can sign."""
    state, run = world.run.state.tasks[ref], world.run
    if state.assignee:
        return [state.assignee]
    worked = {task.done_by for task in run.state.tasks.values()}
    return sorted(run.plan.doers(run.index.task(ref).function), key=lambda name: name not in worked)


def verifiers(world: World, ref: str) -> list[str]:
    """Return who would confirm a task: the members of its function, but not whoever did it."""
    run = world.run
    return [
        name for name in run.plan.doers(run.index.task(ref).function) if name != run.state.tasks[ref].done_by
    ]


def signers(world: World, ref: str) -> list[str]:
    """Return who would decide on an approval: those it waits for, those first who have done no task.

    While it waits for nobody it is whoever it asks when it is open: they are refused for that, and not as strangers.
    """
    run = world.run
    approval, state = run.index.approvals[ref][1], run.state.approvals[ref]
    if state.state != "pending":
        return [name for rule in approval.rules for name in asked_of(run, state, rule.source)]
    worked = {task.done_by for task in run.state.tasks.values()}
    return sorted(waiting_for(run, approval, state), key=lambda name: name in worked)


def decision(world: World, ref: str, how: str, comment: str | None, task: str | None = None) -> c.Decide:
    """Return a decision on an approval as it now is."""
    meaning: Meaning = world.run.index.approvals[ref][1].meaning
    shown = world.run.state.approvals[ref].digest or f"sha256:{'0' * 64}"
    return c.Decide.model_validate(
        {
            "approval": ref,
            "decision": how,
            "meaning": "approved" if how == "approved" and meaning == "rejected" else meaning,
            "comment": words(comment) if comment else None,
            "digest": shown,
            "task": task,
        }
    )


def completed(world: World, step: Complete) -> c.CompleteTask:
    """Return the completion of a task as the script says it, with what is required where it says nothing."""
    task = world.run.index.task(step.complete)
    handing = _Handing(step, conditions_on(world.plan, step.complete))
    return c.CompleteTask(
        task=step.complete,
        remark=words(step.remark) if step.remark else None,
        evidence=tuple(handing.evidence(task)),
        items={
            item.id: c.ItemResult(
                result=step.items.get(item.id, "pass"),
                remark=words(REMARK),
                evidence=tuple(handing.all(item.requires)),
            )
            for item in task.items
            if item.id not in step.leave_out
        },
    )


class _Handing:
    """Hands in evidence for one task."""

    def __init__(self, step: Complete, conditions: dict[str, list[Condition]]) -> None:
        self.step = step
        self.conditions = conditions
        self.tests = TestFacts(**dict(step.tests)) if step.tests else None

    def evidence(self, task: Task) -> Iterator[Evidence]:
        """Yield what is handed in with the task itself: the kinds that the script names, else what is required."""
        if self.step.evidence is None:
            yield from self.all(task.requires)
            return
        required = {need.type: need.model_copy(update={"min": 1}) for need in task.requires}
        yield from self.all(required.get(kind) or Requirement(type=kind) for kind in self.step.evidence)

    def all(self, needs: Iterable[Requirement]) -> Iterator[Evidence]:
        """Yield evidence for each requirement, as often as it is required."""
        for need in needs:
            for _ in range(need.min):
                yield shown_for(need, self.conditions, self.step.facts, self.tests, words(REMARK))


def named_facts(task: Task) -> set[str]:
    """Return the metrics that a task or one of its items requires."""
    items: Iterable[Item] = task.items
    needs = [*task.requires, *(need for item in items for need in item.requires)]
    return {need.name or "value" for need in needs if need.type == "metric"}
