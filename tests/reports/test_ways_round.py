"""A report tells what was waived and what was granted against its rules, and who looked at that."""

from __future__ import annotations

from activities.report.composing import compose
from activities.report.document import State
from db.session import Database
from golive import commands as c
from tests.reports.played import begun
from tests.reports.test_report import rows, story
from tests.rules.plans import SIGN_OFF, SIGNED, make_plan
from tests.rules.test_break_glass import WHY, breaker, breaking
from tests.rules.test_waivers import RATED, asking, granting, measure
from tests.rules.world import World, words


def played() -> World:
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}
    world = begun(make_plan(RATED, signed))
    measure(world, 0.97)
    world.act(asking(world), "qa1")
    world.act(granting(world), "ops1")
    world.act(breaking(world), breaker(world))
    return world


async def test_a_waiver_is_told_with_who_asked_why_and_who_granted_it(database: Database) -> None:
    (waived,) = rows(compose(await story(played(), database), "draft", None), "gates", "Waivers")
    assert (waived["asked for by"], waived["decided by"]) == ("qa1", "ops1")
    assert [waived[name] for name in ("reason", "risk", "mitigation")] == ["reason", "risk", "mitigation"]
    assert waived["state"] == State("granted")
    assert waived["until"] is not None


async def test_what_was_broken_is_told_with_its_reason_and_its_review(database: Database) -> None:
    world = played()
    document = compose(await story(world, database), "draft", None)
    (broken,) = rows(document, "decisions", "Granted by breaking the glass")
    assert (broken["who"], broken["why"], str(broken["reviewed by"])) == ("eva", WHY.text, "nobody yet")


async def test_who_reviewed_it_is_told(database: Database) -> None:
    world = played()
    world.act(c.CloseAction(action=world.run.state.actions[0].id, remark=words()), "dev1")
    document = compose(await story(world, database), "draft", None)
    (broken,) = rows(document, "decisions", "Granted by breaking the glass")
    assert broken["reviewed by"] == "dev1"
