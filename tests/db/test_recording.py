from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.recording import Recording
from db import queries, recording
from db.audit import verify
from db.errors import ForgedStart, JournalBehind, JournalConflict, Unrecordable
from db.events import events_after, receipt_of
from db.lessons import actions_of_run, comments_of_run, lessons_of_run, lessons_of_service
from db.session import Database
from db.tables import journal, runs
from db.tables import words as words_table
from db.words import erase
from golive.evidence import Link, Metric, Remark, Signature
from golive.plan import Plan
from golive.recording import Batch, Build, Recorded, RuleView, Wait
from golive.template import Stage
from golive.words import N_, say
from tests.db import story
from tests.db.story import QA, RM, event, first, record, run_change, task_change, words


async def whole(database: Database, run_id: str = "r1") -> Any:
    async with database.reading() as session:
        return await queries.get_run(session, run_id)


async def test_first_batch_writes_the_whole_plan(database: Database) -> None:
    recorded = await record(database, first(run=run_change()))
    run = await whole(database)
    assert run.plan == story.plan()
    assert (run.title, run.state, run.service, run.started_by, run.seq) == (
        "Checkout 1.4.0",
        "running",
        "checkout",
        "rm",
        1,
    )
    assert [(task.ref, task.state, task.back_out) for task in run.tasks] == [
        ("uat.plan", "locked", False),
        ("uat.test", "locked", False),
        ("uat.notes", "locked", False),
        ("uat.restore", "locked", True),
        ("grey.watch", "locked", False),
    ]
    by_ref = {task.ref: task for task in run.tasks}
    assert by_ref["uat.test"].depends_on == ("r1.uat.plan",)
    assert by_ref["grey.watch"].depends_on == ("r1.uat.test",)
    assert by_ref["uat.plan"].people == ("qa1", "qa2")
    assert by_ref["uat.test"].items[0].state == "open"
    assert [(approval.ref, approval.state) for approval in run.approvals] == [("uat.go", "locked")]
    assert run.approvals[0].rules == (RuleView(function="business", mode="any", min=1, met=False),)
    async with database.reading() as session:
        assert await receipt_of(session, "r1", "start-r1") == (1, recorded.hashes[0])
        assert await receipt_of(session, "r1", "nobody sent this") is None


@pytest.mark.parametrize(
    "forged",
    [
        Batch(run_id="r1", start=story.start(key=b"of somebody else"), events=(story.started(),)),
        Batch(
            run_id="r1", start=story.start().model_copy(update={"signature": ""}), events=(story.started(),)
        ),
        Batch(run_id="r1", start=story.start("r2"), events=(story.started(),)),
        Batch(
            run_id="r1",
            start=story.start().model_copy(update={"plan": story.plan(title="Another plan")}),
            events=(story.started(),),
        ),
    ],
    ids=["other key", "no signature", "of another run", "changed plan"],
)
async def test_forged_start_is_refused_and_writes_nothing(database: Database, forged: Batch) -> None:
    with pytest.raises(ForgedStart):
        await record(database, forged)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(runs)) == 0
        assert await session.scalar(select(func.count()).select_from(journal)) == 0


async def test_start_signed_by_an_older_key_is_accepted(database: Database) -> None:
    older = Batch(run_id="r1", start=story.start(key=story.KEYS[1]), events=(story.started(),))
    assert len((await record(database, older)).hashes) == 1


async def test_second_start_under_the_same_id_is_refused(database: Database) -> None:
    await record(database, first())
    with pytest.raises(ForgedStart, match="otherwise"):
        await record(database, first(plan_=story.plan(title="Another plan")))


async def test_activities_refuse_for_good_what_retrying_cannot_mend(database: Database) -> None:
    recording = Recording(database, story.KEYS)
    environment = ActivityEnvironment()
    environment.info = replace(
        ActivityEnvironment.default_info(), start_to_close_timeout=timedelta(seconds=20)
    )
    answered = await environment.run(recording.record, first())
    assert isinstance(answered, Recorded)
    conflicting = first().model_copy(update={"events": (event(1, "RunAborted"),)})
    for name, batch, type_ in (
        (recording.open_tasks, conflicting, "golive.journal_conflict"),
        (
            recording.request_approval,
            Batch(run_id="r9", start=story.start("r9", key=b"wrong"), events=(story.started("r9"),)),
            "golive.forged_start",
        ),
        (
            recording.raise_alert,
            Batch(run_id="r1", events=(event(2, payload={"n": 2**60}),)),
            "golive.unrecordable",
        ),
    ):
        with pytest.raises(ApplicationError) as refused:
            await environment.run(name, batch)
        assert refused.value.type == type_
        assert refused.value.non_retryable


async def test_attempt_that_takes_too_long_writes_nothing(database: Database) -> None:
    environment = ActivityEnvironment()
    environment.info = replace(
        ActivityEnvironment.default_info(), start_to_close_timeout=timedelta(seconds=0.1)
    )
    async with database.transaction() as busy:
        await recording.record(busy, first(), story.KEYS)
        with pytest.raises(TimeoutError):
            await environment.run(Recording(database, story.KEYS).record, first())
        await busy.rollback()
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(runs)) == 0


async def test_repeated_batch_answers_the_same_and_never_overwrites_newer_views(database: Database) -> None:
    await record(database, first())
    taken = Batch(
        run_id="r1",
        events=(event(2, actor=QA, command_id="c2"), event(3, "TaskCompleted", actor=QA)),
        tasks=(task_change("plan", "in_progress", assignee="qa1"),),
    )
    answered = await record(database, taken)
    await record(
        database, Batch(run_id="r1", events=(event(4),), tasks=(task_change("plan", "done", done_by="qa1"),))
    )
    assert await record(database, taken) == answered
    run = await whole(database)
    assert (run.tasks[0].state, run.seq) == ("done", 4)


async def test_batch_that_overlaps_appends_only_what_is_new(database: Database) -> None:
    known = await record(database, first())
    both = first().model_copy(update={"events": (story.started(), event(2))})
    recorded = await record(database, both)
    assert recorded.hashes[0] == known.hashes[0]
    assert (await whole(database)).seq == 2


@pytest.mark.parametrize(
    "events",
    [
        (event(2, "TaskOpened"),),
        (event(2, actor=RM),),
        (event(2, payload={"task": "other"}),),
        (event(2, words={"reason": words("other")}),),
        (event(2, words={"reason": words("because", salt="other")}),),
        (event(2, command_id="other"),),
        (event(2), event(3)),
        (event(4),),
        (event(3), event(5)),
        (event(3), event(3)),
    ],
)
async def test_other_content_or_a_gap_is_refused_and_changes_nothing(database: Database, events: Any) -> None:
    await record(database, first())
    told = event(
        2, actor=QA, words={"reason": words("because")}, payload={"task": "uat.plan"}, command_id="c2"
    )
    await record(database, Batch(run_id="r1", events=(told,)))
    with pytest.raises((JournalConflict, JournalBehind)):
        await record(database, Batch(run_id="r1", events=events, tasks=(task_change("plan", "open"),)))
    run = await whole(database)
    assert (run.seq, run.tasks[0].state) == (2, "locked")


async def test_change_of_what_the_plan_does_not_have_is_refused(database: Database) -> None:
    await record(database, first())
    with pytest.raises(Unrecordable, match="nowhere"):
        await record(database, Batch(run_id="r1", events=(event(2),), tasks=(task_change("nowhere"),)))
    assert (await whole(database)).seq == 1


async def test_evidence_and_items_stay_until_they_are_given_again(database: Database) -> None:
    await record(database, first())
    done = task_change(
        "test",
        "to_verify",
        done_by="qa1",
        done_at=story.NOON,
        evidence=(
            Remark(text=words("all green")),
            Metric(name="coverage", value=0.91),
            Link(url="https://example.com/run"),
            Signature(),
        ),
        items={"pays": {"result": "pass", "remark": words("paid"), "evidence": [Remark(text=words("seen"))]}},
    )
    await record(database, Batch(run_id="r1", events=(event(2, actor=QA),), tasks=(done,)))
    verified = task_change("test", "done", done_by="qa1", verified_by="qa2")
    await record(database, Batch(run_id="r1", events=(event(3),), tasks=(verified,)))
    async with database.reading() as session:
        shown = await queries.get_task(session, "r1.uat.test")
    assert shown.state == "done"
    assert shown.evidence == (
        {"type": "remark", "text": "all green"},
        {"type": "metric", "name": "coverage", "value": 0.91},
        {"type": "link", "url": "https://example.com/run"},
        {"type": "signature", "meaning": "responsible"},
    )
    assert (shown.items[0].state, shown.items[0].remark) == ("pass", "paid")
    assert shown.items[0].evidence == ({"type": "remark", "text": "seen"},)


async def test_erased_words_vanish_everywhere_and_the_chain_still_verifies(database: Database) -> None:
    await record(database, first())
    said = words("Ann was ill")
    batch = Batch(
        run_id="r1",
        events=(
            event(2, "TaskBlocked", actor=QA, words={"reason": said, "remark": words("other")}),
            event(3, "LessonAdded", actor=QA, words={"text": said}, payload={"lesson": "l1"}),
        ),
        tasks=(task_change("plan", "blocked", reason=said.digest, evidence=(Remark(text=said),)),),
    )
    await record(database, batch)
    async with database.transaction() as session:
        assert await erase(session, said.digest)
        assert not await erase(session, said.digest)
    await record(database, batch)  # a repetition does not bring the text back
    async with database.reading() as session:
        rows = await events_after(session, "r1", 1)
        assert (rows[0].reason, rows[0].words) == (None, {"remark": "other"})
        shown = await queries.get_task(session, "r1.uat.plan")
        assert (shown.reason, shown.evidence) == (None, ({"type": "remark", "text": None},))
        assert (await lessons_of_run(session, "r1"))[0].text is None
        assert await lessons_of_service(session, "checkout") == ()
        assert (await verify(session)).ok
        stored = await session.execute(select(words_table.c.text))
        assert "Ann" not in " ".join(row.text or "" for row in stored)


async def test_lessons_actions_and_comments(database: Database) -> None:
    await record(database, first())
    later = "2026-12-01T09:00:00Z"
    await record(
        database,
        Batch(
            run_id="r1",
            events=(
                event(
                    2,
                    "LessonAdded",
                    actor=QA,
                    words={"text": words("test earlier")},
                    payload={"lesson": "l1"},
                ),
                event(
                    3,
                    "ActionAdded",
                    actor=RM,
                    words={"text": words("automate")},
                    payload={"action": "a1", "owner": "qa1", "due_at": later},
                ),
                event(4, "Commented", actor=QA, object="task:uat.plan", words={"text": words("looks odd")}),
                event(5, "ActionClosed", actor=QA, payload={"action": "a1"}),
            ),
        ),
    )
    async with database.reading() as session:
        action = (await actions_of_run(session, "r1"))[0]
        assert (action.text, action.owner, action.closed_by, action.seq) == ("automate", "qa1", "qa1", 3)
        assert (await comments_of_run(session, "r1", "task:uat.plan"))[0].text == "looks odd"
        assert await comments_of_run(session, "r1", "") == ()
        assert [lesson.text for lesson in await lessons_of_service(session, "checkout")] == ["test earlier"]
        assert await lessons_of_service(session, "checkout", before_run="r1") == ()


async def test_new_build_is_what_the_run_shows(database: Database) -> None:
    await record(database, first(run=run_change()))
    release = story.RELEASE.model_copy(update={"version": "1.4.1"})
    builds = (
        Build(n=1, release=story.RELEASE, at=story.NOON, by="rm"),
        Build(n=2, release=release, at=story.NOON, by="rm"),
    )
    change = run_change(
        "held",
        builds=builds,
        weight=10,
        hold_reason=words("look first"),
        blocked_by=say(N_("Held by {who}"), who="rm"),
        waits=(Wait(what="hold", object="run", who=("rm",), since=story.NOON),),
    )
    wait = Wait(what="task", object="task:uat.plan", who=("qa1",), since=story.NOON.replace(hour=11))
    await record(
        database,
        Batch(run_id="r1", events=(event(2),), run=change, tasks=(task_change("plan", wait=wait),)),
    )
    run = await whole(database)
    assert (run.release.version, run.version, run.weight, run.hold_reason) == (
        "1.4.1",
        "1.4.1",
        10,
        "look first",
    )
    assert [found.what for found in run.waits] == ["task", "hold"]
    assert str(run.blocked_by) == "Held by rm"


async def test_a_thousand_task_changes_are_one_quick_batch(database: Database) -> None:
    stage = Stage(
        id="big",
        process="uat",
        title=story.text("Big"),
        tasks=tuple(story.task(f"t{n}") for n in range(1000)),
    )
    big: Plan = story.plan(stages=(stage,))
    await record(database, first(plan_=big))
    batch = Batch(
        run_id="r1",
        events=tuple(
            event(n, "TaskOpened", payload={"title": {"en": "t", "zh": "t"}}) for n in range(2, 1002)
        ),
        tasks=tuple(task_change(f"big.t{n}", assignee="qa1") for n in range(1000)),
    )
    begun = time.perf_counter()
    recorded = await record(database, batch)
    took = time.perf_counter() - begun
    run = await whole(database)
    assert len(recorded.hashes) == 1000
    assert {(task.state, task.assignee) for task in run.tasks} == {("open", "qa1")}
    assert took < 5, f"{took:.2f} s; an idle machine needs about 0.2 s"


@pytest.mark.parametrize(("run_id", "seq"), [("r1", 4), ("unknown", 2)])
async def test_a_batch_that_finds_too_little_freezes_its_run_and_is_tried_again(
    database: Database, run_id: str, seq: int
) -> None:
    """The database was restored from an older backup: what is missing comes from Temporal's history."""
    await record(database, first())
    environment = ActivityEnvironment()
    late = Batch(run_id=run_id, events=(event(seq),))
    for _ in range(2):
        with pytest.raises(ApplicationError, match="golive db recover") as behind:
            await environment.run(Recording(database, story.KEYS).record, late)
        assert (behind.value.type, behind.value.non_retryable) == ("golive.journal_behind", False)
    run = await whole(database)
    assert (run.seq, run.frozen is not None) == (1, run_id == "r1")
    await record(database, Batch(run_id="r1", events=(event(2), event(3)), run=run_change()))
    assert not (await whole(database)).frozen
