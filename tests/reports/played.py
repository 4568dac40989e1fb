"""Runs played by the rules alone and recorded in SQL, so that a report has a story to tell."""

from __future__ import annotations

from datetime import timedelta

from db import recording
from db.session import Database
from golive import commands as c
from golive.calendar import Calendar
from golive.commands import sign
from golive.evidence import Link, Metric, Remark, TestFacts, TestResult
from golive.plan import Lesson, Plan
from golive.words import Words
from tests.rules.plans import GREY, REVIEW, SIGNED, make_plan, release, task
from tests.rules.world import T0, World, words

KEY = b"signs"
HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:alert(1)) | cell {{ 7*7 }} & `code`\n# heading"
GATE = {
    "key": "quality",
    "title": "Quality",
    "checks": [
        {
            "key": "pass-rate",
            "title": {"en": "Pass rate", "zh": "通过率"},
            "source": {"task": "uat.run", "fact": "pass_rate"},
            "compare": ">=",
            "threshold": 0.95,
            "countermeasures": [{"en": "Fix the failing tests", "zh": "修复失败的测试"}],
        }
    ],
}
UAT = {
    "id": "uat",
    "process": "uat",
    "title": {"en": "User acceptance", "zh": "用户验收"},
    "tasks": [
        task("run", per_build=True, due="2d", requires=[{"type": "remark"}]),
        task("read", needs=["uat.run"], verify=True, items=[{"id": "pays", "text": "Pays"}]),
        task("legal", function="dev"),
    ],
    "gates": [GATE],
}


def plan(**more: object) -> Plan:
    """Return a plan with a gate, a sign-off, a rollout, back-out and review, in Shanghai's working time."""
    calendar = Calendar(time_zone="Asia/Shanghai")
    return make_plan(UAT, SIGNED, GREY, REVIEW, calendar=calendar, **more)


def results(failures: int) -> TestResult:
    """Return the evidence of 100 tests."""
    facts = TestFacts(tests=100, failures=failures, errors=0, skipped=0)
    return TestResult(attachment_id="a1", sha256="sha256:" + "c" * 64, facts=facts)


def begun(plan_: Plan) -> World:
    """Return a world whose run has a signed start and has settled."""
    world = World(plan_)
    world.start = world.start.model_copy(update={"signature": sign(world.start, KEY)})
    world.follow()
    return world


async def keep(world: World, database: Database) -> None:
    """Record all that has happened and was not recorded yet."""
    batches, world.batches = world.batches, []
    for batch in batches:
        async with database.transaction() as session:
            await recording.record(session, batch, (KEY,))


def run_tests(world: World, failures: int, remark: Words | None = None) -> None:
    """Let qa1 complete the test task."""
    evidence = (Remark(text=remark or words("all paths were tried")), results(failures))
    world.act(c.CompleteTask(task="uat.run", evidence=evidence), "qa1")


def decide(world: World, by: str, decision: str = "approved", comment: Words | None = None) -> None:
    """Let a person decide on the sign-off as it now stands."""
    shown = world.run.state.approvals["sign-off.sign"].digest
    world.act(
        c.Decide(approval="sign-off.sign", decision=decision, digest=shown, comment=comment),  # type: ignore[arg-type]
        by,
    )


def to_sign_off(world: World) -> None:
    """Play a UAT whose gate fails first and that takes two working days."""
    world.act(c.Comment(text=Words(text=HOSTILE, salt="1")), "qa1")
    run_tests(world, failures=20)
    world.tick(timedelta(hours=3))
    world.act(c.ReopenTask(task="uat.run", reason=words("twenty tests failed")), "qa1")
    world.tick(timedelta(hours=30))
    run_tests(world, failures=1, remark=Words(text=HOSTILE, salt="2"))
    world.act(
        c.CompleteTask(
            task="uat.read",
            evidence=(
                Link(url="https://wiki.example/uat?a=1&b=<2>", title="Minutes <b>"),
                Metric(name="coverage", value=0.91, unit="%"),
            ),
            items={"pays": c.ItemResult(result="pass")},
        ),
        "qa2",
    )
    world.tick(timedelta(minutes=20))
    world.act(c.VerifyTask(task="uat.read", result="pass", remark=words("seen")), "qa3")
    world.act(c.SetNotApplicable(task="uat.legal", reason=words("nothing legal changed")), "dev1")


def completed(plan_: Plan | None = None) -> World:
    """Play a run to its review: a failed gate, a new build and a stale decision, a hold, a promotion."""
    world = begun(plan_ or plan(lessons=(Lesson(run_id="r0", text="Warn support", by="ops2", at=T0),)))
    to_sign_off(world)
    decide(world, "ops1", comment=Words(text=HOSTILE, salt="3"))
    world.act(c.NewBuild(release=release("1.0.1"), reason=words("a late fix")), "rm")
    run_tests(world, failures=0)
    world.act(c.Hold(reason=words("the road is icy")), "rm")
    world.tick(timedelta(hours=1))
    world.act(c.Resume(reason=words("it has thawed")), "rm")
    world.tick(timedelta(days=2))
    decide(world, "ops1")
    world.tick(timedelta(hours=2))
    decide(world, "qa3")
    world.tick(timedelta(minutes=15))
    world.act(c.Promote(reason=words("looks good")), "rm")
    world.tick(timedelta(minutes=10))
    world.verdict("healthy")
    world.act(c.AddLesson(text=Words(text=HOSTILE, salt="4")), "dev1")
    due = world.now + timedelta(days=7)
    world.act(c.AddAction(text=words("automate the road"), owner="dev2", due_at=due), "rm")
    return world


def rolled_back() -> World:
    """Play a run whose health fails under way and that goes back."""
    world = begun(plan())
    to_sign_off(world)
    decide(world, "ops1")
    decide(world, "qa3")
    world.act(c.Promote(reason=words("looks good")), "rm")
    world.tick(timedelta(minutes=3))
    world.verdict("unhealthy")
    world.tick()
    world.act(c.CompleteTask(task="grey.tell", remark=words("told")), "dev1")
    return world
