"""Makes the plan of a run: a template with its parameters, composed, checked, with pace and people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from golive.canonical import canonical
from golive.commands import GOLIVE
from golive.composition import Composed, Placed, compose, read_items
from golive.errors import Invalid, together
from golive.feasibility import check_feasible, obstacles
from golive.model import Fact
from golive.pace import at_demo_pace, without_metrics
from golive.parameters import Value, declared, filled, sample
from golive.people import People
from golive.plan import AppliedRow, Lesson, Plan, Release, called
from golive.problems import InvalidSource, Problem, invalid, unknown
from golive.sources import groups_in
from golive.template import Parameter, Stage
from golive.template_checks import (
    asked_beside_functions,
    problems_in,
    roles_asked,
    unknown_functions,
    unknown_groups,
    unknown_people,
)
from golive.template_source import Library, Source
from golive.tiers import Alternative, alternatives, with_rules
from golive.vocabulary import Digest, Function, Key, ProcessName
from golive.wait_graph import in_order
from golive.words import N_, Text

WorkflowName = Literal["GoLive", "Uat", "DualSignOff", "GreyRelease", "PostLaunchReview"]

GRACE = timedelta(minutes=5)
"""How far a start may lie in the past: clocks differ, and requests wait in queues."""
MOST_BYTES = 1024 * 1024
"""Size of a plan as JSON: Temporal takes payloads of 2 MiB, and the run's state goes with it."""
_OWN_WORKFLOW: Mapping[ProcessName, WorkflowName] = {
    "uat": "Uat",
    "dual_sign_off": "DualSignOff",
    "grey_release": "GreyRelease",
    "post_launch_review": "PostLaunchReview",
}


class StartRequest(Fact):
    """What somebody asks for who starts or previews a run.

    Without `title` the run is called after service and version.
    """

    template: Key
    title: str | None = Field(default=None, min_length=1, max_length=200)
    parameters: dict[str, str | int | float | bool] = {}
    release: Release
    start_at: AwareDatetime | None = None
    go_live_at: AwareDatetime | None = None


class Outline(Fact):
    """What a template is, read with the defaults of its parameters.

    `functions` take part, `uses` are the templates and checklists it is composed of, `stages` stand in the
    order of a plan. `hash` changes when any of the texts does.
    """

    name: Key
    title: Text
    description: Text
    parameters: tuple[Parameter, ...]
    functions: tuple[Function, ...]
    uses: tuple[str, ...]
    stages: tuple[Stage, ...]
    hash: Digest


def make_plan(  # noqa: PLR0913 - all of it is frozen into the plan, and each is named at the call
    library: Library,
    request: StartRequest,
    people: People,
    *,
    version: int,
    release_manager: str,
    metrics: bool,
    now: datetime,
    lessons: tuple[Lesson, ...] = (),
) -> Plan:
    """Return the plan that a run of `request` follows, complete and checked.

    Of `people` those are planned who have a function of the template and a role to act in it. `version` is that of the
    template in the library. `metrics` false: nothing is measured, so each rollout step pauses for a person. `now`
    judges the times asked for. Raises InvalidSource when the template is at fault, and Invalid for everything that is
    wrong with the request: `unknown_template`, `unknown_parameter`, `parameter_missing`, `parameter_invalid`,
    `start_time_invalid`, `no_row_applies`, `plan_too_large`, and those of feasibility.check_feasible.
    """
    source = _template(library, request.template)
    values, wrong = _settled(declared(source), request.parameters)
    wrong = [*_wrong_times(request, now), *wrong]
    composed = _composed(library, source, values, wrong)
    ruled, applied = _ruled(composed, wrong)
    stages = in_order([placed.stage for placed in ruled])
    taking_part = people.within(roles_asked(stages))
    if not metrics:
        stages = tuple(without_metrics(stage) for stage in stages)
    plan = Plan(
        template=source.name,
        template_version=version,
        template_hash=composed.digest,
        workflow=_workflow(stages),
        title=request.title or called(request.release),
        template_title=composed.template.title,
        parameters=values,
        release=request.release,
        release_manager=release_manager,
        people=taking_part.members,
        found=taking_part.found,
        sign_only=taking_part.sign_only,
        do_only=taking_part.do_only,
        calendar=composed.template.calendar,
        ladder=composed.template.ladder,
        stages=stages,
        start_at=request.start_at,
        go_live_at=request.go_live_at,
        lessons=lessons,
        applied=applied,
    )
    plan = at_demo_pace(plan) if values.get("pace") == "demo" else plan
    _raise_all(wrong, plan)
    return _small_enough(plan)


def _settled(
    parameters: Sequence[Parameter], given: Mapping[str, Value]
) -> tuple[dict[str, Value], list[Invalid]]:
    """Return the value of every parameter and what is wrong with those given: in their place stands one that fits."""
    try:
        return filled(parameters, given), []
    except Invalid as wrong:
        at_fault = set(wrong.facts["parameters"])
        wrong.facts["fields"] = [f"parameters.{key}" for key in wrong.facts["parameters"]]
        fitting = {key: value for key, value in given.items() if key not in at_fault}
        samples = {each.key: sample(each) for each in parameters if each.key in at_fault}
        return filled(parameters, fitting | samples), [wrong]


def _composed(
    library: Library, source: Source, values: Mapping[str, Value], wrong: Sequence[Invalid]
) -> Composed:
    """Return the template as a whole. Raises InvalidSource where it is at fault, but first what is `wrong` already."""
    try:
        return _checked(compose(library, source, values))
    except InvalidSource:
        if wrong:
            raise together(wrong) from None
        raise


def _ruled(composed: Composed, wrong: Sequence[Invalid]) -> tuple[list[Placed], dict[str, AppliedRow]]:
    """Return the stages with the rules that apply. Raises Invalid where none do, with what is `wrong` already."""
    try:
        return with_rules(composed.stages)
    except Invalid as refused:
        raise together([*wrong, refused]) from None


def _raise_all(wrong: Sequence[Invalid], plan: Plan) -> None:
    """Raise what is `wrong` with the request, and what the people of the plan cannot do."""
    try:
        check_feasible(plan)
    except Invalid as infeasible:
        raise together([*wrong, infeasible]) from None
    if wrong:
        raise together(wrong)


def check_template(library: Library, name: str, *, people: People | None = None) -> Outline:
    """Return what the template `name` is, if a run of it could be started. Raises InvalidSource.

    With `people`, who has each function now, also functions are refused that nobody has and no other template
    names, and, once somebody has each, what they could not do or sign, with the codes of feasibility.check_feasible.
    """
    source = _template(library, name)
    parameters = declared(source)
    composed = _checked(compose(library, source, {each.key: sample(each) for each in parameters}))
    stages = in_order([placed.stage for placed in composed.stages])
    if people is not None:
        _check_people(composed, people, library.functions(but=name))
    template = composed.template
    return Outline(
        name=template.name,
        title=template.title,
        description=template.description,
        parameters=parameters,
        functions=tuple(roles_asked(stages)),
        uses=tuple(each.name for each in composed.sources if each != source),
        stages=stages,
        hash=composed.digest,
    )


def check_checklist(source: Source) -> None:
    """Raise InvalidSource unless `source` is a checklist."""
    read_items(source)


def _template(library: Library, name: str) -> Source:
    source = library.templates.get(name)
    if source is None:
        raise invalid("unknown_template", unknown("template", name, library.templates), template=name)
    return source


def _wrong_times(request: StartRequest, now: datetime) -> Iterator[Invalid]:
    start = request.start_at or now
    if start < now - GRACE:
        msgid = N_("the start lies in the past ({at}); leave it out to start now")
        yield Invalid("start_time_invalid", msgid, at=start.isoformat(), facts={"field": "start_at"})
    if request.go_live_at is not None and request.go_live_at < start:
        msgid = N_("the planned go-live ({at}) lies before the start of the run; choose a later one")
        at = request.go_live_at.isoformat()
        yield Invalid("start_time_invalid", msgid, at=at, facts={"field": "go_live_at"})


def _checked(composed: Composed) -> Composed:
    if problems := problems_in(composed.stages):
        raise InvalidSource(problems)
    return composed


def _check_people(composed: Composed, people: People, named: Collection[str]) -> None:
    had = [function for function, members in people.members.items() if members]
    if problems := [
        *unknown_functions(composed.stages, [*had, *named]),
        *unknown_groups(composed.stages, groups_in(people.found)),
        *(unknown_people(composed.stages, people.known) if people.known is not None else ()),
    ]:
        raise InvalidSource(problems)
    problems = [
        problem for each in alternatives(composed.stages) for problem in _infeasible(composed, each, people)
    ]
    if problems:
        raise InvalidSource(problems)


def _infeasible(composed: Composed, alternative: Alternative, people: People) -> Iterator[Problem]:
    """Yield what the people cannot do, where the text asks for it."""
    stages = in_order([placed.stage for placed in alternative.stages])
    taking_part = people.within(roles_asked(stages))
    if not all(taking_part.members.values()):
        return  # who is not there yet cannot be judged; a start is refused until they are
    plan = _any_plan(composed, stages, taking_part)
    placed = {each.stage.id: each for each in alternative.stages}
    for obstacle in obstacles(plan):
        at, refusal = placed[obstacle.stage], obstacle.refusal
        place = alternative.place(obstacle.stage, obstacle.place)
        yield at.source.problem((*at.place, *place), refusal.sentence, refusal.code)


def _any_plan(composed: Composed, stages: tuple[Stage, ...], people: People) -> Plan:
    """Return the plan of a release that anybody may sign."""
    return Plan(
        template=composed.template.name,
        template_version=1,
        template_hash=composed.digest,
        title=composed.template.name,
        template_title=composed.template.title,
        release=_ANY_RELEASE,
        release_manager=GOLIVE.name,
        people=people.members,
        found=_whoever(stages) | people.found,
        sign_only=people.sign_only,
        do_only=people.do_only,
        calendar=composed.template.calendar,
        stages=stages,
    )


def _whoever(stages: Sequence[Stage]) -> dict[str, tuple[str, ...]]:
    """Return somebody for each who is known only at a start, so many as are asked: managers, owners, people by name."""
    rules = asked_beside_functions(stages)
    return {
        source: rule.people or tuple(f"{source}-{n}" for n in range(rule.min))
        for source, rule in rules.items()
    }


_ANY_RELEASE = Release.model_validate(
    {"service": "any", "version": "any", "artifacts": [{"name": "any", "digest": f"sha256:{'0' * 64}"}]}
)
"""A release without authors, to judge whether a template could be signed at all."""


def _workflow(stages: Sequence[Stage]) -> WorkflowName:
    return _OWN_WORKFLOW.get(stages[0].process, "GoLive") if len(stages) == 1 else "GoLive"


def _small_enough(plan: Plan) -> Plan:
    size = len(canonical(plan.model_dump(mode="json")))
    if size > MOST_BYTES:
        msgid = N_(
            "the plan has {size} bytes, of which {limit} fit into a run; split the template or its checklists"
        )
        raise Invalid("plan_too_large", msgid, size=size, limit=MOST_BYTES)
    return plan
