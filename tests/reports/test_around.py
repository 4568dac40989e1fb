"""A report tells what people did around the decisions: took back, handed over, added, informed, reminded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.report.composing import compose
from activities.report.document import Document
from activities.report.rendering import render
from db.session import Database
from golive import commands as c
from golive.commands import Actor
from tests.reports.played import begun
from tests.reports.test_report import rows, story
from tests.rules.acting import approve
from tests.rules.plans import SIGN_OFF, SIGNED, make_plan
from tests.rules.signing import REF, adding, hand_over
from tests.rules.world import T0, World, words

CLEO = Actor(name="cleo", roles=("approver",), functions=("dev",))
WHY = words().text
BEA = Actor(name="bea", roles=("approver",), functions=("ops",))


def played() -> World:
    """ops1 takes the decision back, adds cleo, hands over to bea and takes that back; rm informs and reminds."""
    rules = [{"function": "ops", "min": 2}, {"function": "qa"}]
    world = begun(make_plan({**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": rules}]}))
    approve(world, "ops1")
    world.act(c.Withdraw(approval=REF, reason=words("of another build")), "ops1")
    world.act(adding("before", CLEO), "ops1")
    world.act(hand_over(world, BEA, until=T0 + timedelta(days=9)), "ops1")
    world.act(c.Delegate(approval=REF, to=None, reason=words("back again")), "ops1")
    world.act(c.Inform(approval=REF, people=("dev1", "dev2"), comment=words("you call it")), "rm")
    world.act(c.RemindSigners(approval=REF), "rm")
    return world


@pytest.fixture
async def document(database: Database) -> Document:
    return compose(await story(played(), database), "draft", None)


async def test_each_act_is_told_with_whom_it_names_its_dates_and_its_reason(document: Document) -> None:
    told = rows(document, "decisions", "Around the decisions")
    assert [(row["who"], str(row["what"]), row["whom"], row["why"]) for row in told] == [
        ("ops1", "withdrew the decision", None, "of another build"),
        ("ops1", "added signers before", "cleo", WHY),
        ("ops1", "handed the decision over", "bea", WHY),
        ("ops1", "took back what was handed over", "bea", "back again"),
        ("rm", "kept people informed", "dev1, dev2", "you call it"),
    ]
    handed = told[2]
    assert (handed["since"], handed["until"]) == (handed["time"], T0 + timedelta(days=9))


async def test_a_decision_that_was_withdrawn_is_told_as_such_with_its_reason(document: Document) -> None:
    (made,) = rows(document, "decisions", "Decisions")
    assert [str(part) for part in made["stands"].parts] == ["no, withdrawn", "of another build"]  # type: ignore[attr-defined]


async def test_reminders_by_people_are_told_and_counted(document: Document) -> None:
    (reminder,) = rows(document, "interruptions", "Reminders and escalations")
    assert (str(reminder["what"]), reminder["level"]) == ("reminder by rm", None)
    assert reminder["to"] == "ops2, ops3, qa1, qa2, qa3, cleo"
    markdown = render(document, "en", "md")
    assert "reminders and escalations: 1" in markdown
    assert "Nobody had to be reminded" not in markdown


async def test_where_nobody_did_anything_around_the_decisions_there_is_no_such_table(
    database: Database,
) -> None:
    rules = [{"function": "ops"}]
    world = begun(make_plan({**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": rules}]}))
    approve(world, "ops1")
    document = compose(await story(world, database), "draft", None)
    assert "Around the decisions" not in render(document, "en", "md")


async def test_a_hand_over_that_ends_by_the_clock_is_no_act(database: Database) -> None:
    rules = [{"function": "ops"}, {"function": "qa"}]
    world = begun(make_plan({**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": rules}]}))
    world.act(hand_over(world, BEA), "ops1")
    world.tick(timedelta(days=1))
    told = rows(compose(await story(world, database), "draft", None), "decisions", "Around the decisions")
    assert [str(row["what"]) for row in told] == ["handed the decision over"]
