"""Acts of people on a real run: the application, a Temporal server, a worker and a database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from db.freezing import freeze, freeze_unknown
from db.session import Database
from golive.names import workflow_id
from settings import Settings
from tests.api.client import RELEASE, Client, problem
from tests.api.team import JUNIT, Team, finish_tasks, join, journal, seated
from tests.conftest import ELSEWHERE
from tests.stack import running


async def test_the_same_start_makes_one_run_and_another_persons_key_another_one(team: Team) -> None:
    key = uuid4().hex  # the run's id follows from it, and all tests share one Temporal server
    run = await team.start(key=key)
    assert run["state"] == "running"
    assert run["release_manager"] == "rm"
    assert run["people"] == {"qa": ["qa1", "qa2"], "ops": ["ops1"]}
    assert await team.start(key=key) == run
    other = await team.admin.joined("rm2", "release_manager")
    assert (await team.start(key=key, by=other))["id"] != run["id"]
    body = {"template": "small", "release": {**RELEASE, "version": "2.0.0"}}
    problem(await team.manager.post("/runs", body, key=key), 422, "idempotency_key_reused")


async def test_starts_at_the_same_moment_make_one_run(team: Team) -> None:
    key = uuid4().hex
    runs = await asyncio.gather(*(team.start(key=key) for _ in range(5)))
    assert len({run["id"] for run in runs}) == 1
    assert (await journal(team, runs[0]["id"])).count("RunStarted") == 1


async def test_a_task_without_its_evidence_is_refused_and_with_it_completed_once(team: Team) -> None:
    run = await team.start()
    task = f"/tasks/{run['id']}.uat.test"
    told = problem(await team.qa1.post(f"{task}/complete", {"remark": "done"}), 422, "evidence_missing")
    assert "test_result" in told["detail"]
    assert (await team.qa1.get(task))["state"] == "open"
    result = {"type": "test_result", "attachment_id": await team.qa1.upload("junit.xml", JUNIT)}
    body = {"remark": "all green", "evidence": [result]}
    answers = await asyncio.gather(*(team.qa1.post(f"{task}/complete", body, key="k") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    receipts = [answer.json() for answer in answers]
    assert all(receipt == receipts[0] for receipt in receipts)
    assert {"run_id", "command_id", "seq", "hash", "state"} <= receipts[0].keys()
    assert (await journal(team, run["id"])).count("TaskCompleted") == 1
    done = await team.qa1.get(task)
    assert (done["state"], done["done_by"]) == ("done", "qa1")
    kinds = {piece["type"]: piece for piece in done["evidence"]}
    assert kinds["remark"]["text"] == "all green"
    assert kinds["test_result"]["facts"] == {"tests": 2, "failures": 0, "errors": 0, "skipped": 0}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<testsuites/>", "test_result_empty"),
        (b"no xml", "test_result_invalid"),
        (None, "unknown_attachment"),
    ],
)
async def test_a_test_result_that_shows_nothing_changes_nothing(
    team: Team, content: bytes | None, code: str
) -> None:
    run = await team.start()
    task = f"/tasks/{run['id']}.uat.test"
    attachment = "none" if content is None else await team.qa1.upload("junit.xml", content)
    before = await journal(team, run["id"])
    body = {"evidence": [{"type": "test_result", "attachment_id": attachment}]}
    problem(await team.qa1.post(f"{task}/complete", body), 422, code)
    assert (await journal(team, run["id"]), (await team.qa1.get(task))["state"]) == (before, "open")


async def test_a_refusal_of_the_rules_is_told_and_written_to_the_audit_log(team: Team) -> None:
    run = await team.start()
    answer = await team.dev1.post(f"/tasks/{run['id']}.uat.look/start", {})
    assert answer.status_code == 403, answer.text
    refused = (await team.admin.get("/audit", outcome="refused"))["items"]
    assert [(row["actor"], row["object"], row["payload"]["code"]) for row in refused] == [
        ("dev1", f"run:{run['id']}", answer.json()["code"])
    ]


async def test_who_did_a_task_does_not_verify_it(team: Team) -> None:
    run = await team.start()
    task = f"/tasks/{run['id']}.uat.look"
    assert (await team.qa1.post(f"{task}/complete", {"remark": "looked"})).status_code == 200
    assert (await team.qa1.get("/tasks", assignee="me", state="to_verify", run=run["id"]))["items"] == []
    problem(await team.qa1.post(f"{task}/verify", {"result": "pass"}), 403, "own_work")
    mine = (await team.qa2.get("/tasks", assignee="me", state="to_verify", run=run["id"]))["items"]
    assert [each["key"] for each in mine] == ["look"]
    assert (
        await team.qa2.post(f"{task}/verify", {"result": "pass", "remark": "so it is"})
    ).status_code == 200


async def test_a_decision_is_taken_on_what_was_shown_and_once(team: Team) -> None:
    run = await team.start()
    await finish_tasks(team, run["id"])
    path = f"/approvals/{run['id']}.uat.go"
    shown = await team.ops1.get(path)
    assert shown["waiting_for"] == ["ops1"]
    assert shown["subject"]
    listed = (await team.ops1.get("/approvals", waiting_for="me", run=run["id"]))["items"]
    assert [each["id"] for each in listed] == [shown["id"]]
    assert {work["id"]: work["evidence"][0]["type"] for work in shown["signed"]["work"]} == {
        f"{run['id']}.uat.test": "test_result",
        f"{run['id']}.uat.look": "remark",
    }
    assert all(work["as_signed"] for work in shown["signed"]["work"])
    wrong = {"decision": "approved", "comment": "x", "digest": f"sha256:{'0' * 64}"}
    problem(await team.ops1.post(f"{path}/decisions", wrong), 409, "stale_subject")
    right = {"decision": "approved", "meaning": "approved", "comment": "reviewed", "digest": shown["digest"]}
    problem(await team.qa1.post(f"{path}/decisions", right), 403, "may_not_sign")
    answer = await team.ops1.post(f"{path}/decisions", right, key="k")
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["approval"]["state"] == "approved"
    assert [made["comment"] for made in receipt["approval"]["decisions"]] == ["reviewed"]
    assert receipt["decision_id"] == receipt["approval"]["decisions"][0]["id"]
    assert (await team.ops1.post(f"{path}/decisions", right, key="k")).json() == receipt


async def test_what_changed_after_it_was_signed_is_not_shown_as_signed(team: Team) -> None:
    run = await team.start()
    await finish_tasks(team, run["id"])
    path = f"/approvals/{run['id']}.uat.go"
    digest = (await team.ops1.get(path))["digest"]
    veto = {"decision": "rejected", "meaning": "rejected", "comment": "not yet", "digest": digest}
    assert (await team.ops1.post(f"{path}/decisions", veto)).status_code == 201
    again = await team.manager.post(f"/tasks/{run['id']}.uat.look/reopen", {"reason": "look again"})
    assert again.status_code == 200, again.text
    work = (await team.ops1.get(path))["signed"]["work"]
    assert {each["id"].rpartition(".")[2]: each["as_signed"] for each in work} == {
        "test": True,
        "look": False,
    }


async def test_a_run_that_ended_is_left_alone(team: Team) -> None:
    run = await team.start()
    assert (await team.manager.post(f"/runs/{run['id']}/abort", {"reason": "not today"})).status_code == 200
    async with asyncio.timeout(20):
        while (await team.manager.get(f"/runs/{run['id']}"))["state"] != "aborted":
            await asyncio.sleep(0.05)
    problem(await team.manager.post(f"/runs/{run['id']}/hold", {"reason": "wait"}), 409, "run_ended")


async def test_acts_on_the_run_are_answered_with_receipts_in_order(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    acts = [
        (team.manager, "/hold", {"reason": "lunch"}),
        (team.manager, "/resume", {"reason": "back"}),
        (team.qa1, "/comments", {"text": "all good"}),
        (team.qa1, "/lessons", {"text": "start earlier"}),
        (team.qa1, "/actions", {"text": "automate", "owner": "qa2", "due_at": "2099-01-01T00:00:00Z"}),
    ]
    seqs = []
    for who, act, body in acts:
        answer = await who.post(path + act, body)
        assert answer.status_code == 200, answer.text
        seqs.append(answer.json()["seq"])
    assert seqs == sorted(seqs)
    action = (await team.qa1.get(f"{path}/actions"))["items"][0]
    assert (action["owner"], action["closed_at"]) == ("qa2", None)
    closed = await team.qa2.post(f"{path}/actions/{action['id']}/close", {"remark": "done"})
    assert closed.status_code == 200, closed.text
    assert (await team.qa1.get(f"{path}/actions"))["items"][0]["closed_by"] == "qa2"
    assert [said["text"] for said in (await team.qa1.get(f"{path}/comments"))["items"]] == ["all good"]
    assert [said["text"] for said in (await team.qa1.get(f"{path}/lessons"))["items"]] == ["start earlier"]
    bad = {"text": "x", "owner": "nobody", "due_at": "2099-01-01T00:00:00Z"}
    problem(await team.qa1.post(f"{path}/actions", bad), 422, "unknown_user")


async def test_a_new_build_replaces_the_release(team: Team) -> None:
    run = await team.start()
    release = {**RELEASE, "artifacts": [{"name": "checkout", "digest": f"sha256:{'b' * 64}"}]}
    answer = await team.manager.post(f"/runs/{run['id']}/release", {"release": release, "reason": "RC2"})
    assert answer.status_code == 200, answer.text
    shown = await team.manager.get(f"/runs/{run['id']}")
    assert shown["release"]["artifacts"] == release["artifacts"]
    assert [build["n"] for build in shown["builds"]] == [1, 2]


async def test_thirty_acts_at_once_are_all_done_once(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}/comments"

    async def say(n: int) -> int:
        while True:  # who finds the queue full sends the same again, as the answer says
            answer = await team.qa1.post(path, {"text": f"no. {n}"}, key=f"k{n}")
            if answer.status_code != 503:
                assert answer.status_code == 200, answer.text
                return int(answer.json()["seq"])
            assert int(answer.headers["retry-after"]) > 0

    async with asyncio.timeout(100):
        seqs = await asyncio.gather(*(say(n) for n in range(30)))
    assert len(set(seqs)) == 30
    assert (await journal(team, run["id"])).count("Commented") == 30


async def test_a_task_is_given_to_somebody_else_and_back(team: Team) -> None:
    run = await team.start()
    task = f"/tasks/{run['id']}.uat.look"
    problem(await team.manager.post(f"{task}/reassign", {"to": "nobody"}), 422, "unknown_user")
    assert (await team.manager.post(f"{task}/reassign", {"to": "qa2"})).status_code == 200
    assert (await team.manager.get(task))["assignee"] == "qa2"
    assert (await team.manager.post(f"{task}/reassign", {"to": None})).status_code == 200
    assert (await team.manager.get(task))["assignee"] is None


async def test_with_the_worker_away_an_act_is_answered_in_time_and_later_has_one_answer(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, application: Client
) -> None:
    async with running(temporal, database, tmp_path) as stack:
        team = seated(stack, application, await join(application))
        run = await team.start()
        stack.runs.clear()  # it goes on after this worker
    path = f"/runs/{run['id']}/comments"
    began = time.monotonic()
    late = await team.qa1.post(path, {"text": "anybody there?"}, key="k")
    assert time.monotonic() - began < 8
    problem(late, 503, "engine_unavailable")
    assert (await team.qa1.get(f"/runs/{run['id']}"))["state"] == "running"
    async with running(temporal, database, tmp_path) as stack:
        stack.runs.append(run["id"])
        team = replace(team, stack=stack)
        async with asyncio.timeout(60):
            while (
                answer := await team.qa1.post(path, {"text": "anybody there?"}, key="k")
            ).status_code == 503:
                await asyncio.sleep(0.1)
        assert answer.status_code == 200, answer.text
        assert (await team.qa1.post(path, {"text": "anybody there?"}, key="k")).json() == answer.json()
        assert (await journal(team, run["id"])).count("Commented") == 1


async def test_a_frozen_run_takes_no_act_but_those_that_return_traffic(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with team.stack.database.transaction() as session:
        assert await freeze(session, run["id"])
    assert "golive db recover" in (await team.manager.get(path))["blocked_by"]
    for _ in range(2):  # nothing is kept under the key
        refused = await team.manager.post(f"{path}/hold", {"reason": "lunch"}, key="h")
        problem(refused, 503, "run_frozen")
        assert refused.headers["Retry-After"] == "60"
    ended = await team.manager.post(f"{path}/abort", {"reason": "users cannot pay"})
    assert ended.status_code == 200, ended.text


@asynccontextmanager
async def in_namespace(
    team: Team, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Client]:
    """The release manager at an API of the same golive that is connected to another namespace than its worker."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", team.stack.client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", name)
    settings = Settings(
        home=tmp_path,
        database_url=team.stack.database.url,
        secret_keys=SecretStr("a-key-of-tests-and-of-nothing-else"),
        temporal="external",
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://golive", timeout=30) as http:
            yield Client(app, http, team.manager.token)


async def test_an_api_in_another_namespace_says_that_the_run_is_unknown_there_and_keeps_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with in_namespace(team, ELSEWHERE, monkeypatch, tmp_path) as manager:
        for act in ("hold", "abort", "rollback"):
            refused = await manager.post(f"{path}/{act}", {"reason": "users cannot pay"}, key=act)
            problem(refused, 503, "run_frozen")
            assert "Temporal does not know its workflow" in refused.json()["detail"]
    async with in_namespace(team, "nowhere", monkeypatch, tmp_path) as manager:
        problem(
            await manager.post(f"{path}/hold", {"reason": "users cannot pay"}, key="hold"),
            503,
            "engine_unavailable",
        )
    held = await team.manager.post(f"{path}/hold", {"reason": "users cannot pay"}, key="hold")
    assert held.status_code == 200, held.text


async def test_a_run_whose_workflow_is_over_is_said_to_have_ended(team: Team) -> None:
    run = await team.start()
    await team.stack.client.get_workflow_handle(workflow_id(run["id"])).terminate("by an operator")
    problem(await team.manager.post(f"/runs/{run['id']}/hold", {"reason": "lunch"}), 409, "run_ended")


async def test_a_run_that_temporal_does_not_know_takes_no_act_and_is_not_said_to_have_ended(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with team.stack.database.transaction() as session:
        assert await freeze_unknown(session, run["id"])
    async with in_namespace(team, ELSEWHERE, monkeypatch, tmp_path) as manager:
        for act in ("hold", "abort", "rollback"):
            refused = await manager.post(f"{path}/{act}", {"reason": "users cannot pay"})
            problem(refused, 503, "run_frozen")
            assert "Temporal does not know its workflow" in refused.json()["detail"]
    assert (await team.manager.get(path))["state"] == "running"
