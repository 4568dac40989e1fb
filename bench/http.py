"""An act through the API, against the same act as an Update alone, in turn."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.figures import Finding, alternately
from bench.place import Place
from bench.runs import REMARK, Direct, in_order, plan_of, sending
from golive.names import public_id


async def measure(place: Place, *, quick: bool) -> Finding:
    """Complete every other task of a run over HTTP."""
    acts = 10 if quick else 200
    tasks = acts * 2 + 1
    run = await place.start(plan_of(tasks, apart=tasks))
    refs = in_order(run.plan)[:-1]
    by_http = iter(refs[0::2])
    commands = iter(sending(run, refs[1::2]))
    over_http, alone = await alternately(
        acts, lambda: _complete(place, run, by_http), lambda: run.send(next(commands))
    )
    found = Finding("An act over HTTP, acts in turn", "through the API", "Update alone")
    found.compare_times("complete a task", over_http, alone)
    found.notes.append(
        f"reading one task over HTTP takes {await _reading(place, run, refs[0]) * 1000:.1f} ms"
    )
    await run.handle.terminate("measured")
    return found


async def _complete(place: Place, run: Direct, refs: Iterator[str]) -> None:
    ref = next(refs)
    person = place.cast.people[run.doer(ref)]
    await person.act(f"/tasks/{public_id(run.run_id, ref)}/complete", {"remark": REMARK})


async def _reading(place: Place, run: Direct, ref: str) -> float:
    """Return the seconds that it takes to read a task, in the middle of a few times."""
    person = place.cast.people[run.doer(ref)]
    (took,) = await alternately(11, lambda: person.get(f"/tasks/{public_id(run.run_id, ref)}"))
    return statistics.median(took)
