"""What somebody saw of an approval is remembered as they saw it, and only that."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from db.looks import LastLook, keep_look, last_looks
from db.queries import get_approval
from db.session import Database
from db.standing import standing_of
from db.tables import users
from golive import commands as c
from golive.commands import Decide
from golive.deciding import check_decide
from golive.errors import GoliveError
from golive.recording import Panel
from golive.standing import Standing
from tests.databases import ON_BOTH
from tests.db.story import record_all
from tests.rules.plans import release, whole
from tests.rules.world import T0, World, started, words

pytestmark = ON_BOTH
ASKED = "r1.sign-off.sign"


def at_the_sign_off() -> World:
    world = started(whole())
    world.act(c.CompleteTask(task="uat.run", remark=words("seen")), "qa1")
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    return world


async def recorded(database: Database, world: World) -> str:
    await record_all(database, world.batches)
    async with database.transaction() as session:
        row = {"id": "u1", "name": "ops1", "enabled": True, "created_at": T0}
        await session.execute(insert(users).values(row))
    async with database.reading() as session:
        return str((await get_approval(session, ASKED)).digest)


async def looks(database: Database) -> dict[str, LastLook]:
    async with database.reading() as session:
        return await last_looks(session, ASKED, ["ops1", "ops2"])


async def look(database: Database, digest: str) -> bool:
    async with database.transaction() as session:
        return await keep_look(session, "u1", ASKED, digest)


async def test_a_look_is_kept_once_for_each_person_with_the_subject_that_they_saw(database: Database) -> None:
    digest = await recorded(database, at_the_sign_off())
    assert await looks(database) == {}
    assert await look(database, digest)
    first = (await looks(database))["ops1"]
    assert first.digest == digest
    assert first.subject["release"]["version"] == "1.0.0"
    assert await look(database, digest)
    assert (await looks(database)).keys() == {"ops1"}
    assert (await looks(database))["ops1"].at >= first.at


async def test_another_subject_than_the_present_one_is_not_remembered(database: Database) -> None:
    digest = await recorded(database, at_the_sign_off())
    await look(database, digest)
    before = await looks(database)
    assert not await look(database, f"sha256:{'0' * 64}")
    assert await looks(database) == before


async def standing(database: Database) -> Standing:
    async with database.reading() as session:
        return await standing_of(session, "r1")


async def test_sql_and_the_workflow_say_the_same_of_who_may_sign(database: Database) -> None:
    """Whoever the rules refuse is refused by the page's facts, in the same words, and nobody else is."""
    world = at_the_sign_off()
    world.act(c.NewBuild(release=release("1.0.1", authors=("ops2",)), reason=words()), "rm")
    world.act(c.CompleteTask(task="uat.run", remark=words("again")), "qa1")
    await recorded(database, world)
    found = (await standing(database)).seated("sign-off.sign", Panel(), (), T0)
    digest = str(world.run.state.approvals["sign-off.sign"].digest)
    for name in ("rm", "dev1", "ops1", "ops2", "qa1", "qa2"):
        actor = world.actor(name)
        why = found.why_not(name, actor.functions)
        assert bool(why) == (refusal(world, name, digest) is not None), (name, why)
    assert [str(each) for each in found.why_not("rm", ())] == [
        "does not act in ops, qa in this run",
        "started the run",
    ]
    assert str(found.why_not("qa1", ("qa",))[0]) == "completed “run”"
    assert str(found.why_not("ops2", ("ops",))[0]) == "made the artifact"
    assert str(found.why_not("ops1", ())[0]) == "no longer acts in ops"


async def test_sql_and_the_workflow_say_the_same_of_where_it_can_be_returned(database: Database) -> None:
    world = at_the_sign_off()
    await recorded(database, world)
    able = [ref for ref, _ in (await standing(database)).returnable("sign-off.sign")]
    digest = str(world.run.state.approvals["sign-off.sign"].digest)
    refused = refusal(world, "ops1", digest, decision="returned", comment=words(), task="uat.nothing")
    assert refused is not None
    assert refused.sentence.args["tasks"] == ", ".join(able) == "uat.run, uat.read"


def refusal(world: World, name: str, digest: str, **more: Any) -> GoliveError | None:
    """Return how the rules refuse a decision, None when they take it."""
    act = Decide(approval="sign-off.sign", digest=digest, **{"decision": "approved", **more})
    try:
        check_decide(world.run, world.actor(name), act)
    except GoliveError as refused:
        return refused
    return None
