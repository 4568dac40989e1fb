"""What a signer is shown hashes to what is signed; what has changed since is shown as changed."""

from __future__ import annotations

from typing import Any

from db.queries import get_approval
from db.session import Database
from db.signed import Signed, signed
from golive import commands as c
from golive.commands import ItemResult
from golive.evidence import Link, Metric
from tests.db.story import record_all
from tests.rules.plans import SIGN_OFF, SIGNED, UAT, make_plan, task
from tests.rules.world import World, started, words

ITEMS = [{"id": "risks", "text": "Say the risks"}, {"id": "roster", "text": "Link it"}]
TASKS: list[dict[str, Any]] = [
    task("run", requires=[{"type": "remark"}]),
    task("list", items=ITEMS),
    task("empty"),
    task("skipped", verify=True),
    task("waived"),
]
GATE = {
    "key": "good",
    "title": "Good",
    "on": "exit",
    "checks": [
        {
            "key": "rate",
            "title": "Rate",
            "source": {"task": "uat.run", "fact": "rate"},
            "compare": ">=",
            "threshold": 0.9,
        }
    ],
}


def at_the_sign_off() -> World:
    ops = {**SIGN_OFF, "rules": [{"function": "ops"}]}
    world = started(make_plan({**UAT, "tasks": TASKS, "gates": [GATE]}, {**SIGNED, "approvals": [ops]}))
    run = c.CompleteTask(task="uat.run", remark=words("seen"), evidence=(Metric(name="rate", value=0.95),))
    world.act(run, "qa1")
    results = {
        "risks": ItemResult(result="pass", remark=words("latency")),
        "roster": ItemResult(result="pass", evidence=(Link(url="https://example.com/duty", title="duty"),)),
    }
    world.act(c.CompleteTask(task="uat.list", items=results), "qa1")
    world.act(c.CompleteTask(task="uat.empty"), "qa1")
    world.act(c.CompleteTask(task="uat.skipped", remark=words("first")), "qa1")
    world.act(c.VerifyTask(task="uat.skipped", result="fail", remark=words("no")), "qa2")
    world.act(c.SetNotApplicable(task="uat.skipped", reason=words("does not apply")), "qa1")
    world.act(c.VerifyTask(task="uat.skipped", result="pass"), "qa2")
    world.act(c.SetNotApplicable(task="uat.waived", reason=words("neither")), "qa1")
    return world


async def shown(database: Database) -> Signed:
    async with database.reading() as session:
        found = await signed(session, await get_approval(session, "r1.sign-off.sign"))
    assert found
    return found


async def test_what_is_shown_is_what_the_digest_covers(database: Database) -> None:
    world = at_the_sign_off()
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    await record_all(database, world.batches)
    seen = await shown(database)
    assert [(work.task.key, work.as_signed) for work in seen.work] == [(t["key"], True) for t in TASKS]
    assert [item.remark for item in seen.work[1].task.items] == ["latency", None]
    assert [(gate.gate.key, gate.as_signed) for gate in seen.gates] == [("good", True)]


async def test_what_has_changed_since_is_told(database: Database) -> None:
    world = at_the_sign_off()
    veto = c.Decide(
        approval="sign-off.sign",
        decision="rejected",
        meaning="rejected",
        comment=words("not yet"),
        digest=str(world.run.state.approvals["sign-off.sign"].digest),
    )
    world.act(veto, "ops1")
    world.act(c.Resume(reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.empty", reason=words()), "rm")
    await record_all(database, world.batches)
    seen = await shown(database)
    assert [work.task.key for work in seen.work if not work.as_signed] == ["run", "empty"]
    assert [gate.as_signed for gate in seen.gates] == [False]
