"""An act at the end of a run of 1,000 tasks, against an act at the beginning of another one, in turn."""

from __future__ import annotations

from functools import partial

from bench.figures import Finding, alternately
from bench.place import Place, at_once
from bench.runs import Direct, in_order, plan_of, sending

AT_ONCE = 8
KIB = 1024


async def measure(place: Place, *, quick: bool) -> Finding:
    """Bring one run to its end, start another one, and act on both in turn."""
    tasks, acts = (60, 8) if quick else (1_000, 100)
    plan = plan_of(tasks, apart=acts + 1)
    refs = in_order(plan, apart=acts + 1)
    old = await place.start(plan)
    empty = await old.state_bytes()
    await at_once(AT_ONCE, [partial(old.complete, ref) for ref in refs[: -acts - 1]])
    young = await place.start(plan)
    ending = iter(sending(old, refs[-acts - 1 : -1]))
    beginning = iter(sending(young, refs[:acts]))
    at_end, at_start = await alternately(
        acts, lambda: old.send(next(ending)), lambda: young.send(next(beginning))
    )
    full = await old.state_bytes()
    return await _told(old, young, refs[-1], (at_end, at_start), (full, empty))


async def _told(
    old: Direct, young: Direct, last: str, times: tuple[list[float], list[float]], sizes: tuple[int, int]
) -> Finding:
    count = len(old.plan.stages[0].tasks)
    found = Finding(f"An act in a run of {count:,} tasks, acts in turn", "at the end", "at the beginning")
    found.compare_times("complete a task", *times)
    found.compare("state carried", sizes[0] / KIB, sizes[1] / KIB, "KiB")
    await old.complete(last)
    await old.handle.result()
    await young.handle.terminate("measured")
    start = len(old.signed_start().model_dump_json().encode())
    found.notes.append(
        f"{await old.executions()} executions; the start beside the state has {start / KIB:.0f} KiB"
    )
    return found
