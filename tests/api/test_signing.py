"""Around the decisions of an approval, on a real run: who signs for whom, who signs as well, who takes it back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.client import Client, problem
from tests.api.team import Team, finish_tasks

UNTIL = "2099-01-01T00:00:00Z"


class Approval:
    """The one approval of a run, whose tasks are done; `ops1` alone is asked."""

    def __init__(self, team: Team, run_id: str):
        self.team, self.path = team, f"/approvals/{run_id}.uat.go"

    async def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.team.manager.get(self.path)
        return found

    async def act(self, who: Client, act: str, **body: Any) -> httpx.Response:
        return await who.post(f"{self.path}/{act}", body)

    async def done(self, who: Client, act: str, **body: Any) -> dict[str, Any]:
        answer = await self.act(who, act, **body)
        assert answer.status_code in (200, 201), answer.text
        return await self.shown()

    async def decide(self, who: Client) -> dict[str, Any]:
        digest = (await self.shown())["digest"]
        return await self.done(who, "decisions", decision="approved", digest=digest)


@pytest.fixture
async def approval(team: Team) -> Approval:
    run = await team.start()
    await finish_tasks(team, run["id"])
    return Approval(team, run["id"])


async def test_a_decision_is_handed_over_and_recorded_as_theirs_for_you(approval: Approval) -> None:
    team = approval.team
    cleo = await team.admin.joined("cleo", "approver", functions=("ops",))
    seen = await approval.done(team.ops1, "delegate", to="cleo", until=UNTIL, reason="away")
    assert seen["waiting_for"] == ["cleo"]
    (handed,) = seen["delegations"]
    assert (handed["by"], handed["to"], handed["functions"], handed["stands"]) == (
        "ops1",
        "cleo",
        ["ops"],
        "running",
    )
    digest = seen["digest"]
    refused = await approval.act(team.ops1, "decisions", decision="approved", digest=digest)
    assert "has handed over to cleo until" in problem(refused, 403, "may_not_sign")["detail"]
    seen = await approval.decide(cleo)
    assert seen["state"] == "approved"
    assert [(made["by"], made["on_behalf_of"]) for made in seen["decisions"]] == [("cleo", "ops1")]
    events = (await team.manager.get(f"/runs/{seen['run_id']}/events", limit=500))["items"]
    (made,) = [event for event in events if event["type"] == "DecisionMade"]
    assert made["summary"] == "cleo for ops1 decided on “Go”: approved"


async def test_what_was_handed_over_is_taken_back(approval: Approval) -> None:
    team = approval.team
    await team.admin.joined("cleo", "approver", functions=("ops",))
    await approval.done(team.ops1, "delegate", to="cleo", until=UNTIL, reason="away")
    seen = await approval.done(team.ops1, "delegate", to=None, reason="here again")
    assert seen["waiting_for"] == ["ops1"]
    assert [handed["stands"] for handed in seen["delegations"]] == ["over"]


async def test_signers_are_added_before_and_withdraw_what_they_said(approval: Approval) -> None:
    team = approval.team
    dora = await team.admin.joined("dora", "approver")
    seen = await approval.done(team.ops1, "add-signer", people=["dora"], place="before", reason="ledger")
    assert seen["waiting_for"] == ["dora"]
    assert seen["added"] == [{"by": "ops1", "name": "dora", "place": "before"}]
    assert [(rule["function"], rule["people"], rule["added_by"]) for rule in seen["rules"]] == [
        ("ops", [], None),
        (None, ["dora"], "ops1"),
    ]
    assert (await approval.decide(dora))["waiting_for"] == ["ops1"]
    seen = await approval.done(dora, "withdraw", reason="of another build")
    assert seen["waiting_for"] == ["dora"]
    assert [(made["withdrawn"], made["stale"]) for made in seen["decisions"]] == [(True, True)]
    refused = await approval.act(team.ops1, "decisions", decision="approved", digest=seen["digest"])
    problem(refused, 409, "not_your_turn")


async def test_signers_are_reminded_once_in_a_while_and_others_informed(approval: Approval) -> None:
    team = approval.team
    await approval.done(team.manager, "remind")
    again = problem(await approval.act(team.manager, "remind"), 409, "reminded_lately")
    assert again["again_at"] > "2026"
    seen = await approval.done(team.ops1, "inform", people=["dev1", "dev1"], comment="you call it")
    assert seen["informed"] == ["dev1"]


async def test_who_is_nobody_is_told_by_the_field(approval: Approval) -> None:
    team = approval.team
    for act, body in (
        ("delegate", {"to": "nobody", "until": UNTIL, "reason": "away"}),
        ("add-signer", {"people": ["nobody"], "place": "after", "reason": "ledger"}),
        ("inform", {"people": ["nobody"]}),
    ):
        told = problem(await approval.act(team.ops1, act, **body), 422, "unknown_user")
        assert told["user"] == "nobody"
