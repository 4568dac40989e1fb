"""The engine and a model that tries every assignment agree: on who may, who is awaited, and what becomes of it.

`make model` asks a hundred thousand cases; here are a few hundred.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from hypothesis import event, given, settings
from hypothesis import strategies as st

from golive import commands as c
from golive import rules
from golive.commands import Actor, Command
from golive.errors import GoliveError
from golive.recording import Start
from golive.run import Run
from golive.signers import waiting_for
from tests.rules.plans import make_plan, release, task
from tests.rules.sign_off_model import FUNCTIONS_OF, Act, Model, RuleCase
from tests.rules.world import T0, words
from workflows.go_live import PROCESSES

CASES = int(os.environ.get("MODEL_CASES", "300"))
REF = "s.go"
PERSONS = "abcd"
FUNCTIONS = "fgh"
DOER = "d"

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

    do: Literal["approved", "rejected", "withdraw", "delegate"]
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
    do=st.sampled_from(["approved"] * 6 + ["delegate"] * 2 + ["withdraw", "rejected"]),
    n=st.integers(0, 6),
    awaited=st.sampled_from([True, True, True, False]),
    to=st.sampled_from(["y", "z", "a"]),
)


@settings(max_examples=CASES)
@given(
    cases=st.lists(rule_cases, min_size=1, max_size=3),
    members=st.fixed_dictionaries(dict.fromkeys(FUNCTIONS, groups)),
    barred=st.sampled_from(["", "", "a", "ab"]),
    distinct=st.booleans(),
    done=st.lists(steps, min_size=3, max_size=9),
)
def test_engine_and_model_agree(
    cases: list[RuleCase], members: dict[str, tuple[str, ...]], barred: str, distinct: bool, done: list[Step]
) -> None:
    model = Model(cases, members, frozenset({"x", *barred}), DOER, distinct)
    run = asked(model, barred)
    for step in done:
        act = step.act(model)
        assert set(waiting_for(run, *_now(run))) == model.waiting()
        if model.may(act):
            perform(run, members, act)
            model.do(act)
        else:
            assert refused(run, members, act)
        assert run.state.approvals[REF].state == model.state
    event(f"{model.state}; {len(model.decided)} decided, {len(model.handed)} handed over")


def _now(run: Run):  # type: ignore[no-untyped-def] # noqa: ANN202 - the approval of the plan, and as it stands
    return run.index.approvals[REF][1], run.state.approvals[REF]


def asked(model: Model, barred: str) -> Run:
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
    people = {**model.members, "w": (DOER,)}
    plan = make_plan(stage, people=people, release=release(authors=tuple(barred)))
    start = Start(run_id="r", plan=plan, actor=Actor(name="x"), engine=2, command_id="start", signature="")
    run = rules.begin(start, T0)
    rules.advance(run, T0, PROCESSES)
    work = Command(
        id="work", run_id="r", actor=person(DOER, {"w": (DOER,)}), body=c.CompleteTask(task="s.work")
    )
    # Who does the work is not asked whether that leaves a signer: the model takes every case.
    rules.apply(run, work, T0, PROCESSES)
    return run


def _rule(rule: RuleCase) -> dict[str, object]:
    written = {"function": rule.function, "mode": rule.mode, "veto": rule.veto, "may_fill_many": rule.many}
    return written | {"min": rule.minimum, "exclude_doers_of": ["s.work"] if rule.without_doer else []}


def person(name: str, members: dict[str, tuple[str, ...]]) -> Actor:
    functions = [function for function, names in members.items() if name in names]
    functions += FUNCTIONS_OF.get(name, ())
    return Actor(name=name, roles=("approver", "assignee"), functions=tuple(functions))


def command(run: Run, members: dict[str, tuple[str, ...]], act: Act) -> Command:
    digest = run.state.approvals[REF].digest or ""
    body: c.Body
    match act.do:
        case "withdraw":
            body = c.Withdraw(approval=REF, reason=words())
        case "delegate":
            until = T0 + timedelta(days=9)
            body = c.Delegate(approval=REF, to=person(act.to, members), until=until, reason=words())
        case _:
            body = c.Decide(approval=REF, decision=act.do, digest=digest, comment=words())
    return Command(id=f"{run.state.seq}", run_id="r", actor=person(act.by, members), body=body)


def perform(run: Run, members: dict[str, tuple[str, ...]], act: Act) -> None:
    asked_for = command(run, members, act)
    rules.check(run, asked_for, T0)
    rules.apply(run, asked_for, T0, PROCESSES)


def refused(run: Run, members: dict[str, tuple[str, ...]], act: Act) -> bool:
    try:
        rules.check(run, command(run, members, act), T0)
    except GoliveError as why:
        return bool(str(why))
    return False
