from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event as sql_event

from db import queries
from db.events import list_audit
from db.session import Database
from golive.errors import Invalid, NotFound
from golive.recording import Batch, DecisionView, RuleView
from tests.db import story
from tests.db.story import (
    NOON,
    QA,
    approval_change,
    event,
    first,
    plan,
    record,
    run_change,
    task_change,
    words,
)

DIGEST = f"sha256:{'c' * 64}"


async def refs(database: Database, **filters: Any) -> list[str]:
    async with database.reading() as session:
        return [task.ref for task in (await queries.list_tasks(session, **filters)).items]


async def change(database: Database, seq: int, *changes: Any, run_id: str = "r1") -> None:
    await record(database, Batch(run_id=run_id, events=(event(seq),), tasks=changes))


async def test_what_is_on_a_person(database: Database) -> None:
    await record(database, first())
    await change(
        database,
        2,
        task_change("plan"),
        task_change("test", "in_progress", assignee="qa1"),
        task_change("notes", assignee="business1"),
    )
    assert await refs(database, assignee="qa1", run="r1", states=["open"]) == ["uat.plan"]
    assert await refs(database, assignee="qa2", run="r1", states=["open"]) == ["uat.plan"]
    assert await refs(database, assignee="qa1", run="r1", states=["in_progress"]) == ["uat.test"]
    assert await refs(database, assignee="qa2", run="r1", states=["in_progress"]) == []
    assert await refs(database, assignee="business1", states=["open"]) == ["uat.notes"]
    assert await refs(database, assignee="stranger") == []
    assert await refs(database, assignee="qa1") == ["uat.plan", "uat.test"]
    await change(database, 3, task_change("plan", "done", assignee="qa1", done_by="qa1"))
    assert await refs(database, assignee="qa1") == ["uat.plan", "uat.test"]
    assert await refs(database, assignee="qa1", states=["done"]) == ["uat.plan"]


async def test_other_open_runs_of_the_service_are_named(database: Database) -> None:
    for run_id, made in (("r1", None), ("r2", None), ("r3", plan(service="cart"))):
        await record(database, first(run_id, plan_=made))
    async with database.reading() as session:
        assert [(await queries.get_run(session, f"r{n}")).beside for n in (1, 2, 3)] == [("r2",), ("r1",), ()]
    await record(database, Batch(run_id="r2", events=(event(2),), run=run_change("aborted")))
    async with database.reading() as session:
        assert [(await queries.get_run(session, f"r{n}")).beside for n in (1, 2)] == [(), ()]


async def test_verification_is_on_everybody_of_the_function_but_who_did_it(database: Database) -> None:
    await record(database, first())
    await change(database, 2, task_change("test", "to_verify", assignee="qa1", done_by="qa1"))
    assert await refs(database, assignee="qa1", states=["to_verify"]) == []
    assert await refs(database, assignee="qa2", states=["to_verify"]) == ["uat.test"]
    assert await refs(database, assignee="business1", states=["to_verify"]) == []
    assert "uat.test" not in await refs(database, assignee="qa1", run="r1")


async def test_tasks_of_ended_runs_are_on_nobody(database: Database) -> None:
    await record(database, first())
    await change(database, 2, task_change("plan"))
    await record(database, Batch(run_id="r1", events=(event(3),), run=run_change("aborted")))
    assert await refs(database, assignee="qa1") == []
    assert await refs(database, assignee="qa1", run="r1", states=["open"]) == ["uat.plan"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_give_each_task_once_the_next_due_first(database: Database, limit: int) -> None:
    for run_id in ("r1", "r2", "r3"):
        await record(database, first(run_id))
    await change(database, 2, task_change("notes", due_at=NOON), run_id="r2")
    await change(database, 2, task_change("plan", due_at=NOON.replace(hour=9)), run_id="r3")
    seen: list[str] = []
    cursor = None
    while True:
        async with database.reading() as session:
            page = await queries.list_tasks(session, cursor=cursor, limit=limit)
        seen += [task.id for task in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen[:3] == ["r3.uat.plan", "r2.uat.notes", "r1.uat.plan"]
    assert len(seen) == len(set(seen)) == 15


async def test_runs_newest_first_by_filter_and_words(database: Database) -> None:
    for n, (service, title) in enumerate(
        [("checkout", "Checkout 1.4"), ("cart", "Cart 100%"), ("cart", "Cart two")], 1
    ):
        await record(database, first(f"r{n}", plan_=story.plan(service=service, title=title)))
    await record(database, Batch(run_id="r3", events=(event(2),), run=run_change("completed")))

    async def found(**filters: Any) -> list[str]:
        async with database.reading() as session:
            page = await queries.list_runs(session, **filters)
            ids = [run.id for run in page.items]
            while page.next_cursor:
                page = await queries.list_runs(session, **filters, cursor=page.next_cursor)
                ids += [run.id for run in page.items]
            return ids

    assert sorted(await found(limit=1)) == ["r1", "r2", "r3"]
    assert sorted(await found(service="cart")) == ["r2", "r3"]
    assert await found(state="completed") == ["r3"]
    assert await found(q="CHECK") == ["r1"]
    assert await found(q="100%") == ["r2"], "a per cent sign is a character like any other"
    assert await found(q="_") == []
    assert await found(template="another") == []


async def test_approvals_that_wait_for_somebody(database: Database) -> None:
    await record(database, first())
    asked = approval_change(
        digest=DIGEST,
        subject={"release": {"version": "1.4.0"}},
        waiting_for=("business1", "qa2"),
        rules=(RuleView(function="business", mode="any", min=1, met=False),),
    )
    await record(database, Batch(run_id="r1", events=(event(2, "ApprovalRequested"),), approvals=(asked,)))
    async with database.reading() as session:
        page = await queries.list_approvals(session, waiting_for="qa2")
        assert [(found.id, found.waiting_for, found.subject) for found in page.items] == [
            ("r1.uat.go", ("business1", "qa2"), None)
        ]
        assert (await queries.list_approvals(session, waiting_for="rm")).items == ()
        assert (await queries.get_approval(session, "r1.uat.go")).subject == {"release": {"version": "1.4.0"}}


async def test_decision_keeps_the_subject_and_waits_for_nobody(database: Database) -> None:
    await record(database, first())
    asked = approval_change(digest=DIGEST, subject={"n": 1}, waiting_for=("business1",))
    await record(database, Batch(run_id="r1", events=(event(2),), approvals=(asked,)))
    decision = DecisionView(
        id="d1",
        by="business1",
        functions=("business",),
        decision="approved",
        meaning="approved",
        digest=DIGEST,
        at=NOON,
        seq=3,
    )
    decided = approval_change("approved", digest=DIGEST, decisions=(decision,))
    told = event(3, "DecisionMade", actor=QA, words={"comment": words("fine")}, digest=DIGEST)
    await record(database, Batch(run_id="r1", events=(told,), approvals=(decided,)))
    async with database.reading() as session:
        shown = await queries.get_approval(session, "r1.uat.go")
        assert (shown.state, shown.subject, shown.waiting_for) == ("approved", {"n": 1}, ())
        assert shown.decisions == (decision,)
        assert await queries.comments_of_decisions(session, "r1", [3, 1]) == {3: "fine", 1: None}


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda session: queries.get_run(session, "r9"), "unknown_run"),
        (lambda session: queries.get_header(session, "r9"), "unknown_run"),
        (lambda session: queries.release_of(session, "r9"), "unknown_run"),
        (lambda session: queries.get_task(session, "r9.uat.plan"), "unknown_task"),
        (lambda session: queries.get_approval(session, "r9.uat.go"), "unknown_approval"),
    ],
)
async def test_what_is_not_there(database: Database, ask: Any, code: str) -> None:
    async with database.reading() as session:
        with pytest.raises(NotFound) as refused:
            await ask(session)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "bm90IGpzb24=", "WyJhIl0=", "WzEsMiwzXQ==", "bnVsbA==", "WyIyMDI2IixudWxsLDFd"]
)
async def test_bad_cursor_is_refused_with_a_sentence(database: Database, cursor: str) -> None:
    async with database.reading() as session:
        for listed in (queries.list_tasks, queries.list_runs, queries.list_approvals, list_audit):
            with pytest.raises(Invalid) as refused:
                await listed(session, cursor=cursor)
            assert refused.value.code == "bad_cursor"


async def test_whole_run_costs_a_fixed_number_of_queries(database: Database) -> None:
    counts = []
    for run_id, many in (("r1", 3), ("r2", 60)):
        tasks = tuple(story.task(f"t{n}") for n in range(many))
        stage = story.STAGES[0].model_copy(update={"tasks": tasks})
        await record(database, first(run_id, plan_=story.plan(stages=(stage,))))
        said: list[str] = []
        async with database.reading() as session:
            sql_event.listen(
                session.sync_connection, "before_cursor_execute", lambda *args, to=said: to.append(args[2])
            )
            assert len((await queries.get_run(session, run_id)).tasks) == many + 1
        counts.append(len(said))
    assert counts[0] == counts[1] < 10
