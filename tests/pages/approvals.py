"""A run that stands before its sign-off: a release, work with all kinds of evidence, a gate, a rollout, two signers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from db.tables import journal, metadata
from tests.api.client import Client
from tests.api.team import Team
from tests.pages.reader import Shown

SOURCE = """
name: signed
title: Signed
description: Work, a gate, a sign-off and a rollout.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
  - {key: share, title: Share, type: integer, default: 20}
stages:
  - id: uat
    process: uat
    title: {en: Acceptance, zh: 验收}
    tasks:
      - key: test
        title: {en: Run the tests, zh: 执行测试}
        function: qa
        requires: [{type: test_result}, {type: link}, {type: metric, name: rate}]
        items:
          - {id: card, text: Pays by card, required: true}
          - {id: cash, text: Pays cash, required: false}
      - {key: brief, title: Brief support, function: qa}
    gates:
      - key: good
        title: The tests are good
        checks:
          - {key: rate, title: Share that passes, source: {task: test, fact: rate}, compare: ">=", threshold: 0.9}
  - id: sign-off
    process: dual_sign_off
    title: Signatures
    needs: [uat]
    approvals:
      - key: go
        title: {en: May it go live?, zh: 可以上线吗？}
        rules: [{function: ops}, {function: qa, exclude_doers_of: [uat.test]}]
        back_to: uat.test
        due: 1d
        expires_in: 5d
  - id: grey
    process: grey_release
    title: Grey release
    needs: [sign-off]
    rollout:
      steps: [{do: set_weight, weight: "${share}"}, {do: pause}, {do: set_weight, weight: 100}]
"""
PEOPLE = {"qa": ["qa1", "qa2", "qa3"], "ops": ["ops1", "ops2"]}
JUNIT = b'<testsuite><testcase name="a"><failure/></testcase><testcase name="b"/></testsuite>'
RELEASE: dict[str, Any] = {
    "service": "checkout",
    "version": "1.4.0",
    "artifacts": [
        {"name": "checkout.tar", "digest": f"sha256:{'a' * 64}"},
        {"name": "data.tar", "digest": f"sha256:{'b' * 64}"},
    ],
    "authors": ["qa3"],
    "scope": "Wallets <b>only</b>",
    "external_refs": [{"system": "jira", "id": "REL-42", "url": "https://jira.example.com/REL-42"}],
}


@dataclass(frozen=True)
class Asked:
    """The run, whose sign-off `go` is asked for, and who takes part."""

    team: Team
    run: str
    qa3: Client
    ops2: Client

    @property
    def path(self) -> str:
        return f"/approvals/{self.run}.sign-off.go"

    async def shown(self) -> dict[str, Any]:
        """Return the approval as the API shows it."""
        shown: dict[str, Any] = await self.team.manager.get(self.path)
        return shown

    async def new_build(self, **release: Any) -> None:
        """Register another build, after which everybody is asked anew."""
        body = {"release": {**RELEASE, **release}, "reason": "RC2"}
        answer = await self.team.manager.post(f"/runs/{self.run}/release", body)
        assert answer.status_code == 200, answer.text

    async def decisions(self) -> list[tuple[str, str]]:
        """Return who decided what, as the journal has it."""
        made = (journal.c.stream == self.run) & (journal.c.action == "DecisionMade")
        async with self.team.stack.database.reading() as session:
            rows = await session.execute(
                select(journal.c.actor, journal.c.payload).where(made).order_by(journal.c.seq)
            )
            return [(row.actor, row.payload["decision"]) for row in rows]

    async def everything(self) -> dict[str, list[Any]]:
        """Return every row of the database."""
        async with self.team.stack.database.reading() as session:
            return {
                name: [tuple(row) for row in await session.execute(select(table))]
                for name, table in metadata.tables.items()
            }


async def asked(
    team: Team, source: str = SOURCE, people: dict[str, list[str]] = PEOPLE, rate: float = 0.95
) -> Asked:
    """Start the run and do all that comes before its sign-off; the share that passes is its `rate`."""
    answer = await team.admin.post("/templates", {"source": source})
    assert answer.status_code == 201, answer.text
    qa3 = await team.admin.joined("qa3", "assignee", "approver", functions=("qa",))
    ops2 = await team.admin.joined("ops2", "assignee", "approver", functions=("ops",))
    body = {"template": "signed", "release": RELEASE, "people": people, "parameters": {"pace": "demo"}}
    started = await team.manager.post("/runs", body)
    assert started.status_code == 201, started.text
    found = Asked(team=team, run=started.json()["id"], qa3=qa3, ops2=ops2)
    team.stack.runs.append(found.run)
    report = await team.qa1.upload("junit.xml", JUNIT)
    done: dict[str, Any] = {
        "remark": "Done on the second try.",
        "evidence": [
            {"type": "test_result", "attachment_id": report},
            {"type": "link", "url": "https://ci.example.com/42", "title": "The build"},
            {"type": "metric", "name": "rate", "value": rate},
        ],
        "items": {
            "card": {"result": "pass", "remark": "Three cards."},
            "cash": {"result": "not_applicable", "remark": "No cash here."},
        },
    }
    for act, told in (("test/complete", done), ("brief/not-applicable", {"reason": "They know."})):
        answer = await team.qa1.post(f"/tasks/{found.run}.uat.{act}", told)
        assert answer.status_code == 200, answer.text
    return found


def digest_in(shown: Shown, action: str) -> str:
    """Return the digest that a form of the page carries."""
    field = shown.form(action).select_one('input[name="digest"]')
    assert field is not None
    return str(field["value"])
