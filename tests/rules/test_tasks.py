"""Who may do a task, what it lacks, and what it says of itself. Each test failed before its rule was mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golive import commands as c
from golive import rules
from golive.errors import Conflict, Invalid
from golive.explain import approval_wait, blocked_by, task_wait
from tests.rules.acting import (
    complete,
    digest,
    due_of,
    to_sign_off,
)
from tests.rules.plans import (
    PEOPLE,
    SIGN_OFF,
    SIGNED,
    UAT,
    make_plan,
    task,
    whole,
)
from tests.rules.world import started, words
from workflows.go_live import PROCESSES


def test_a_task_that_is_done_again_is_not_overdue_at_once() -> None:
    world = started(whole())
    complete(world, "uat.run", "qa1")
    world.tick(timedelta(days=4))
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    assert due_of(world) == world.now + timedelta(days=2)


def test_only_who_may_do_a_task_is_awaited_and_reminded_and_only_who_may_sign_is_asked() -> None:
    people = {**PEOPLE, "qa": ("qa1", "signs", "qa2"), "ops": ("ops1", "works")}
    tasks = [task("run", due="2d", verify=True)]
    world = started(
        make_plan({**UAT, "tasks": tasks}, SIGNED, people=people, sign_only=("signs",), do_only=("works",))
    )
    doer = task_wait(world.run, "uat.run")
    assert doer
    assert doer.who == ("qa1", "qa2")
    world.tick(timedelta(days=1))
    assert [told.to for told in world.told] == [("qa1", "qa2")]
    assert world.refused(c.ReassignTask(task="uat.run", to=world.actor("signs")), "rm") == "not_in_function"
    assert world.refused(c.StartTask(task="uat.run"), "signs") == "role_missing"
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    confirms = task_wait(world.run, "uat.run")
    assert confirms
    assert confirms.who == ("qa2",)
    world.act(c.VerifyTask(task="uat.run", result="pass"), "qa2")
    signs = approval_wait(world.run, "sign-off.sign")
    assert signs
    assert set(signs.who) == {"ops1", "signs", "qa2"}


def test_whoever_does_a_task_again_reads_why() -> None:
    rules_ = [{"function": "ops"}, {"function": "qa", "exclude_doers_of": ["uat.run"]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": rules_}]}
    world = to_sign_off(started(make_plan(UAT, signed)))
    back = c.Decide(
        approval="sign-off.sign",
        decision="returned",
        digest=digest(world),
        comment=words("not clear"),
        task="uat.read",
    )
    world.act(back, "ops1")
    assert world.run.state.tasks["uat.read"].reason == words("not clear").digest
    world.act(c.StartTask(task="uat.read"), "qa2")
    assert world.run.state.tasks["uat.read"].reason == words("not clear").digest
    world.act(c.CompleteTask(task="uat.read"), "qa2")
    assert world.run.state.tasks["uat.read"].reason is None


def test_a_blocked_task_says_so_and_how_it_goes_on() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run")]}))
    world.act(c.BlockTask(task="uat.run", reason=words("no environment")), "qa1")
    assert str(blocked_by(world.run, PROCESSES)) == "“run” is blocked; qa1 can take it up again."
    with pytest.raises(Conflict, match="start it again, then complete it"):
        rules.check(world.run, world.command(c.CompleteTask(task="uat.run"), "qa1"), world.now)


def test_everything_that_a_task_lacks_is_named_at_once() -> None:
    items = [
        {"id": "risks", "text": "Say which", "requires": [{"type": "remark"}]},
        {"id": "roster", "text": "Link it", "requires": [{"type": "link"}]},
        {"id": "quiet", "text": "Look"},
    ]
    needs = [{"type": "file"}, {"type": "metric", "name": "found"}]
    world = started(make_plan({**UAT, "tasks": [task("run", items=items, requires=needs)]}))
    given = {"risks": c.ItemResult(result="pass"), "quiet": c.ItemResult(result="fail")}
    with pytest.raises(Invalid) as refused:
        rules.check(world.run, world.command(c.CompleteTask(task="uat.run", items=given), "qa1"), world.now)
    assert [str(refused.value.sentence), *map(str, refused.value.also)] == [
        "Evidence is missing for “risks”: 1 × remark.",
        "The required item “roster” has no result: Link it",
        "The required item “quiet” failed, so the task stays open: Look",
        "Evidence is missing for “run”: 1 × file, 1 × metric found.",
    ]
