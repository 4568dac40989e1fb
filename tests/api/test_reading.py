"""What people read of a run that was recorded: no engine is needed for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.house import House
from db.queries import get_run
from golive.plan import Plan
from golive.recording import Batch
from tests.api.client import Client, problem
from tests.db.story import QA, STAGES, first, plan, record, run_change, task_change, words
from tests.db.story import event as happened


def frozen() -> Plan:
    """The plan of the story, its references in full as planning writes them."""
    uat, grey = STAGES
    tasks = tuple(
        task.model_copy(update={"needs": tuple(f"uat.{need}" for need in task.needs)}) for task in uat.tasks
    )
    return plan(stages=(uat.model_copy(update={"tasks": tasks}), grey))


@pytest.fixture
async def reader(admin: Client) -> Client:
    """The user qa1 of a run `r1` that has begun, and in which qa1 took the task `plan`."""
    house: House = admin.app.state.house
    await record(house.database, first(plan_=frozen(), run=run_change()))
    taken = happened(
        2, "TaskStarted", object="task:uat.plan", actor=QA, payload={"title": {"en": "Plan", "zh": "计划"}}
    )
    change = task_change("uat.plan", "in_progress", assignee="qa1")
    await record(house.database, Batch(run_id="r1", events=(taken,), tasks=(change,)))
    return await admin.joined("qa1", "assignee", functions=("qa",))


async def test_a_whole_run_has_every_field_that_clients_rely_on(reader: Client) -> None:
    run = await reader.get("/runs/r1")
    wanted = "id title state template template_version release stages blocked_by waits started_at ended_at"
    assert set(wanted.split()) <= run.keys()
    assert {"tasks", "approvals", "forecast", "people", "builds", "seq"} <= run.keys()
    assert run["release"]["environment"] == "production"
    assert run["release"]["external_refs"] == []
    assert [stage["id"] for stage in run["stages"]] == ["uat", "grey"]
    assert {"id", "process", "title", "state", "gates"} <= run["stages"][0].keys()
    assert run["started_at"].endswith("Z")
    assert run["seq"] == 2


async def test_what_has_not_opened_is_never_expected_in_the_past_and_what_was_planned_stays(
    reader: Client,
) -> None:
    house: House = reader.app.state.house
    async with house.database.reading() as session:
        run = await get_run(session, "r1")
    before = datetime.now(UTC)
    planned = [
        datetime.fromisoformat(each["opens_at"]) for each in (await reader.get("/runs/r1"))["forecast"]
    ]
    expected = [each.opens_at for each in house.forecasts.of(run)]
    opened = [stage.opened_at for stage in run.stages]
    assert [at for at, known in zip(expected, opened, strict=True) if known] == [at for at in opened if at]
    assert all(at >= before for at, known in zip(expected, opened, strict=True) if not known)
    assert all(at < before for at in planned)


async def test_a_task_has_every_field_and_what_it_requires_is_complete(reader: Client) -> None:
    task = await reader.get("/tasks/r1.uat.plan")
    wanted = (
        "id run_id stage key title state priority function assignee due_at overdue depends_on verify requires "
        "items evidence"
    )
    assert set(wanted.split()) <= task.keys()
    assert task["requires"] == [{"type": "metric", "min": 1, "name": "coverage", "example": 0.9}]
    assert task["assignee"] == "qa1"
    other = await reader.get("/tasks/r1.uat.test")
    assert other["items"][0]["requires"] == []
    assert other["depends_on"] == ["r1.uat.plan"]


async def test_requirements_without_name_and_example_leave_them_out(reader: Client) -> None:
    document = (await reader.http.get("/openapi.json")).json()
    requirement = document["components"]["schemas"]["RequirementShown"]
    assert set(requirement["required"]) == {"type", "min"}


async def test_lists_say_what_is_mine(reader: Client) -> None:
    mine = (await reader.get("/tasks", assignee="me", state="in_progress", run="r1"))["items"]
    assert [task["id"] for task in mine] == ["r1.uat.plan"]
    assert (await reader.get("/approvals", waiting_for="me", run="r1"))["items"] == []
    runs = (await reader.get("/runs", state="running", service="checkout", q="1.4"))["items"]
    assert [run["id"] for run in runs] == ["r1"]


async def test_events_are_told_in_order_and_in_the_readers_language(reader: Client) -> None:
    page = await reader.get("/runs/r1/events", limit=1)
    assert [event["seq"] for event in page["items"]] == [1]
    rest = await reader.get("/runs/r1/events", cursor=page["next_cursor"])
    assert [event["seq"] for event in rest["items"]] == [2]
    assert rest["next_cursor"] is None
    event = rest["items"][0]
    assert {"seq", "at", "type", "actor", "summary", "payload", "hash"} <= event.keys()
    assert event["summary"] == "qa1 took “Plan”"
    assert (await reader.get("/runs/r1/events", after=2))["items"] == []


async def test_titles_are_in_the_readers_language(reader: Client, admin: Client) -> None:
    li = await admin.joined("li", "viewer", locale="zh")
    assert "（中文）" in (await li.get("/tasks/r1.uat.plan"))["title"]
    assert "（中文）" not in (await reader.get("/tasks/r1.uat.plan"))["title"]


async def test_a_run_without_a_report_says_so(reader: Client) -> None:
    problem(await reader.ask("GET", "/runs/r1/report"), 404, "unknown_report")


async def test_what_the_engine_never_applied_changes_nothing(reader: Client) -> None:
    before = await reader.get("/runs/r1")
    answer = await reader.post("/tasks/r1.uat.plan/complete", {"remark": "done"})
    problem(answer, 503, "engine_unavailable")
    assert await reader.get("/runs/r1") == before


async def test_an_act_that_was_recorded_is_answered_from_the_journal_with_the_engine_away(
    reader: Client, admin: Client
) -> None:
    house: House = admin.app.state.house
    from api.attempts import Attempt

    attempt = Attempt(QA, "POST /api/v1/runs/r1/comments", "k", "")
    said = happened(3, "Commented", actor=QA, command_id=attempt.id, words={"comment": words("hello")})
    await record(house.database, Batch(run_id="r1", events=(said,)))
    answer = await reader.post("/runs/r1/comments", {"text": "hello"}, key="k")
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    assert (receipt["seq"], receipt["state"], receipt["command_id"]) == (3, "running", attempt.id)
    again = await reader.post("/runs/r1/comments", {"text": "hello"}, key="k")
    assert again.json() == receipt
    problem(await reader.post("/runs/r1/comments", {"text": "bye"}, key="k"), 422, "idempotency_key_reused")


async def test_who_lacks_the_role_is_refused_before_the_engine_is_asked(reader: Client) -> None:
    problem(await reader.post("/runs/r1/abort", {"reason": "why not"}), 403, "role_missing")


async def test_an_act_needs_a_reason(admin: Client, reader: Client) -> None:
    manager = await admin.joined("rm2", "release_manager")
    told = problem(await manager.post("/runs/r1/hold", {"reason": "  "}), 422, "invalid")
    assert told["field"] == "reason"
