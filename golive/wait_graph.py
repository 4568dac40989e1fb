"""What waits for what in a template: so that no stage, task or approval waits for itself."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from golive.composition import Placed
from golive.problems import Place, Problem
from golive.template import FactSource, Stage, Task
from golive.words import N_

Graph = Mapping[str, Sequence[str]]
"""Each node with what it waits for."""


def in_order(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages so that each stands after its needs, and otherwise as they were written.

    Raises graphlib.CycleError when stages need each other.
    """
    at = {stage.id: n for n, stage in enumerate(stages)}
    sorter = TopologicalSorter({stage.id: stage.needs for stage in stages})
    sorter.prepare()
    ordered: list[Stage] = []
    ready: list[int] = []
    while sorter.is_active():
        for each in sorter.get_ready():
            heapq.heappush(ready, at[each])
        ordered.append(stages[heapq.heappop(ready)])
        sorter.done(ordered[-1].id)
    return tuple(ordered)


def endless_waits(stages: Sequence[Placed]) -> Iterator[Problem]:
    """Yield the first cycle of stages, of tasks or of both, and the stages that it keeps closed."""
    needs = {p.stage.id: p.stage.needs for p in stages}
    if cycle := _cycle(needs):
        placed = next(p for p in stages if p.stage.id == cycle[0])
        msgid = N_("these stages need each other, so none of them can open: {cycle}")
        yield placed.problem(("needs",), msgid, cycle=" → ".join(cycle))
        yield from _unreachable(stages, needs, set(cycle))
        return
    back_out = {ref: task.needs for p in stages for ref, task in _named(p.stage, p.stage.on_rollback)}
    for graph in (_task_graph(stages), back_out, waits_of([p.stage for p in stages])):
        if cycle := _cycle(graph):
            placed, place = _where(stages, cycle)
            msgid = N_("these wait for each other, so none of them can be done: {cycle}")
            yield placed.problem(place, msgid, cycle=" → ".join(_told(cycle)))
            return


def _cycle(graph: Graph) -> list[str] | None:
    """Return a cycle as a path in which each node waits for the next one, or None."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        path: list[str] = found.args[1]
        return path[::-1]
    return None


def _unreachable(stages: Sequence[Placed], needs: Graph, stuck: set[str]) -> Iterator[Problem]:
    later = set(stuck)
    for _ in stages:
        later |= {each for each, waits in needs.items() if later.intersection(waits)}
    for placed in stages:
        if placed.stage.id in later - stuck:
            yield placed.problem((), N_("the stage “{id}” can never open"), id=placed.stage.id)


def _named(stage: Stage, tasks: Sequence[Task]) -> Iterator[tuple[str, Task]]:
    return ((f"{stage.id}.{task.key}", task) for task in tasks)


def _task_graph(stages: Sequence[Placed]) -> Graph:
    return {ref: task.needs for p in stages for ref, task in _named(p.stage, p.stage.tasks)}


def waits_of(stages: Sequence[Stage]) -> Graph:
    """Return what waits for what: `id` is a stage's opening, `id.` its end, `id.key` what is in it."""
    graph: dict[str, Sequence[str]] = {}
    for stage in stages:
        tasks = dict(_named(stage, stage.tasks))
        approvals = {f"{stage.id}.{each.key}": each for each in stage.approvals}
        graph[stage.id] = [f"{need}." for need in stage.needs] + _read_by_gates(stage, "entry")
        graph |= {ref: [stage.id, *task.needs] for ref, task in tasks.items()}
        graph |= {
            ref: [stage.id, *(tasks if approval.after is None else approval.after)]
            for ref, approval in approvals.items()
        }
        graph[f"{stage.id}."] = [stage.id, *tasks, *approvals, *_read_by_gates(stage, "exit")]
    return graph


def _read_by_gates(stage: Stage, side: str) -> list[str]:
    checks = [check for gate in stage.gates if gate.on == side for check in gate.checks]
    return [check.source.task for check in checks if isinstance(check.source, FactSource)]


def _told(cycle: Sequence[str]) -> list[str]:
    """Name the nodes of a cycle as people know them, each stage once."""
    names = [node.removesuffix(".") for node in cycle]
    return [name for n, name in enumerate(names) if n == 0 or name != names[n - 1]]


def _where(stages: Sequence[Placed], cycle: Sequence[str]) -> tuple[Placed, Place]:
    """Return where the first task or approval of a cycle was written, else its first stage."""
    for placed in stages:
        stage = placed.stage
        parts = {
            "tasks": [task.key for task in stage.tasks],
            "on_rollback": [task.key for task in stage.on_rollback],
            "approvals": [approval.key for approval in stage.approvals],
        }
        for part, keys in parts.items():
            for n, key in enumerate(keys):
                if f"{stage.id}.{key}" in cycle:
                    return placed, (part, n)
    return next(p for p in stages if p.stage.id in _told(cycle)), ()
