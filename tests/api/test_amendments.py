"""Amendments of a real run: foreseen, asked for, approved by who signs, and followed by all that people read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Client, problem
from tests.api.team import TEMPLATE, Team, finish_tasks, journal

SMALL_AND_SMOKE = TEMPLATE.replace(
    "      - {key: look,", "      - {key: smoke, title: Smoke test, function: dev}\n      - {key: look,"
)
WIDER = {"people": {"ops": ["ops1", "ops2"]}}


@pytest.fixture
async def run_id(team: Team) -> str:
    return str((await team.start())["id"])


async def newer(team: Team, source: str = SMALL_AND_SMOKE) -> int:
    """Publish a later version of the template of the run."""
    published = await team.admin.post("/templates", {"source": source})
    assert published.status_code == 201, published.text
    return int(published.json()["version"])


async def asked(team: Team, run_id: str, **changes: Any) -> dict[str, Any]:
    made = await team.manager.post(f"/runs/{run_id}/amend", {"reason": "it has to be", **changes})
    assert made.status_code == 201, made.text
    amendment: dict[str, Any] = made.json()["amendment"]
    return amendment


async def decided(who: Client, amendment: dict[str, Any], decision: str = "approved") -> dict[str, Any]:
    body = {"decision": decision, "digest": amendment["digest"], "comment": "seen"}
    made = await who.post(f"/amendments/{amendment['id']}/decisions", body)
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()["amendment"]
    return answer


async def test_other_people_are_foreseen_and_then_in_force_at_once(team: Team, run_id: str) -> None:
    await team.admin.joined("ops2", "assignee", "approver", functions=("ops",))
    path = f"/runs/{run_id}/amend"
    seen = await team.manager.post(f"{path}/preview", WIDER)
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (told["kind"], told["asked"], told["functions"]) == ("minor", [], [])
    assert told["changes"] == ["Of ops now act: ops1, ops2; before: ops1."]
    assert told["patch"] == [{"op": "add", "path": "/people/ops/1", "value": "ops2"}]
    run = await team.manager.get(f"/runs/{run_id}")
    assert (run["plan_version"], run["people"]["ops"], run["amendments"]) == (1, ["ops1"], [])

    body = {**WIDER, "reason": "ops1 goes on leave"}
    made = await team.manager.post(path, body, key="wider")
    assert made.status_code == 201, made.text
    amendment = made.json()["amendment"]
    assert (amendment["state"], amendment["kind"], amendment["by"]) == ("in_force", "minor", "rm")
    assert (amendment["reason"], amendment["changes"]) == ("ops1 goes on leave", told["changes"])
    assert (await team.manager.post(path, body, key="wider")).json() == made.json()
    run = await team.manager.get(f"/runs/{run_id}")
    assert (run["plan_version"], run["people"]["ops"]) == (2, ["ops1", "ops2"])
    assert [each["id"] for each in run["amendments"]] == [amendment["id"]]
    types = await journal(team, run_id)
    assert [each for each in types if "Amend" in each] == ["AmendmentRequested", "PlanAmended"]


async def test_a_later_version_is_approved_by_who_signs_and_opens_what_is_new(
    team: Team, run_id: str
) -> None:
    version = await newer(team)
    seen = (await team.manager.post(f"/runs/{run_id}/amend/preview", {"template_version": version})).json()
    assert (seen["kind"], seen["functions"], seen["asked"]) == ("major", ["ops"], ["ops1"])
    assert [each["ref"] for each in seen["impact"]["new_tasks"]] == ["uat.smoke"]

    amendment = await asked(team, run_id, template_version=version)
    assert (amendment["state"], amendment["waiting_for"]) == ("requested", ["ops1"])
    run = await team.manager.get(f"/runs/{run_id}")
    assert run["plan_version"] == 1
    assert [wait["who"] for wait in run["waits"] if wait["what"] == "amendment"] == [["ops1"]]
    mine = await team.ops1.get("/amendments", waiting_for="me")
    assert [each["id"] for each in mine["items"]] == [amendment["id"]]

    path = f"/amendments/{amendment['id']}/decisions"
    body = {"decision": "approved", "digest": amendment["digest"]}
    problem(await team.qa1.post(path, body), 403, "may_not_amend")
    problem(await team.ops1.post(path, {**body, "digest": f"sha256:{'0' * 64}"}), 409, "stale_subject")
    problem(await team.ops1.post(path, {**body, "decision": "rejected"}), 422, "reason_missing")
    approved = await decided(team.ops1, amendment)
    assert (approved["state"], approved["waiting_for"]) == ("in_force", [])
    assert [(each["by"], each["comment"]) for each in approved["decisions"]] == [("ops1", "seen")]
    problem(await team.ops1.post(path, body), 409, "amendment_closed")

    run = await team.manager.get(f"/runs/{run_id}")
    assert (run["plan_version"], run["template_version"]) == (2, version)
    smoke = await team.dev1.get(f"/tasks/{run_id}.uat.smoke")
    assert (smoke["state"], smoke["gone_in"]) == ("open", None)
    assert (await team.dev1.post(f"/tasks/{run_id}.uat.smoke/complete", {})).status_code == 200


async def test_what_is_gone_is_shown_as_such_and_asked_of_nobody(team: Team, run_id: str) -> None:
    version = await newer(
        team, TEMPLATE.replace("      - {key: look, title: Look at it, function: qa, verify: true}\n", "")
    )
    await decided(team.ops1, await asked(team, run_id, template_version=version))
    run = await team.manager.get(f"/runs/{run_id}")
    assert f"{run_id}.uat.look" not in [task["id"] for task in run["tasks"]]
    assert [(task["id"], task["gone_in"]) for task in run["gone_tasks"]] == [(f"{run_id}.uat.look", 2)]
    mine = await team.qa1.get("/tasks", assignee="me", run=run_id)
    assert [task["id"] for task in mine["items"]] == [f"{run_id}.uat.test"]
    problem(await team.qa1.post(f"/tasks/{run_id}.uat.look/complete", {"remark": "no"}), 404, "unknown_task")


async def test_a_parameter_is_planned_with_anew(team: Team, run_id: str) -> None:
    run = await team.manager.get(f"/runs/{run_id}")
    assert run["pace"] == "demo"
    amendment = await asked(team, run_id, parameters={"pace": "real"})
    assert amendment["kind"] == "major"
    assert amendment["changes"][0] == "The parameter “pace” is real, no longer demo."
    await decided(team.ops1, amendment)
    assert (await team.manager.get(f"/runs/{run_id}"))["pace"] == "real"
    problem(
        await team.manager.post(f"/runs/{run_id}/amend", {"reason": "x", "parameters": {"pase": "real"}}),
        422,
        "unknown_parameter",
    )


async def test_a_rejection_and_a_withdrawal_close_it_with_their_words(team: Team, run_id: str) -> None:
    version = await newer(team)
    rejected = await decided(team.ops1, await asked(team, run_id, template_version=version), "rejected")
    assert (rejected["state"], rejected["closed_by"], rejected["comment"]) == ("rejected", "ops1", "seen")
    amendment = await asked(team, run_id, template_version=version)
    again = {"reason": "x", "go_live_at": "2099-01-01T00:00:00Z"}
    problem(await team.manager.post(f"/runs/{run_id}/amend", again), 409, "amendment_pending")
    path = f"/amendments/{amendment['id']}/withdraw"
    other = await team.admin.joined("rm2", "release_manager")
    problem(await other.post(path, {"reason": "mine"}), 403, "may_not_amend")
    made = await team.manager.post(path, {"reason": "not needed"})
    assert made.status_code == 200, made.text
    shown = await team.qa1.get(f"/amendments/{amendment['id']}")
    assert (shown["state"], shown["comment"]) == ("withdrawn", "not needed")
    assert (await team.manager.get(f"/runs/{run_id}"))["plan_version"] == 1


async def test_what_cannot_be_amended_is_told(team: Team, run_id: str) -> None:
    path = f"/runs/{run_id}/amend"
    for body, status, code in (
        ({}, 409, "nothing_amended"),
        ({"people": {"ops": ["ops1"]}}, 409, "nothing_amended"),
        ({"people": {"ops": ["qa1"]}}, 422, "function_missing"),
        ({"people": {"ops": []}}, 422, "nobody_for_function"),
        ({"people": {"dba": ["qa1"]}}, 422, "function_missing"),
        ({"go_live_at": "2020-01-01T00:00:00Z"}, 422, "start_time_invalid"),
        ({"template_version": 9}, 404, "unknown_template"),
    ):
        problem(await team.manager.post(path, {"reason": "because", **body}), status, code)
        problem(await team.manager.post(f"{path}/preview", body), status, code)
    problem(await team.qa1.post(path, {"reason": "because", **WIDER}), 403, "role_missing")
    problem(await team.qa1.post(f"{path}/preview", WIDER), 403, "role_missing")
    problem(await team.manager.post(path, {"go_live_at": "2099-01-01T00:00:00Z"}), 422, "invalid")
    problem(await team.manager.ask("GET", "/amendments/none"), 404, "unknown_amendment")


async def test_a_function_that_the_plan_does_not_use_is_refused(team: Team, run_id: str) -> None:
    await team.admin.joined("dba1", "assignee", functions=("dba",))
    body = {"reason": "because", "people": {"dba": ["dba1"]}}
    problem(await team.manager.post(f"/runs/{run_id}/amend", body), 422, "function_unused")


async def test_the_former_version_is_planned_with_although_a_later_one_is_there(
    team: Team, run_id: str
) -> None:
    await newer(team)
    amendment = await asked(team, run_id, parameters={"pace": "real"})
    assert amendment["impact"]["new_tasks"] == []


async def test_an_ended_run_is_amended_no_more(team: Team, run_id: str) -> None:
    await team.manager.post(f"/runs/{run_id}/abort", {"reason": "enough"})
    body = {"reason": "late", "go_live_at": "2099-01-01T00:00:00Z"}
    answer = await team.manager.post(f"/runs/{run_id}/amend", body)
    assert answer.json()["code"] in ("run_ending", "run_ended")


async def test_who_came_in_signs_and_who_was_taken_out_does_not(team: Team, run_id: str) -> None:
    ops2 = await team.admin.joined("ops2", "assignee", "approver", functions=("ops",))
    await finish_tasks(team, run_id)
    path = f"/approvals/{run_id}.uat.go"
    asked_first = await team.ops1.get(path)
    assert asked_first["waiting_for"] == ["ops1"]
    await asked(team, run_id, people={"ops": ["ops2"]})
    now = await team.ops1.get(path)
    assert (now["waiting_for"], now["digest"]) == (["ops2"], asked_first["digest"])
    body = {"decision": "approved", "digest": now["digest"]}
    problem(await team.ops1.post(f"{path}/decisions", body), 403, "may_not_sign")
    assert (await ops2.post(f"{path}/decisions", body)).status_code == 201
    assert (await ops2.get(path))["state"] == "approved"


async def test_without_a_run_there_is_nothing_to_amend(admin: Client) -> None:
    problem(await admin.ask("GET", "/amendments/none"), 404, "unknown_amendment")
    asked = await admin.get("/amendments", waiting_for="me", state="requested", run="none")
    assert asked == {"items": [], "next_cursor": None}
    manager = await admin.joined("rm", "release_manager")
    problem(await manager.post("/runs/none/amend", {"reason": "because", **WIDER}), 404, "unknown_run")
    problem(await manager.post("/runs/none/amend/preview", WIDER), 404, "unknown_run")
    problem(await manager.post("/amendments/none/withdraw", {"reason": "because"}), 404, "unknown_amendment")
