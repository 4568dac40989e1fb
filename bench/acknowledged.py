"""An act until its receipt is there, against a bare Update, in turn."""

from __future__ import annotations

from bench.bare import Bare, Steps
from bench.figures import Finding, alternately
from bench.place import TEXT, Place
from bench.runs import in_order, plan_of, sending

ENDLESS = 1_000_000


async def measure(place: Place, *, quick: bool) -> Finding:
    """Complete tasks one after the other, and between them update a workflow that does nothing."""
    acts = 10 if quick else 200
    run = await place.start(plan_of(acts + 1, apart=acts + 1))
    bare = await place.start_bare(Steps(noted=ENDLESS))
    commands = iter(sending(run, in_order(run.plan)[:-1]))
    ours, answered, noted = await alternately(
        acts,
        lambda: run.send(next(commands)),
        lambda: bare.execute_update(Bare.answer, TEXT),
        lambda: bare.execute_update(Bare.noted, TEXT),
    )
    found = Finding("An acknowledged act, acts in turn", "golive", "bare workflow")
    found.compare_times("against an Update answered at once", ours, answered)
    found.compare_times("against an Update with a regular activity", ours, noted)
    found.notes.append(
        "golive's activity writes the act to SQLite, synchronous=FULL; the bare one does nothing"
    )
    await run.handle.terminate("measured")
    await bare.terminate("measured")
    return found
