"""Which row of a table gave an approval its rules, and when each rule expires, at the pages."""

from __future__ import annotations

from tests.api.team import Team
from tests.api.test_templates import publish
from tests.api.test_tiers import TIERED, asked
from tests.pages.reader import reading


async def test_the_page_of_an_approval_says_which_row_applied_and_when_each_rule_expires(team: Team) -> None:
    await publish(team.admin, TIERED)
    answer = await team.manager.post("/runs", asked(4))
    run_id = answer.json()["id"]
    team.stack.runs.append(run_id)
    seen = {}
    for language in ("en", "zh"):
        async with reading(team.admin.app, team.ops1.token, language) as ops1:
            seen[language] = (await ops1.look(f"/approvals/{run_id}.uat.go")).html.select("#live")[0]
    shown = {language: " ".join(live.get_text(" ").split()) for language, live in seen.items()}
    assert "Decided by table: row 2 of 2: Risk is 4 (>= 3 and < 7)." in shown["en"]
    assert "风险" in shown["zh"]
    ops, qa = seen["en"].select(".rules > li")
    assert not ops.select("div.small.quiet"), "when the first rule expires is told above"
    assert "expires" in qa.select("div.small.quiet")[0].get_text()
