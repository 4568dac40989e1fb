"""The engine and a model that tries every assignment agree: on who may, who is awaited, and what becomes of it.

`make model` asks a hundred thousand cases; here are a few hundred.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from golive import commands as c
from golive import rules
from golive.commands import Actor, Command
from golive.directory import Directory, Person
from golive.effects import LookUp
from golive.engine import ENGINE
from golive.errors import GoliveError
from golive.recording import Start
from golive.run import Run
from golive.signers import waiting_for
from golive.vocabulary import Role
from tests.rules.plans import make_plan, release, task
from tests.rules.sign_off_model import FUNCTIONS_OF, GROUP, Act, Model, RuleCase
from tests.rules.world import T0, words
from workflows.go_live import PROCESSES

CASES = int(os.environ.get("MODEL_CASES", "300"))
PARTS = int(os.environ.get("MODEL_PARTS", "1"))
"""Independent searches at random, so that several processes can share them."""
REF = "s.go"
PERSONS = "abcd"
FUNCTIONS = "fgh"
DOER = "d"
SIGNS: tuple[Role, ...] = ("approver", "assignee")

rule_cases = st.builds(
    RuleCase,
    function=st.sampled_from(FUNCTIONS),
    mode=st.sampled_from(["any", "all", "n", "percent", "ordered"]),
    minimum=st.integers(1, 3),
    many=st.booleans(),
    veto=st.booleans(),
    without_doer=st.booleans(),
).map(
    lambda rule: rule if rule.mode != "percent" else RuleCase(**{**vars(rule), "minimum": rule.minimum * 33})
)
groups = st.lists(st.sampled_from(PERSONS), min_size=2, max_size=4, unique=True).map(tuple)
EVERYBODY = [*PERSONS, "x", "y", "z"]


@dataclass(frozen=True)
class Step:
    """The next act: of the `n`-th of those awaited, or of everybody."""

    do: Literal["approved", "rejected", "withdraw", "delegate", "leave"]
    n: int
    awaited: bool
    to: str

    def act(self, model: Model) -> Act:
        able = sorted(model.waiting()) if self.awaited else []
        pool = sorted(model.decided) if self.do == "withdraw" and self.awaited else able
        by = (pool or EVERYBODY)[self.n % len(pool or EVERYBODY)]
        return Act(self.do, by, self.to if self.do == "delegate" else "")


steps = st.builds(
    Step,
    do=st.sampled_from(["approved"] * 6 + ["delegate"] * 2 + ["withdraw", "rejected", "leave"]),
    n=st.integers(0, 6),
    awaited=st.sampled_from([True, True, True, False]),
    to=st.sampled_from(["y", "z", "a"]),
)


@pytest.mark.parametrize("part", range(PARTS))
@settings(max_examples=CASES // PARTS)
@given(
    cases=st.lists(rule_cases, min_size=1, max_size=3),
    members=st.fixed_dictionaries(dict.fromkeys(FUNCTIONS, groups)),
    barred=st.sampled_from(["", "", "a", "ab"]),
    distinct=st.booleans(),
    done=st.lists(steps, min_size=3, max_size=9),
)
def test_engine_and_model_agree(
    part: int,
    cases: list[RuleCase],
    members: dict[str, tuple[str, ...]],
    barred: str,
    distinct: bool,
    done: list[Step],
) -> None:
    model = Model(cases, dict(members), frozenset({"x", *barred}), DOER, distinct)
    people = People(dict(members))
    run = asked(model, barred, people)
    for step in done:
        act = step.act(model)
        assert set(waiting_for(run, *_now(run))) == model.waiting()
        if model.may(act):
            perform(run, people, act)
            model.do(act)
        else:
            assert refused(run, people, act)
        assert run.state.approvals[REF].state == model.state
    event(f"{model.state}; {len(model.decided)} decided, {len(model.handed)} handed over")


def _now(run: Run):  # type: ignore[no-untyped-def] # noqa: ANN202 - the approval of the plan, and as it stands
    return run.index.approvals[REF][1], run.state.approvals[REF]


@dataclass
class People:
    """Who belongs to which source now, in order, as the directory and the API say it."""

    members: dict[str, tuple[str, ...]]

    def actor(self, name: str) -> Actor:
        functions = [each for each, names in self.members.items() if name in names and each != GROUP]
        functions += FUNCTIONS_OF.get(name, ())
        groups = (GROUP,) if name in self.members[GROUP] else ()
        return Actor(name=name, roles=SIGNS, functions=tuple(functions), groups=groups)

    def directory(self, asked: LookUp) -> Directory:
        groups = {group: self.members[group] for group in asked.groups}
        names = {*asked.names, *(name for those in groups.values() for name in those)}
        people = (self.actor(name) for name in sorted(names))
        found = tuple(
            Person(name=each.name, roles=each.roles, functions=each.functions, groups=each.groups)
            for each in people
        )
        return Directory(at=T0, groups=groups, people=found)

    def leave(self, name: str) -> None:
        self.members[GROUP] = tuple(each for each in self.members[GROUP] if each != name)


def asked(model: Model, barred: str, people: People) -> Run:
    """Return a run that has just asked for the approval: x started it, `barred` made the release, d did the work."""
    stage = {
        "id": "s",
        "process": "dual_sign_off",
        "title": "S",
        "tasks": [task("work", function="w")],
        "approvals": [
            {
                "key": "go",
                "title": "Go",
                "distinct": model.distinct,
                "rules": [_rule(rule) for rule in model.rules],
            }
        ],
    }
    functions = {each: names for each, names in model.members.items() if each != GROUP}
    plan = make_plan(stage, people={**functions, "w": (DOER,)}, release=release(authors=tuple(barred)))
    start = Start(
        run_id="r", plan=plan, actor=Actor(name="x"), engine=ENGINE, command_id="start", signature=""
    )
    run = rules.begin(start, T0)
    rules.advance(run, T0, PROCESSES)
    doer = Actor(name=DOER, roles=SIGNS, functions=("w",))
    work = Command(id="work", run_id="r", actor=doer, body=c.CompleteTask(task="s.work"))
    # Who does the work is not asked whether that leaves a signer: the model takes every case.
    rules.apply(run, work, T0, PROCESSES)
    look_up(run, people)
    return run


def _rule(rule: RuleCase) -> dict[str, object]:
    return {
        "group" if rule.function == GROUP else "function": rule.function,
        "mode": rule.mode,
        "min": rule.minimum,
        "veto": rule.veto,
        "may_fill_many": rule.many,
        "exclude_doers_of": ["s.work"] if rule.without_doer else [],
    }


def look_up(run: Run, people: People) -> None:
    """Let the directory answer all that it is asked."""
    while looks := [effect for _, effect in run.effects if isinstance(effect, LookUp)]:
        run.effects.clear()
        for look in looks:
            rules.looked(run, look, people.directory(look), T0, PROCESSES)


def command(run: Run, people: People, act: Act) -> Command:
    digest = run.state.approvals[REF].digest or ""
    body: c.Body
    match act.do:
        case "withdraw":
            body = c.Withdraw(approval=REF, reason=words())
        case "delegate":
            until = T0 + timedelta(days=9)
            body = c.Delegate(approval=REF, to=people.actor(act.to), until=until, reason=words())
        case "approved" | "rejected":
            body = c.Decide(approval=REF, decision=act.do, digest=digest, comment=words())
        case "leave":
            raise AssertionError("who leaves a group asks no run")
    return Command(id=f"{run.state.seq}", run_id="r", actor=people.actor(act.by), body=body)


def perform(run: Run, people: People, act: Act) -> None:
    if act.do == "leave":
        people.leave(act.by)
        return
    asked_for = command(run, people, act)
    rules.check(run, asked_for, T0)
    rules.apply(run, asked_for, T0, PROCESSES)
    look_up(run, people)


def refused(run: Run, people: People, act: Act) -> bool:
    try:
        rules.check(run, command(run, people, act), T0)
    except GoliveError as why:
        return bool(str(why))
    return False
