"""What operators watch agrees with what a story has left in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, update

from db.figures import AGES, Figures, figures
from db.freezing import freeze, freeze_unknown
from db.reconciling import mark_lost
from db.session import Database, database_time
from db.tables import tasks
from golive.recording import Batch, CheckView, DecisionView, GateView, RolloutView, StageView, Wait
from golive.vocabulary import RunStateName
from golive.words import Sentence
from tests.db.story import approval_change, first, record, run_change, task_change, text
from tests.db.story import event as happened

DIGEST = f"sha256:{'c' * 64}"


async def counted(database: Database) -> Figures:
    async with database.reading() as session:
        return await figures(session)


async def clock(database: Database) -> datetime:
    async with database.reading() as session:
        return await database_time(session)


async def begun(database: Database, run_id: str, state: RunStateName = "running", **more: Any) -> None:
    await record(database, first(run_id))
    await record(database, Batch(run_id=run_id, events=(happened(2),), run=run_change(state), **more))


async def test_an_empty_database_has_nothing_to_tell(database: Database) -> None:
    told = await counted(database)
    assert told == Figures(
        runs={},
        ended={},
        waits={},
        oldest={},
        overdue={},
        approvals={},
        signed_off={},
        rollouts={},
        alerts={},
        frozen={},
    )


async def test_frozen_runs_are_told_by_why_and_none_that_is_over(database: Database) -> None:
    for run_id in ("r1", "r2", "r3", "r4"):
        await begun(database, run_id)
    async with database.transaction() as session:
        await freeze(session, "r1")
        for run_id in ("r2", "r3", "r4"):
            await freeze_unknown(session, run_id)
        assert await mark_lost(session, "r4", "terminated")
    assert (await counted(database)).frozen == {"disagrees": 1, "unknown": 2}


async def test_runs_that_go_on_are_told_by_state_and_template(database: Database) -> None:
    for run_id, state in (("r1", "running"), ("r2", "running"), ("r3", "held"), ("r4", "completed")):
        await begun(database, run_id, state)  # type: ignore[arg-type]
    told = await counted(database)
    assert told.runs == {("running", "saas-standard"): 2, ("held", "saas-standard"): 1}


async def test_what_ended_lately_is_told_apart_from_what_ended_before(database: Database) -> None:
    now = await clock(database)
    for run_id, ended in (("r1", now - timedelta(days=6)), ("r2", now - timedelta(days=8))):
        await record(database, first(run_id))
        change = run_change("aborted").model_copy(update={"ended_at": ended})
        await record(database, Batch(run_id=run_id, events=(happened(2),), run=change))
    assert (await counted(database)).ended == {("aborted", "saas-standard"): 1}


async def test_waits_are_told_by_kind_and_age_and_none_of_a_run_that_is_over(database: Database) -> None:
    now = await clock(database)
    changes = (
        task_change("plan", "in_progress", opened_at=now - timedelta(minutes=30)),
        task_change("notes", "open", opened_at=now - timedelta(hours=5)),
        task_change("test", "to_verify", opened_at=now - timedelta(days=9), done_at=now - timedelta(days=2)),
        task_change("grey.watch", "locked"),
    )
    asked = approval_change("pending", requested_at=now - timedelta(days=5), digest=DIGEST)
    await begun(database, "r1", tasks=changes, approvals=(asked,))
    await begun(database, "r2", "completed", tasks=changes, approvals=(asked,))
    told = await counted(database)
    assert {at: count for at, count in told.waits.items() if count} == {
        ("task", "under_1h"): 1,
        ("task", "4h_to_1d"): 1,
        ("verify", "1d_to_3d"): 1,
        ("approval", "over_3d"): 1,
    }
    assert {age for _, age in told.waits} == set(AGES)
    assert abs(told.oldest["task"] - 5 * 3600) < 60
    assert abs(told.oldest["approval"] - 5 * 86400) < 60
    assert told.approvals == {"pending": 1}


async def test_what_stages_await_counts_with_their_rollouts_and_alerts(database: Database) -> None:
    now = await clock(database)
    failed = CheckView(
        key="rate", title=text("Rate"), state="fail", compare=">=", threshold=0.9, source="metric"
    )
    gate = GateView(key="quality", title=text("Quality"), on="exit", state="fail", checks=(failed,))
    rollout = RolloutView(step=0, steps=2, what=Sentence(msgid="done"), weight=10, state="failed")
    seen = (
        StageView(id="uat", process="uat", title=text("UAT"), state="open", gates=(gate,)),
        StageView(
            id="grey", process="grey_release", title=text("Grey"), state="open", rollout=rollout, gates=()
        ),
    )
    wait = Wait(what="promote", object="rollout:grey", who=("rm",), since=now - timedelta(hours=2))
    change = run_change("running", waits=(wait,)).model_copy(update={"stages": seen})
    await record(database, first("r1"))
    await record(database, Batch(run_id="r1", events=(happened(2),), run=change))
    told = await counted(database)
    assert {at: count for at, count in told.waits.items() if count} == {("promote", "1h_to_4h"): 1}
    assert abs(told.oldest["promote"] - 2 * 3600) < 60
    assert told.rollouts == {"failed": 1}
    assert told.alerts == {"check": 1, "rollout": 1}


async def test_overdue_tasks_are_those_still_at_work(database: Database) -> None:
    now = await clock(database)
    late = {"overdue": True, "opened_at": now, "due_at": now}
    done = task_change("notes", "done", done_by="business1", done_at=now, **late)
    await begun(database, "r1", tasks=(task_change("plan", "blocked", **late), done))
    async with database.transaction() as session:
        await session.execute(update(tasks).where(tasks.c.key == "plan").values(priority="P1"))
    assert (await counted(database)).overdue == {"P1": 1}


async def test_a_sign_off_takes_from_its_request_to_its_last_decision(database: Database) -> None:
    now = await clock(database)
    made = [
        DecisionView(
            id=f"d{n}",
            by="business1",
            functions=("business",),
            decision="approved",
            meaning="approved",
            digest=DIGEST,
            at=now - timedelta(hours=n),
            seq=n,
        )
        for n in (3, 1)
    ]
    asked = {"requested_at": now - timedelta(hours=6), "digest": DIGEST}
    await begun(database, "r1", approvals=(approval_change("approved", decisions=tuple(made), **asked),))
    await begun(database, "r2", "completed", approvals=(approval_change("expired", **asked),))
    assert (await counted(database)).signed_off == {"saas-standard": [5 * 3600]}


async def test_however_much_there_is_the_number_of_queries_is_the_same(database: Database) -> None:
    now = await clock(database)
    asked: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda _c, _cu, statement, *_: asked.append(statement)
    )

    async def queries() -> int:
        asked.clear()
        await counted(database)
        return len(asked)

    before = await queries()
    for n in range(5):
        await begun(database, f"r{n}", tasks=(task_change("plan", "open", opened_at=now),))
    assert await queries() == before <= 10
