"""What a script names must be there: tasks, approvals, stages, gates, people, events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from typing_extensions import override

from golive import rehearsal_steps as s
from golive.events import SUMMARIES
from golive.plan import Plan
from golive.problems import Place, Problem, unknown
from golive.rehearsal_people import named_facts
from golive.rehearsal_script import Placed, Script, Test
from golive.rehearsal_steps import Expected
from golive.run import Index


def problems_in(
    script: Script, test: Test, plan: Plan, people: Mapping[str, tuple[str, ...]]
) -> list[Problem]:
    """Return everything that the steps of a test name and a run of `plan` does not have."""
    return list(_Names(script, plan, people).wrong(test))


class _Names:
    """What can be named in a test of this plan, by what it is the name of."""

    def __init__(self, script: Script, plan: Plan, people: Mapping[str, tuple[str, ...]]) -> None:
        self.script = script
        self.index = Index(plan)
        groups = (*people.values(), *plan.found.values())
        everybody = dict.fromkeys(name for names in groups for name in names)
        gates = [f"{stage.id}.{gate.key}" for stage in plan.stages for gate in stage.gates]
        self.known: Mapping[str, Collection[str]] = {
            "stage": self.index.stages,
            "task": {**self.index.tasks, **self.index.back_out},
            "approval": self.index.approvals,
            "gate": gates,
            "person": [plan.release_manager, *everybody],
            "event": SUMMARIES,
        }

    def wrong(self, test: Test) -> Iterator[Problem]:
        """Yield each name in the test that is the name of nothing."""
        for placed in test.steps:
            for place, kind, name in _named(placed.step):
                known = self._known(kind, placed)
                if name not in known:
                    at: Place = (*placed.place, *place)
                    yield self.script.source.problem(at, unknown(kind, name, known))

    def _known(self, kind: str, placed: Placed) -> Collection[str]:
        if kind not in ("item", "metric"):
            return self.known[kind]
        step = placed.step
        if not isinstance(step, s.Complete) or step.complete not in self.known["task"]:
            return _Anything()
        task = self.index.task(step.complete)
        return named_facts(task) if kind == "metric" else [item.id for item in task.items]


class _Anything(frozenset[str]):
    """Where the task itself is unknown, its items are no second mistake."""

    @override
    def __contains__(self, name: object) -> bool:
        return True


_TASK_STEPS = ("complete", "start", "verify", "block", "reopen", "reassign", "not_applicable")
_APPROVAL_STEPS = ("approve", "reject", "send_back")


def _named(step: s.AnyStep) -> Iterator[tuple[Place, str, str]]:
    """Yield place, kind and name of all that a step names."""
    for keys, kind in ((_TASK_STEPS, "task"), (_APPROVAL_STEPS, "approval")):
        for key in keys:
            if isinstance(name := getattr(step, key, None), str):
                yield (key,), kind, name
    if isinstance(step, s.SendBack):
        yield ("to",), "task", step.to
    if isinstance(step, s.Reassign) and step.to:
        yield ("to",), "person", step.to
    if isinstance(step, s.Act) and step.by:
        yield ("by",), "person", step.by
    if isinstance(step, s.Complete):
        yield from ((("items", item), "item", item) for item in step.items)
        yield from ((("leave_out", n), "item", item) for n, item in enumerate(step.leave_out))
        yield from ((("facts", name), "metric", name) for name in step.facts)
    if step.expect is not None:
        yield from _expected(("expect",), step.expect)
    if isinstance(step, s.Until):
        yield from _expected(("until",), step.until)


def _expected(place: Place, expected: Expected) -> Iterator[tuple[Place, str, str]]:
    groups: dict[str, tuple[str, Collection[str]]] = {
        "stages": ("stage", expected.stages),
        "tasks": ("task", expected.tasks),
        "approvals": ("approval", expected.approvals),
        "gates": ("gate", expected.gates),
    }
    for field, (kind, names) in groups.items():
        yield from (((*place, field, name), kind, name) for name in names)
    lists: dict[str, tuple[str, tuple[str, ...]]] = {
        "awaited": ("person", expected.awaited),
        "not_awaited": ("person", expected.not_awaited),
        "overdue": ("task", expected.overdue),
        "happened": ("event", expected.happened),
    }
    for field, (kind, listed) in lists.items():
        yield from (((*place, field, n), kind, name) for n, name in enumerate(listed))
