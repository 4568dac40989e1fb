"""Which rules an approval has by the parameters of the start: previewed, refused, and shown with the row and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.api.client import RELEASE, Client, problem
from tests.api.team import Team
from tests.api.test_amendments import asked as amend
from tests.api.test_amendments import decided
from tests.api.test_templates import SMALL, publish

TIERED = SMALL.replace(", checklist: small-list", "").replace(
    "rules: [{function: ops}]",
    "after: [], expires_in: 2d, rules_by: {rows: [{when: {risk: '< 3'}, rules: [{function: ops}]}, "
    "{when: {risk: '>= 3 and < 7'}, rules: [{function: ops, expires_in: 1d}, {function: qa}]}], "
    "refuse_others: true}",
).replace(
    "parameters:\n",
    "parameters:\n  - {key: risk, title: {en: Risk, zh: 风险}, type: integer, default: 0, min: 0, max: 10}\n",
)  # fmt: skip
PEOPLE = {"qa": ["qa1", "qa2"], "ops": ["ops1"]}


def asked(risk: int) -> dict[str, Any]:
    return {"template": "small", "release": RELEASE, "people": PEOPLE, "parameters": {"risk": risk}}


async def preview(client: Client, risk: int) -> dict[str, Any]:
    answer = await client.post("/templates/preview", asked(risk))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_preview_tells_whom_the_row_asks_and_why_in_the_readers_language(team: Team) -> None:
    assert "rules_by" in TIERED
    await publish(team.admin, TIERED)
    told = await preview(team.manager, 3)
    assert [each["function"] for each in told["asked"] if each["what"] == "approval"] == ["ops", "qa"]
    assert "“Go” is decided by table: row 2 of 2: Risk is 3 (>= 3 and < 7)." in told["notes"]
    told = await preview(team.manager, 0)
    assert [each["function"] for each in told["asked"] if each["what"] == "approval"] == ["ops"]


async def test_a_start_that_no_row_fits_is_refused(team: Team) -> None:
    await publish(team.admin, TIERED)
    for path in ("/runs", "/templates/preview"):
        told = problem(await team.manager.post(path, asked(8)), 422, "no_row_applies")
        assert "“Go” (uat.go) has no rules where risk = 8" in told["detail"]
        assert told["field"] == "parameters.risk"


async def test_an_amended_value_is_judged_by_the_table_again_and_shown(team: Team) -> None:
    await publish(team.admin, TIERED)
    answer = await team.manager.post("/runs", asked(5))
    assert answer.status_code == 201, answer.text
    run = str(answer.json()["id"])
    team.stack.runs.append(run)
    for risk, why in ((6, "row 2 of 2: Risk is 6 (>= 3 and < 7)"), (2, "row 1 of 2: Risk is 2 (< 3)")):
        amendment = await amend(team, run, parameters={"risk": risk})
        assert amendment["kind"] == "major", "who signs reads the risk"
        await decided(team.ops1, amendment)
        await decided(team.qa1, amendment)
        shown = await team.manager.get(f"/approvals/{run}.uat.go")
        assert shown["applied"]["why"] == why
        assert shown["subject"]["plan"]["parameters"]["risk"] == risk


async def test_a_table_with_a_hole_is_not_published(team: Team) -> None:
    hole = TIERED.replace("}], refuse_others: true}", "}]}")
    told = problem(await team.admin.post("/templates", {"source": hole}), 422, "template_invalid")
    (error,) = told["errors"]
    assert error["path"] == "stages[0].approvals[0].rules_by.rows"
    assert "no row fits where risk = 7: add a row" in error["message"]


async def test_an_approval_shows_the_row_and_when_each_rule_expires(team: Team) -> None:
    await publish(team.admin, TIERED)
    answer = await team.manager.post("/runs", asked(4))
    assert answer.status_code == 201, answer.text
    team.stack.runs.append(answer.json()["id"])
    shown = await team.manager.get(f"/approvals/{answer.json()['id']}.uat.go")
    assert shown["applied"] == {"row": 2, "count": 2, "why": "row 2 of 2: Risk is 4 (>= 3 and < 7)"}
    ops, qa = (datetime.fromisoformat(rule["expires_at"]) for rule in shown["rules"])
    assert qa - ops >= timedelta(hours=12)
    assert datetime.fromisoformat(shown["expires_at"]) == ops
    signed = await team.ops1.post(
        f"/approvals/{shown['id']}/decisions", {"decision": "approved", "digest": shown["digest"]}
    )
    assert signed.status_code == 201, signed.text
    shown = await team.manager.get(f"/approvals/{shown['id']}")
    assert shown["rules"][0]["expires_at"] is None
    assert datetime.fromisoformat(shown["expires_at"]) == qa
    build = {"reason": "RC2", "release": {**RELEASE, "version": "1.4.1"}}
    assert (await team.manager.post(f"/runs/{shown['run_id']}/release", build)).is_success
    again = await team.manager.get(f"/approvals/{shown['id']}")
    assert again["applied"] == shown["applied"], "a new build changes nothing about who must sign"
    assert [rule["function"] for rule in again["rules"]] == ["ops", "qa"]
    assert not any(rule["met"] for rule in again["rules"])
