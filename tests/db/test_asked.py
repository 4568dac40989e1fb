"""Whether somebody's work has changed is told in few words, and in the same ones that list it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.asked import asked_of
from db.session import Database
from db.work import list_work
from golive.recording import Batch
from golive.words import say
from tests.db.story import (
    NOON,
    QA,
    approval_change,
    event,
    first,
    record,
    run_change,
    task_change,
    words,
)

PEOPLE = ("qa1", "qa2", "business1", "ops1", "rm", "nobody")


async def _asked(database: Database, **among: Any) -> dict[str, dict[str, str]]:
    async with database.reading() as sql:
        return {name: dict(parts) for name, parts in (await asked_of(sql, PEOPLE, **among)).items()}


async def _whose_changed(database: Database, batch: Batch) -> set[str]:
    """Record a batch; return whose work that changed, which looking at its run alone tells as well."""
    before = await _asked(database)
    await record(database, batch)
    after, of_run = await _asked(database), await _asked(database, among=["r1"])
    assert of_run == {
        name: {run: stamp for run, stamp in parts.items() if run == "r1"} for name, parts in after.items()
    }
    return {name for name in PEOPLE if before[name] != after[name]}


async def test_only_what_changes_somebodys_work_changes_what_is_told_of_it(database: Database) -> None:
    await record(database, first(run=run_change()))
    await record(database, first("r2", run=run_change()))
    said = event(2, "Commented", actor=QA, words={"comment": words("well")})
    assert await _whose_changed(database, Batch(run_id="r1", events=(said,))) == set()
    opened = Batch(run_id="r1", events=(event(3, "TaskOpened"),), tasks=(task_change("plan"),))
    assert await _whose_changed(database, opened) == {"qa1", "qa2"}
    taken = task_change("plan", "in_progress", assignee="qa1")
    assert await _whose_changed(database, Batch(run_id="r1", events=(event(4),), tasks=(taken,))) == {
        "qa1",
        "qa2",
    }
    done = task_change("plan", "to_verify", assignee="qa1", done_by="qa1", done_at=NOON)
    assert "qa2" in await _whose_changed(database, Batch(run_id="r1", events=(event(5),), tasks=(done,)))
    asked = approval_change(waiting_for=("business1",))
    assert await _whose_changed(database, Batch(run_id="r1", events=(event(6),), approvals=(asked,))) == {
        "business1"
    }
    blocked = run_change(blocked_by=say("It waits"))
    assert await _whose_changed(database, Batch(run_id="r1", events=(event(7),), run=blocked)) == {"rm"}
    ended = Batch(run_id="r1", events=(event(8, "RunAborted"),), run=run_change("aborted"))
    assert await _whose_changed(database, ended) == {"qa1", "qa2", "business1", "rm"}


async def test_whoever_has_something_in_their_list_is_told_of_it(database: Database) -> None:
    await record(database, first(run=run_change()))
    changes = (task_change("plan", "in_progress", assignee="qa1"), task_change("notes"))
    asked = approval_change(waiting_for=("ops1",))
    await record(database, Batch(run_id="r1", events=(event(2),), tasks=changes, approvals=(asked,)))
    parts = await _asked(database)
    async with database.reading() as sql:
        listed = {name for name in PEOPLE if (await list_work(sql, name, NOON)).items}
    assert listed == {"qa1", "business1", "ops1"}
    assert listed <= {name for name, its in parts.items() if its}


async def test_a_waiver_changes_the_work_of_who_can_grant_it(database: Database) -> None:
    await record(database, first(run=run_change()))
    times = {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(days=1)).isoformat()}
    about = {
        "waiver": "r1-w2",
        "check": "uat/tests.rate",
        "title": {"en": "Rate", "zh": "通过率"},
        "build": 1,
    }
    said = {name: words(name) for name in ("reason", "risk", "mitigation")}
    asking = event(2, "WaiverRequested", payload={**about, **times, "asked": ["ops1"]}, words=said)
    assert await _whose_changed(database, Batch(run_id="r1", events=(asking,))) == {"ops1"}
    async with database.reading() as sql:
        (waiting,) = (await list_work(sql, "ops1", NOON)).items
    assert (waiting.kind, waiting.asked, waiting.id, waiting.overdue) == ("waiver", "decide", "r1-w2", False)
    ended = event(3, "WaiverEnded", payload={**about, **times})
    assert await _whose_changed(database, Batch(run_id="r1", events=(ended,))) == {"ops1"}
