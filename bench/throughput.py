"""Whole small runs per second, against bare workflows with as many updates and regular activities, in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

from bench.bare import Bare, Steps
from bench.figures import Finding
from bench.place import TEXT, Place, at_once
from bench.runs import in_order, plan_of

AT_ONCE = 8
TASKS = 4


async def measure(place: Place, *, quick: bool) -> Finding:
    """Let many runs live from start to end, then as many bare workflows, and so on."""
    runs, rounds = (6, 2) if quick else (40, 5)
    activities = await _activities(place)
    steps = Steps(noted=TASKS + 1, alone=max(0, activities - TASKS - 1))
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(await _per_second(runs, partial(_run, place)))
        bare.append(await _per_second(runs, partial(_bare, place, steps)))
    found = Finding(f"Whole small runs, {AT_ONCE} at once, in turn", "golive", "bare workflow")
    found.compare(
        f"median of {rounds} rounds of {runs}", statistics.median(ours), statistics.median(bare), "per s"
    )
    found.notes.append(f"each with {TASKS + 1} updates and {activities} regular activities; more is better")
    return found


async def _per_second(count: int, live: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await at_once(AT_ONCE, [live] * count)
    return count / (time.perf_counter() - began)


async def _run(place: Place) -> None:
    run = await place.start(plan_of(TASKS, in_a_row=True))
    for ref in _refs():
        await run.complete(ref)
    await run.handle.result()


async def _bare(place: Place, steps: Steps) -> None:
    handle = await place.start_bare(steps)
    for _ in range(TASKS):
        await handle.execute_update(Bare.noted, TEXT)
    await handle.result()


def _refs() -> list[str]:
    return in_order(plan_of(TASKS, in_a_row=True))


async def _activities(place: Place) -> int:
    """Return how many activities a run has, by running one."""
    run = await place.start(plan_of(TASKS, in_a_row=True))
    for ref in _refs():
        await run.complete(ref)
    await run.handle.result()
    events = (await run.handle.fetch_history()).events
    return sum(event.HasField("activity_task_scheduled_event_attributes") for event in events)
