"""Who may still sign, and what exactly is signed. Each test failed before its rule was mended."""

from __future__ import annotations

from golive import commands as c
from golive.evidence import Remark
from golive.explain import approval_wait
from tests.rules.acting import (
    approve,
    complete,
    decision,
    digest,
)
from tests.rules.plans import (
    PEOPLE,
    SIGN_OFF,
    SIGNED,
    UAT,
    make_plan,
    task,
)
from tests.rules.world import run_of, started, words


def test_an_approval_that_can_no_longer_be_met_is_rejected() -> None:
    rule = {"function": "ops", "mode": "all", "veto": False}
    world = started(make_plan({**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [rule]}]}))
    world.act(decision(world, "sign-off.sign", "rejected"), "ops1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    approve(world, "ops2")
    approve(world, "ops3")
    assert world.run.state.approvals["sign-off.sign"].state == "rejected"
    assert world.run.state.state == "held"


def test_what_changed_during_a_hold_is_compared_after_continuing_as_new() -> None:
    rules_ = [{"function": "ops"}]
    first = {
        **UAT,
        "tasks": [task("run"), task("other")],
        "approvals": [{**SIGN_OFF, "rules": rules_, "after": ["uat.run"]}],
    }
    world = started(make_plan(first))
    complete(world, "uat.run", "qa1")
    approve(world, "ops1", "uat.sign")
    world.act(c.Hold(reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    world.act(c.CompleteTask(task="uat.run", evidence=(Remark(text=words("done otherwise")),)), "qa1")
    world.run = run_of(world)
    world.act(c.Resume(reason=words()), "rm")
    assert world.run.state.approvals["uat.sign"].state == "pending"


def test_a_task_is_never_given_to_the_last_eligible_signer() -> None:
    """Two of QA: whoever runs the test may not sign, so the other one must be left alone with signing."""
    tasks = [task("run"), task("read")]
    rules = [{"function": "ops"}, {"function": "qa", "exclude_doers_of": ["uat.run", "uat.read"]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": rules}]}
    people = {**PEOPLE, "qa": ("qa1", "qa2")}
    world = started(make_plan({**UAT, "tasks": tasks}, signed, people=people))
    world.act(c.StartTask(task="uat.run"), "qa1")
    assert world.refused(c.StartTask(task="uat.read"), "qa2") == "last_signer"
    assert world.refused(c.CompleteTask(task="uat.read"), "qa2") == "last_signer"
    give = c.ReassignTask(task="uat.read", to=world.actor("qa2"))
    assert world.refused(give, "rm") == "last_signer"
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_what_is_said_of_a_checklist_item_is_signed() -> None:
    """The same item passed with other words is another subject: who signed the former has not signed this."""
    items = [{"id": "risks", "text": "Say which risks are known", "requires": [{"type": "remark"}]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}
    world = started(make_plan({**UAT, "tasks": [task("facts", items=items)]}, signed))

    def tell(said: str) -> str:
        result = c.ItemResult(result="pass", remark=words(said))
        world.act(c.CompleteTask(task="uat.facts", items={"risks": result}), "qa1")
        return digest(world)

    before = tell("none")
    world.act(c.ReopenTask(task="uat.facts", reason=words()), "qa1")
    assert tell("payments are charged twice") != before
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=before)
    assert world.refused(act, "ops1") == "stale_subject"


def test_who_gets_the_role_later_may_sign_though_the_plan_does_not_ask_them() -> None:
    people = {**PEOPLE, "ops": ("ops1", "works")}
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}
    world = started(make_plan(signed, people=people, do_only=("works",)))
    waits = approval_wait(world.run, "sign-off.sign")
    assert waits
    assert waits.who == ("ops1",)
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=digest(world))
    assert world.refused(act, "works") == "role_missing"
    later = world.actor("works").model_copy(update={"roles": ("assignee", "approver")})
    world.act(act, later)
    assert world.run.state.approvals["sign-off.sign"].state == "approved"
    assert world.run.state.approvals["sign-off.sign"].decisions[0].functions == ("ops",)
