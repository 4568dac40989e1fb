"""What a composed template must hold beyond its schema, so that a run of it can reach its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from golive.composition import Placed
from golive.decision_table import table_problems
from golive.evidence import TestFacts
from golive.parameters import declared
from golive.people import DOES, SIGNS
from golive.problems import Place, Problem, listed, unknown
from golive.references import with_references
from golive.template import FactSource, Gate, Stage, Task
from golive.template_approvals import Approval, Rule, Whom
from golive.template_rollouts import ApprovalStep, Bake, CheckStep, SetWeight
from golive.vocabulary import Role
from golive.wait_graph import endless_waits
from golive.words import N_

TEST_FACTS = frozenset(TestFacts(tests=1, failures=0, errors=0, skipped=0).named())
"""The facts that a test result gives to gates."""
ROLLOUTS = frozenset({"grey_release", "full_release"})
"""The processes that move traffic."""
FULL = 100


def problems_in(stages: Sequence[Placed]) -> list[Problem]:
    """Return everything that would stop a run of these stages, or make it do what nobody meant."""
    found = [problem for placed in stages for problem in _in_stage(placed)]
    found += _in_references(stages)
    found += _points_of_no_return(stages)
    return found or list(endless_waits(stages))


def _in_stage(placed: Placed) -> Iterator[Problem]:
    stage = placed.stage
    yield from _repeated_keys(placed)
    if (stage.rollout is not None) != (stage.process in ROLLOUTS):
        yield placed.problem(
            ("rollout",), N_("a rollout belongs to grey_release and full_release, and to no other process")
        )
    if stage.observe is not None and stage.process != "hypercare":
        yield placed.problem(("observe",), N_("only hypercare observes; use a pause or a bake in a rollout"))
    for n, task in enumerate(stage.tasks):
        yield from _in_task(placed, ("tasks", n), task)
    for n, task in enumerate(stage.on_rollback):
        yield from _in_task(placed, ("on_rollback", n), task)
    yield from _in_rollout(placed)
    for n, approval in enumerate(stage.approvals):
        yield from _in_approval(placed, ("approvals", n), approval)


def _in_approval(placed: Placed, place: Place, approval: Approval) -> Iterator[Problem]:
    for at, rule in rules_in(approval):
        yield from _in_rule(placed, (*place, *at), rule, approval)
    if bool(approval.rules) == (approval.rules_by is not None):
        yield placed.problem(
            place,
            N_("an approval has either “rules” or, by a decision table, “rules_by”, and needs one of them"),
        )
    elif approval.rules_by:
        for at, sentence in table_problems(approval.rules_by, declared(placed.source)):
            yield placed.source.problem((*placed.place, *place, "rules_by", *at), sentence)


def _in_rule(placed: Placed, place: Place, rule: Rule, approval: Approval) -> Iterator[Problem]:
    asked = [way for way in _WAYS_TO_ASK if getattr(rule, way)]
    if len(asked) != 1:
        yield placed.problem(
            place,
            N_("a rule asks in exactly one of these ways: {ways}; this one has {found}"),
            ways=", ".join(_WAYS_TO_ASK),
            found=listed(asked),
        )
    if rule.min > 1 and rule.mode not in ("n", "percent"):
        yield placed.problem(
            (*place, "min"),
            N_("“min” counts only in the modes n and percent; this rule has the mode {mode}"),
            mode=rule.mode,
        )
    if rule.on_expiry and not (rule.expires_in or approval.expires_in):
        msgid = N_("“on_expiry” says what an expiry does, and this rule never expires: give it “expires_in”")
        yield placed.problem((*place, "on_expiry"), msgid)


_WAYS_TO_ASK = tuple(Whom.model_fields)


def _points_of_no_return(stages: Sequence[Placed]) -> Iterator[Problem]:
    """Yield each point of no return without a way back until then, and each that is part of a way back."""
    reached: list[Stage] = []
    for placed in stages:
        reached.append(placed.stage)
        for n, task in enumerate(placed.stage.tasks):
            if task.point_of_no_return and not any(stage.on_rollback for stage in reached):
                yield placed.problem(
                    ("tasks", n, "point_of_no_return"),
                    N_(
                        "before a point of no return there must be a way back: on_rollback in its or an earlier stage"
                    ),
                )
        for n, task in enumerate(placed.stage.on_rollback):
            if task.point_of_no_return:
                msgid = N_("a task of the way back is no point of no return")
                yield placed.problem(("on_rollback", n, "point_of_no_return"), msgid)


def _repeated_keys(placed: Placed) -> Iterator[Problem]:
    stage = placed.stage
    named = {
        "tasks": [task.key for task in stage.tasks],
        "on_rollback": [task.key for task in stage.on_rollback],
        "approvals": [approval.key for approval in stage.approvals],
    }
    yield from _repeated(
        placed, [((part, n, "key"), key) for part, keys in named.items() for n, key in enumerate(keys)]
    )
    yield from _repeated(placed, [(("gates", n, "key"), gate.key) for n, gate in enumerate(stage.gates)])
    for n, gate in enumerate(stage.gates):
        yield from _repeated(
            placed, [(("gates", n, "checks", m, "key"), check.key) for m, check in enumerate(gate.checks)]
        )


def _in_task(placed: Placed, place: Place, task: Task) -> Iterator[Problem]:
    yield from _repeated(placed, [((*place, "items", n, "id"), item.id) for n, item in enumerate(task.items)])
    if task.due and task.due.before_go_live and task.due.within.seconds:
        yield placed.problem(
            (*place, "due"), N_("before the go-live only whole working days count, such as 10d")
        )


def _repeated(placed: Placed, keys: Sequence[tuple[Place, str]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, key in keys:
        if key in seen:
            yield placed.problem(place, N_("“{key}” stands twice in the stage; rename one"), key=key)
        seen.add(key)


def _in_rollout(placed: Placed) -> Iterator[Problem]:
    stage = placed.stage
    if stage.rollout is None:
        return
    steps = stage.rollout.steps
    approvals = {approval.key for approval in stage.approvals}
    watches = bool(stage.rollout.analyses)
    for n, step in enumerate(steps):
        place: Place = ("rollout", "steps", n)
        if isinstance(step, ApprovalStep) and step.approval not in approvals:
            sentence = unknown("approval", step.approval, approvals)
            yield placed.source.problem((*placed.place, *place, "approval"), sentence)
        if isinstance(step, Bake | CheckStep) and not watches:
            yield placed.problem(
                place, N_("nothing is measured here: give the rollout “analyses”, or use a pause")
            )
    yield from _in_weights(placed, [(n, step) for n, step in enumerate(steps) if isinstance(step, SetWeight)])


def _in_weights(placed: Placed, weights: Sequence[tuple[int, SetWeight]]) -> Iterator[Problem]:
    for (_, before), (n, after) in pairwise(weights):
        if after.weight < before.weight and not after.lower:
            yield placed.problem(
                ("rollout", "steps", n, "weight"),
                N_("the weight goes down from {before} to {after}; write “lower: true” if that is meant"),
                before=before.weight,
                after=after.weight,
            )
    if placed.stage.process == "full_release" and (not weights or weights[-1][1].weight != FULL):
        yield placed.problem(("rollout", "steps"), N_("a full release must end at a weight of 100"))


def _in_references(stages: Sequence[Placed]) -> Iterator[Problem]:
    work = {f"{p.stage.id}.{task.key}": task for p in stages for task in p.stage.tasks}
    back_out = {f"{p.stage.id}.{task.key}": task for p in stages for task in p.stage.on_rollback}
    before = _before(stages)
    for placed in stages:
        found: list[Problem] = []

        def judge(reference: str, place: Place, placed: Placed = placed, found: list[Problem] = found) -> str:
            known = back_out if place[0] == "on_rollback" else work
            if reference not in known:
                sentence = unknown("task", reference, known)
                found.append(placed.source.problem((*placed.place, *place), sentence))
            return reference

        with_references(placed.stage, judge)
        yield from found or _in_returns(placed, before)
        yield from _in_gates(placed, work)


def _before(stages: Sequence[Placed]) -> dict[str, set[str]]:
    """Return for each stage those that have passed when it opens; of a cycle, as much as there is."""
    before = {placed.stage.id: set(placed.stage.needs) for placed in stages}
    known = -1
    while known != (known := sum(map(len, before.values()))):
        for needed in before.values():
            needed.update(*(before.get(need, ()) for need in tuple(needed)))
    return before


def _in_returns(placed: Placed, before: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Yield each approval that would send work back to a stage that has not been yet."""
    reached = before[placed.stage.id] | {placed.stage.id}
    for n, approval in enumerate(placed.stage.approvals):
        if approval.back_to and approval.back_to.rpartition(".")[0] not in reached:
            yield placed.problem(
                ("approvals", n, "back_to"),
                N_("“{task}” is not done before this approval, so nothing can go back to it"),
                task=approval.back_to,
            )


def _in_gates(placed: Placed, work: Mapping[str, Task]) -> Iterator[Problem]:
    for n, gate in enumerate(placed.stage.gates):
        for m, check in enumerate(gate.checks):
            source = check.source
            if (
                isinstance(source, FactSource)
                and source.task in work
                and not _gives(work[source.task], source.fact)
            ):
                yield placed.problem(
                    ("gates", n, "checks", m, "source", "fact"),
                    N_("“{task}” gives no “{fact}”: it must require a test_result, or a metric of that name"),
                    task=source.task,
                    fact=source.fact,
                )
            if isinstance(source, FactSource) and _waits_for_itself(gate, placed.stage, source):
                yield placed.problem(
                    ("gates", n, "checks", m, "source", "task"),
                    N_("an entry gate cannot read a task of its own stage, which opens only after it"),
                )


def _gives(task: Task, fact: str) -> bool:
    """Tell whether finishing `task` always brings `fact`; an optional item need not be done."""
    needed = [*task.requires, *(need for item in task.items if item.required for need in item.requires)]
    return any(
        (need.type == "test_result" and fact in TEST_FACTS) or (need.type == "metric" and need.name == fact)
        for need in needed
    )


def _waits_for_itself(gate: Gate, stage: Stage, source: FactSource) -> bool:
    return gate.on == "entry" and source.task.rpartition(".")[0] == stage.id


def unknown_functions(stages: Sequence[Placed], known: Sequence[str]) -> Iterator[Problem]:
    """Yield each place that names a function which nobody has, with the nearest one that somebody has."""
    for placed in stages:
        for place, function in _functions(placed.stage):
            if function not in known:
                yield placed.source.problem((*placed.place, *place), unknown("function", function, known))


def unknown_groups(stages: Sequence[Placed], known: Sequence[str]) -> Iterator[Problem]:
    """Yield each place that names a group which there is not, with the nearest one."""
    for placed in stages:
        for n, approval in enumerate(placed.stage.approvals):
            for at, rule in rules_in(approval):
                if rule.group is not None and rule.group not in known:
                    place = (*placed.place, "approvals", n, *at, "group")
                    yield placed.source.problem(place, unknown("group", rule.group, known))


def unknown_people(stages: Sequence[Placed], known: Collection[str]) -> Iterator[Problem]:
    """Yield each place that asks somebody by name whom golive does not know, with the nearest one it does."""
    for placed in stages:
        for n, approval in enumerate(placed.stage.approvals):
            for at, rule in rules_in(approval):
                for name in rule.people:
                    if name not in known:
                        place = (*placed.place, "approvals", n, *at, "people")
                        yield placed.source.problem(place, unknown("person", name, known))


def _functions(stage: Stage) -> Iterator[tuple[Place, str]]:
    for n, task in enumerate(stage.tasks):
        yield ("tasks", n, "function"), task.function
    for n, task in enumerate(stage.on_rollback):
        yield ("on_rollback", n, "function"), task.function
    for n, approval in enumerate(stage.approvals):
        for at, rule in rules_in(approval):
            if rule.function is not None:
                yield ("approvals", n, *at, "function"), rule.function


def rules_in(approval: Approval) -> Iterator[tuple[Place, Rule]]:
    """Yield every rule that an approval can have, with its place: in a plan its own, before also those of a table."""
    groups: list[tuple[Place, Sequence[Rule]]] = [(("rules",), approval.rules)]
    if table := approval.rules_by:
        groups += [(("rules_by", "rows", n, "rules"), row.rules) for n, row in enumerate(table.rows)]
        groups.append((("rules_by", "otherwise"), table.otherwise))
    for place, rules in groups:
        yield from (((*place, n), rule) for n, rule in enumerate(rules))


def asked_beside_functions(stages: Iterable[Stage]) -> dict[str, Rule]:
    """Return by source each rule that can apply and asks otherwise than by function."""
    approvals = (approval for stage in stages for approval in stage.approvals)
    rules = (rule for approval in approvals for _, rule in rules_in(approval))
    return {rule.source: rule for rule in rules if rule.function is None}


def roles_asked(stages: Sequence[Stage]) -> dict[str, frozenset[Role]]:
    """Return each function that takes part, in the order first named, with the roles that it is asked for."""
    asked: dict[str, set[Role]] = {}
    for stage in stages:
        for place, function in _functions(stage):
            asked.setdefault(function, set()).add(_role_at(place))
    return {function: frozenset(roles) for function, roles in asked.items()}


def places_asking(stages: Sequence[Stage], function: str, role: Role) -> Iterator[tuple[Stage, Place]]:
    """Yield each stage, and the place in it, that asks for somebody who has both."""
    for stage in stages:
        for place, named in _functions(stage):
            if (named, _role_at(place)) == (function, role):
                yield stage, place


def _role_at(place: Place) -> Role:
    return SIGNS if place[0] == "approvals" else DOES
