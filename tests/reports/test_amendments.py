"""A report tells how the plan was amended, why, and who approved it; what was done before counts as it was done."""

from __future__ import annotations

from activities.report.composing import compose
from activities.report.document import Many, State
from activities.report.rendering import FORMATS, LANGUAGES, render
from db.session import Database
from golive.words import Text
from tests.reports.played import begun, plan, to_sign_off
from tests.reports.test_report import rows, story
from tests.rules.amending import amend, ask, changed, deciding, with_people
from tests.rules.plans import task
from tests.rules.world import World


def played() -> World:
    """Play a run with a minor amendment, one that is rejected, and one that takes out a task that was done."""
    world = begun(plan())
    to_sign_off(world)
    amend(world, with_people(world.plan, dev=("dev2",)))
    ask(
        world,
        changed(world.plan, "review", tasks=[task("lessons", function="dev"), task("more", function="dev")]),
    )
    world.act(deciding(world, "rejected"), "ops1")
    uat = next(stage for stage in world.plan.stages if stage.id == "uat").model_dump(mode="json")
    fewer = [each for each in uat["tasks"] if each["key"] != "read"]
    amend(world, changed(world.plan, "uat", tasks=fewer), "ops1", "qa2")
    return world


async def test_every_amendment_is_told_with_what_changed_and_who_approved_it(database: Database) -> None:
    document = compose(await story(played(), database), "draft", None)
    minor, rejected, major = rows(document, "amendments", "Amendments of the plan")
    assert (minor["class"], minor["state"], minor["version"]) == (State("minor"), State("in_force"), 2)
    assert (rejected["state"], rejected["version"], rejected["approved by"]) == (
        State("rejected"),
        None,
        None,
    )
    assert (major["class"], major["approved by"], major["version"]) == (State("major"), "ops1, qa2", 3)
    said = major["what changes"]
    told = said.parts if isinstance(said, Many) else (said,)
    assert "The task “read” of “User acceptance” is gone." in [str(each) for each in told]


async def test_a_task_that_was_taken_out_is_told_with_what_was_done(database: Database) -> None:
    document = compose(await story(played(), database), "draft", None)
    (gone,) = rows(document, "tasks", "Tasks that an amendment took out of the plan: 1")
    assert (gone["task"], gone["done by"], gone["verified by"]) == (Text(en="read", zh="read"), "qa2", "qa3")


async def test_it_is_told_in_every_language_and_format(database: Database) -> None:
    document = compose(await story(played(), database), "draft", None)
    for language in LANGUAGES:
        for format_ in FORMATS:
            assert "User acceptance" in render(document, language, format_) or language == "zh"


async def test_a_run_without_amendments_has_no_such_part(database: Database) -> None:
    world = begun(plan())
    document = compose(await story(world, database), "draft", None)
    assert "amendments" not in [section.key for section in document.sections]
