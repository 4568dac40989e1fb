"""What a run says of itself, in golive and in Temporal. Each test failed before its rule was mended."""

from __future__ import annotations

from golive import commands as c
from golive.evidence import Metric
from golive.explain import awaited_people
from tests.rules.plans import (
    RATE,
    UAT,
    make_plan,
    release,
    task,
)
from tests.rules.world import started, words
from workflows.display import brief
from workflows.go_live import PROCESSES


def test_what_is_shown_fits_into_temporal() -> None:
    names = tuple(f"{n:02}" + "x" * 78 for n in range(60))
    world = started(make_plan({**UAT, "tasks": [task("run")]}, people={"qa": names}))
    assert 1 < len(awaited_people(world.run, PROCESSES)) < 25
    assert len(brief("上线" * 300).encode()) <= 400
    assert brief("short") == "short"


def test_a_run_without_a_title_of_its_own_follows_a_new_build() -> None:
    plan = make_plan(UAT)
    named = plan.model_copy(update={"title": "shop 1.0.0"})
    for made, title in ((named, "shop 2.0.0"), (plan, "Shop 1.0.0")):
        world = started(made)
        world.act(c.NewBuild(release=release("2.0.0"), reason=words()), "rm")
        assert world.run.title == title
        assert world.batches[-1].run
        assert world.batches[-1].run.title == title


def test_what_a_run_awaits_in_temporals_ui_goes_by_its_engine() -> None:
    judged = {**RATE, "source": {"task": "uat.run", "fact": "rate"}, "compare": ">=", "threshold": 1}
    closed = {"key": "good", "title": "Good", "on": "exit", "checks": [judged]}
    world = started(make_plan({**UAT, "tasks": [task("run"), task("read")], "gates": [closed]}))
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),)), "qa1")
    world.act(c.StartTask(task="uat.read"), "qa2")
    seen = {}
    for engine in (1, 2):
        world.run.state.engine = engine
        seen[engine] = awaited_people(world.run, PROCESSES)
    assert seen == {1: ["qa2"], 2: ["qa1", "qa2", "qa3", "rm"]}
