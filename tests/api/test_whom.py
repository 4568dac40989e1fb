"""Rules that ask groups, managers and owners, on a real run: who is asked, who still may, who stands in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.client import RELEASE, Client, problem
from tests.api.team import Team

TEMPLATE = """
name: board
title: Board
description: The change board, the owner and the manager decide.
stages:
  - id: go
    process: dual_sign_off
    title: Go
    tasks: [{key: facts, title: Facts, function: dev}]
    approvals:
      - key: board
        title: Board
        rules: [{group: change-board, mode: RULE}, {function: ops}]
      - key: lead
        title: Lead
        rules: [{manager_of: release_manager}, {owner_of_service: true}]
"""


@pytest.fixture
async def board(team: Team) -> dict[str, Client]:
    """Return the people of the directory: bea and bob are the board, mia manages whoever starts, olaf owns."""
    people = {name: await team.admin.joined(name, "approver") for name in ("bea", "bob", "mia", "olaf")}
    for path, body in (
        ("/groups", {"name": "change-board", "members": ["bea", "bob"]}),
        ("/templates", {"source": TEMPLATE.replace("RULE", "all")}),
    ):
        assert (await team.admin.post(path, body)).status_code == 201
    await team.admin.done("PATCH", "/users/rm", {"manager": "mia"})
    await team.admin.done("PUT", f"/services/{RELEASE['service']}", {"owners": ["olaf"]})
    return people


async def started(team: Team) -> str:
    body = {"template": "board", "release": RELEASE, "people": {"ops": ["ops1"], "dev": ["dev1"]}}
    answer = await team.manager.post("/runs", body)
    assert answer.status_code == 201, answer.text
    run = str(answer.json()["id"])
    team.stack.runs.append(run)
    return run


async def asked(team: Team, run: str, key: str) -> dict[str, Any]:
    """Do the task and return the approval once it is asked for."""
    await team.dev1.post(f"/tasks/{run}.go.facts/complete", {})
    return await seen(team, run, key, lambda found: found["state"] == "pending")


async def seen(team: Team, run: str, key: str, is_so: Any) -> dict[str, Any]:
    found: dict[str, Any] = await team.manager.until(f"/approvals/{run}.go.{key}", is_so)
    return found


async def approve(who: Client, approval: dict[str, Any], status: int = 201) -> Any:
    body = {"decision": "approved", "digest": approval["digest"]}
    answer = await who.post(f"/approvals/{approval['id']}/decisions", body)
    assert answer.status_code == status, answer.text
    return answer


async def test_a_group_is_asked_as_it_is_then_and_told_in_words(team: Team, board: dict[str, Client]) -> None:
    run = await started(team)
    await team.admin.done("PATCH", "/groups/change-board", {"members": ["bob"]})
    found = await asked(team, run, "board")
    assert found["waiting_for"] == ["bob", "ops1"]
    rule = found["rules"][0]
    assert (rule["group"], rule["asks"], rule["people"]) == (
        "change-board",
        "the group change-board",
        ["bob"],
    )


async def test_managers_and_owners_are_asked_and_sign(team: Team, board: dict[str, Client]) -> None:
    found = await asked(team, await started(team), "lead")
    assert found["waiting_for"] == ["mia", "olaf"]
    assert [rule["asks"] for rule in found["rules"]] == [
        "the manager of whoever started the run",
        "the owners of the service",
    ]
    await approve(board["mia"], found)
    await approve(board["olaf"], found)
    assert (await team.manager.get(f"/approvals/{found['id']}"))["state"] == "approved"


async def test_who_left_the_group_is_refused_and_told_why(team: Team, board: dict[str, Client]) -> None:
    found = await asked(team, await started(team), "board")
    await team.admin.done("PATCH", "/groups/change-board", {"members": ["bob"]})
    refused = problem(await approve(board["bea"], found, 403), 403, "may_not_sign")
    assert "bea no longer acts in the group change-board" in refused["detail"]
    assert "Awaited: " in refused["detail"]


async def test_who_lacks_the_role_hears_all_that_keeps_them_from_signing_and_who_is_asked(
    team: Team, board: dict[str, Client]
) -> None:
    found = await asked(team, await started(team), "board")
    told = problem(await approve(team.manager, found, 403), 403, "role_missing")
    assert told["detail"] == (
        "rm may not sign “Board”: rm does not have the role approver, which an administrator grants; "
        "does not act in the group change-board, ops in this run; started the run. Awaited: bea, bob, ops1."
    )


async def test_a_decision_of_who_left_since_does_not_open_the_gate(
    team: Team, board: dict[str, Client]
) -> None:
    run = await started(team)
    lead = await asked(team, run, "lead")
    found = await seen(team, run, "board", lambda each: each["state"] == "pending")
    for who in (board["mia"], board["olaf"]):
        await approve(who, lead)
    await approve(board["bea"], found)
    await approve(board["bob"], found)
    await team.admin.done("PATCH", "/users/bea", {"roles": ["viewer"]})
    await approve(team.ops1, found)
    again = await seen(team, run, "board", lambda each: each["decisions"][0]["stale"])
    assert again["decisions"][0]["by"] == "bea"
    assert again["state"] == "approved", "bob alone is all of the board now"
    events = (await team.manager.get(f"/runs/{run}/events", limit=500))["items"]
    (left,) = [event["summary"] for event in events if event["type"] == "SignerLeft"]
    assert left == "The decision of bea on “Board” no longer counts: bea no longer has the role approver"


async def test_a_deputy_stands_in_for_who_is_away(team: Team, board: dict[str, Client]) -> None:
    dora = await team.admin.joined("dora", "approver", functions=("ops",))
    until_then = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    away = {"until": until_then, "deputy": "dora", "reason": "parental leave"}
    assert (await team.ops1.post("/absences", away)).status_code == 201
    run = await started(team)
    await asked(team, run, "board")
    found = await seen(team, run, "board", lambda each: "dora" in each["waiting_for"])
    assert found["waiting_for"] == ["bea", "bob", "dora"]
    await approve(dora, found)
    made = (await team.manager.get(f"/approvals/{found['id']}"))["decisions"]
    assert [(each["by"], each["on_behalf_of"]) for each in made] == [("dora", "ops1")]


async def test_a_name_that_nobody_has_makes_no_rule_weaker(team: Team, board: dict[str, Client]) -> None:
    source = TEMPLATE.replace("{group: change-board, mode: RULE}", "{people: [bea, bab], mode: ordered}")
    refused = problem(await team.admin.post("/templates", {"source": source}), 422, "template_invalid")
    (fault,) = refused["errors"]
    assert "there is no person “bab”; did you mean “bob”?" in fault["message"]
    await team.admin.joined("bab", "approver")
    published = await team.admin.post("/templates", {"source": source})
    assert published.status_code == 201, published.text


async def test_a_start_without_anybody_to_ask_is_refused(team: Team, board: dict[str, Client]) -> None:
    await team.admin.done("PATCH", "/groups/change-board", {"members": []})
    body = {"template": "board", "release": RELEASE}
    refused = problem(await team.manager.post("/runs", body), 422, "unsatisfiable_approval")
    assert "group:change-board × 1: –" in refused["detail"]
