"""A report tells which row of a table gave an approval its rules, and which rules expired."""

from __future__ import annotations

from datetime import timedelta

from activities.report.composing import compose
from activities.report.document import Many
from db.session import Database
from golive.plan import AppliedRow
from golive.words import say
from tests.reports.played import begun
from tests.reports.test_report import rows, story
from tests.rules.plans import SIGN_OFF, SIGNED, make_plan
from tests.rules.world import World

WHY = say("row 1 of 2: Risk is high")


def played() -> World:
    rules = [{"function": "ops", "expires_in": "1d"}, {"function": "qa"}]
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": rules}]}
    applied = {"sign-off.sign": AppliedRow(row=1, count=2, why=WHY)}
    world = begun(make_plan(signed, applied=applied))
    world.tick(timedelta(days=1))
    return world


async def test_the_row_that_applied_stands_before_its_rules(database: Database) -> None:
    (approval,) = rows(compose(await story(played(), database), "draft", None), "decisions", "Approvals")
    assert isinstance(approval["rules"], Many)
    assert [str(each) for each in approval["rules"].parts] == [str(WHY), "ops: 0 of 1", "qa: 0 of 1"]


async def test_a_rule_that_expired_is_told_with_whom_it_awaited(database: Database) -> None:
    document = compose(await story(played(), database), "draft", None)
    (expired,) = rows(document, "decisions", "Rules that expired")
    assert (expired["rule"], expired["awaited"]) == ("ops", "ops1, ops2, ops3")
