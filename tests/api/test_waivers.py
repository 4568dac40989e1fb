"""Ways round what blocks a run, on a real run: waivers of a check, and break-glass with its review."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import RELEASE, problem
from tests.api.team import PEOPLE, Team
from tests.api.test_templates import SMALL

GATED = SMALL.replace("name: small", "name: gated").replace(", checklist: small-list", "").replace(
    "function: qa}", "function: qa, requires: [{type: metric, name: rate}]}"
) + (
    "    gates:\n      - key: tests\n        title: Tests\n        checks:\n"
    "          - {key: rate, title: Share that pass, source: {task: test, fact: rate}, compare: '>=', threshold: 1}\n"
)
ENDS = "2099-01-01T00:00:00Z"
SAID = {"reason": "behind a switch", "risk": "it is switched on", "mitigation": "the switch is locked"}


@pytest.fixture
async def run_id(team: Team) -> str:
    return await gated(team)


async def gated(team: Team) -> str:
    """Start a run whose one gate is closed: three in a hundred tests failed."""
    published = await team.admin.post("/templates", {"source": GATED})
    assert published.status_code == 201, published.text
    body = {"template": "gated", "release": RELEASE, "people": PEOPLE, "parameters": {"pace": "demo"}}
    run_id = str((await team.manager.post("/runs", body)).json()["id"])
    team.stack.runs.append(run_id)
    evidence = [{"type": "metric", "name": "rate", "value": 0.97}]
    done = await team.qa1.post(f"/tasks/{run_id}.uat.test/complete", {"evidence": evidence})
    assert done.status_code == 200, done.text
    return run_id


def asking(**more: Any) -> dict[str, Any]:
    return {"check": "uat/tests.rate", "ends_at": ENDS, **SAID, **more}


async def approved(team: Team, run_id: str) -> None:
    path = f"/approvals/{run_id}.uat.go"
    digest = (await team.ops1.get(path))["digest"]
    made = await team.ops1.post(f"{path}/decisions", {"decision": "approved", "digest": digest})
    assert made.status_code == 201, made.text


async def test_a_waiver_is_asked_for_decided_by_another_function_and_opens_the_gate(
    team: Team, run_id: str
) -> None:
    made = await team.qa1.post(f"/runs/{run_id}/waivers", asking(), key="w")
    assert made.status_code == 201, made.text
    waiver = made.json()["waiver"]
    assert (waiver["state"], waiver["by"], waiver["title"]) == ("requested", "qa1", "Share that pass")
    assert {name: waiver[name] for name in SAID} == SAID
    assert waiver["waiting_for"] == ["ops1"]
    assert (await team.qa1.post(f"/runs/{run_id}/waivers", asking(), key="w")).json() == made.json()
    mine = await team.ops1.get("/waivers", waiting_for="me")
    assert [each["id"] for each in mine["items"]] == [waiver["id"]]
    path = f"/waivers/{waiver['id']}/decisions"
    problem(await team.qa2.post(path, {"decision": "approved"}), 403, "may_not_waive")
    problem(await team.ops1.post(path, {"decision": "rejected"}), 422, "reason_missing")
    granted = await team.ops1.post(path, {"decision": "approved", "comment": "until the fix is in"})
    assert granted.status_code == 201, granted.text
    assert granted.json()["waiver"]["state"] == "granted"
    shown = await team.ops1.get(f"/waivers/{waiver['id']}")
    assert (shown["decided_by"], shown["comment"], shown["waiting_for"]) == (
        "ops1",
        "until the fix is in",
        [],
    )
    gate = (await team.ops1.get(f"/runs/{run_id}"))["stages"][0]["gates"][0]
    assert (gate["state"], gate["checks"][0]["observed"]) == ("pass_with_waiver", 0.97)
    problem(await team.dev1.post(path, {"decision": "approved"}), 409, "waiver_closed")


async def test_what_cannot_be_waived_is_told(team: Team, run_id: str) -> None:
    path = f"/runs/{run_id}/waivers"
    problem(await team.qa1.post(path, asking(check="uat/tests.none")), 404, "unknown_check")
    problem(await team.qa1.post(path, asking(ends_at="2020-01-01T00:00:00Z")), 422, "waiver_times")
    assert (await team.qa1.get("/waivers", run=run_id))["items"] == []
    problem(await team.qa1.ask("GET", "/waivers/none"), 404, "unknown_waiver")


async def test_the_glass_is_broken_by_who_may_and_the_run_ends_after_its_review(
    team: Team, run_id: str
) -> None:
    eva = await team.admin.joined("eva", "break_glass", "assignee")
    path = f"/approvals/{run_id}.uat.go"
    digest = (await team.ops1.get(path))["digest"]
    why = "payments fail for everybody, and ops is on a plane"
    body = {"approval": f"{run_id}.uat.go", "digest": digest, "reason": why}
    told = problem(await team.admin.post(f"/runs/{run_id}/break-glass", body), 403, "role_missing")
    assert "Who has it: eva." in told["detail"]
    problem(await eva.post(f"/runs/{run_id}/break-glass", {**body, "reason": "urgent"}), 422, "reason_short")
    broken = await eva.post(f"/runs/{run_id}/break-glass", body)
    assert broken.status_code == 200, broken.text
    approval = await team.ops1.get(path)
    assert (approval["state"], approval["decisions"], approval["glass_broken_by"]) == ("approved", [], "eva")
    glass = approval["broken_glass"]
    assert (glass["by"], glass["reason"], glass["reviewed_by"]) == ("eva", why, None)
    assert glass["at"] > approval["requested_at"]
    (review,) = (await team.ops1.get(f"/runs/{run_id}/actions"))["items"]
    assert (review["reviews"], review["text"]) == ("eva", why)
    closing = f"/runs/{run_id}/actions/{review['id']}/close"
    problem(await eva.post(closing, {"remark": "fine"}), 403, "own_review")
    assert (await team.ops1.post(closing, {"remark": "looked at it"})).status_code == 200
    glass = (await team.ops1.get(path))["broken_glass"]
    assert (glass["reviewed_by"], glass["reviewed_at"] > glass["at"]) == ("ops1", True)
    (other,) = (await team.ops1.get("/approvals", run=run_id))["items"]
    assert other["broken_glass"] is None, "lists leave it out"


async def test_the_journal_tells_all_of_it_and_verifies(team: Team, run_id: str) -> None:
    made = (await team.qa1.post(f"/runs/{run_id}/waivers", asking())).json()["waiver"]
    await team.ops1.post(f"/waivers/{made['id']}/decisions", {"decision": "approved"})
    await approved(team, run_id)
    types = [
        event["type"] for event in (await team.manager.get(f"/runs/{run_id}/events", limit=500))["items"]
    ]
    assert [each for each in types if each.startswith("Waiver")] == ["WaiverRequested", "WaiverGranted"]
