"""A team at a real run: the application, a Temporal server, a worker and a database, and everybody signed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.api.client import RELEASE, Client
from tests.api.test_templates import SMALL
from tests.stack import Stack

PEOPLE = {"qa": ["qa1", "qa2"], "ops": ["ops1"], "dev": ["dev1"]}
TEMPLATE = SMALL.replace(", checklist: small-list", "").replace(
    "      - {key: test, title: Test it, function: qa}\n",
    "      - {key: test, title: Test it, function: qa, requires: [{type: test_result}]}\n"
    "      - {key: look, title: Look at it, function: qa, verify: true}\n",
)
JUNIT = b'<testsuite><testcase name="a"/><testcase name="b"/></testsuite>'


@dataclass(frozen=True)
class Team:
    """Everybody of one run, each signed in."""

    admin: Client
    manager: Client
    qa1: Client
    qa2: Client
    ops1: Client
    dev1: Client
    stack: Stack

    async def start(self, *, key: str | None = None, by: Client | None = None) -> dict[str, Any]:
        body = {"template": "small", "release": RELEASE, "people": PEOPLE, "parameters": {"pace": "demo"}}
        answer = await (by or self.manager).post("/runs", body, key=key)
        assert answer.status_code == 201, answer.text
        run: dict[str, Any] = answer.json()
        self.stack.runs.append(run["id"])
        return run


Tokens = dict[str, str]
"""The token of each of a team, by name."""


async def join(admin: Client) -> Tokens:
    """Let everybody be a user of golive, and publish the template of their runs."""
    await admin.post("/templates", {"source": TEMPLATE})
    people = {
        name: await admin.joined(name, "assignee", "approver", functions=(function,))
        for function, names in PEOPLE.items()
        for name in names
    }
    people["rm"] = await admin.joined("rm", "release_manager")
    return {name: client.token for name, client in people.items()}


def seated(stack: Stack, admin: Client, tokens: Tokens) -> Team:
    """Return the team of those who joined, at a run's application."""
    people = {name: replace(admin, token=token) for name, token in tokens.items()}
    return Team(admin=admin, manager=people.pop("rm"), stack=stack, **people)


async def journal(team: Team, run_id: str) -> list[str]:
    return [event["type"] for event in (await team.manager.get(f"/runs/{run_id}/events", limit=500))["items"]]


async def finish_tasks(team: Team, run_id: str) -> None:
    attachment = await team.qa1.upload("junit.xml", JUNIT)
    body = {"evidence": [{"type": "test_result", "attachment_id": attachment}]}
    for answer in (
        await team.qa1.post(f"/tasks/{run_id}.uat.test/complete", body),
        await team.qa1.post(f"/tasks/{run_id}.uat.look/complete", {"remark": "looked"}),
        await team.qa2.post(f"/tasks/{run_id}.uat.look/verify", {"result": "pass", "remark": "yes"}),
    ):
        assert answer.status_code == 200, answer.text
