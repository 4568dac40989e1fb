"""What an amendment changes in a plan, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from golive.parameters import Value
from golive.plan import Plan, moment
from golive.rollout_words import step_words
from golive.run import Index
from golive.sources import kind_of
from golive.template import Check, Stage, Task
from golive.template_approvals import Approval, Rule
from golive.template_rollouts import Rollout
from golive.words import N_, Sentence, Text, say

NONE = "—"


def changes(before: Plan, now: Plan) -> tuple[Sentence, ...]:
    """Say everything in which two plans differ, the broadest first."""
    return tuple(_changes(before, now))


def _changes(before: Plan, now: Plan) -> Iterator[Sentence]:
    if before.template_version != now.template_version:
        yield say(
            N_("The template’s version is {now}, no longer {before}."),
            now=now.template_version,
            before=before.template_version,
        )
    yield from _parameters(before.parameters, now.parameters)
    if before.go_live_at != now.go_live_at:
        yield say(
            N_("The planned go-live is {now}, no longer {before}."),
            now=_time(now.go_live_at),
            before=_time(before.go_live_at),
        )
    yield from _people(before, now)
    if before.calendar != now.calendar:
        yield say(N_("Working time is counted by another calendar."))
    if before.ladder != now.ladder:
        yield say(N_("Reminders and escalations come at other times."))
    yield from _stages(before, now)


def _time(at: datetime | None) -> str:
    return moment(at) if at else NONE


def _parameters(before: Mapping[str, Value], now: Mapping[str, Value]) -> Iterator[Sentence]:
    for key in {**before, **now}:
        if before.get(key) != now.get(key):
            yield say(
                N_("The parameter “{key}” is {now}, no longer {before}."),
                key=key,
                now=_value(now.get(key)),
                before=_value(before.get(key)),
            )


def _value(value: Value | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NONE if value is None else str(value)


def _people(before: Plan, now: Plan) -> Iterator[Sentence]:
    for function in {**before.people, **now.people}:
        was, is_now = _roles(before, function), _roles(now, function)
        if was != is_now:
            yield say(
                N_("Of {function} now act: {now}; before: {before}."),
                function=function,
                now=", ".join(is_now) or NONE,
                before=", ".join(was) or NONE,
            )


def _roles(plan: Plan, function: str) -> list[str]:
    """Return who acts in a function, and in brackets the one role that somebody has there, not both."""
    only = dict.fromkeys(plan.sign_only, " (approver)") | dict.fromkeys(plan.do_only, " (assignee)")
    return [f"{name}{only.get(name, '')}" for name in plan.members(function)]


# -- stages --------------------------------------------------------------------------------------------------


def _stages(before: Plan, now: Plan) -> Iterator[Sentence]:
    former, present = Index(before), Index(now)
    for stage_id, stage in present.stages.items():
        if stage_id not in former.stages:
            yield say(N_("The stage “{stage}” is new."), stage=stage.title)
        else:
            yield from _in_stage(former.stages[stage_id], stage)
    for stage_id, stage in former.stages.items():
        if stage_id not in present.stages:
            yield say(N_("The stage “{stage}” is gone."), stage=stage.title)


def _in_stage(before: Stage, now: Stage) -> Iterator[Sentence]:
    if before.title != now.title:
        yield say(N_("The stage “{before}” is called “{now}”."), before=before.title, now=now.title)
    if before.description != now.description:
        yield say(N_("The stage “{stage}” is described otherwise."), stage=now.title)
    if before.needs != now.needs:
        yield say(
            N_("The stage “{stage}” comes after {now}, no longer after {before}."),
            stage=now.title,
            now=", ".join(now.needs) or NONE,
            before=", ".join(before.needs) or NONE,
        )
    if before.observe != now.observe:
        yield say(
            N_("“{stage}” observes for {now}, no longer for {before}."),
            stage=now.title,
            now=str(now.observe or NONE),
            before=str(before.observe or NONE),
        )
    yield from _tasks(before, now)
    yield from _approvals(before, now)
    yield from _gates(before, now)
    if before.rollout and now.rollout and before.rollout != now.rollout:
        yield from _rollout(now, before.rollout, now.rollout)


def _tasks(before: Stage, now: Stage) -> Iterator[Sentence]:
    for was, is_now in ((before.tasks, now.tasks), (before.on_rollback, now.on_rollback)):
        former, present = {task.key: task for task in was}, {task.key: task for task in is_now}
        for key, task in present.items():
            if key not in former:
                yield say(N_("The task “{task}” of “{stage}” is new."), task=task.title, stage=now.title)
            elif former[key] != task:
                yield from _task(former[key], task)
        for key, task in former.items():
            if key not in present:
                yield say(N_("The task “{task}” of “{stage}” is gone."), task=task.title, stage=now.title)


_OF_A_TASK = {
    "description": N_("The task “{task}” is described otherwise."),
    "due": N_("The task “{task}” is due at another time."),
    "priority": N_("The task “{task}” has the priority {now}, no longer {before}."),
    "function": N_("The task “{task}” is done by {now}, no longer by {before}."),
    "needs": N_("The task “{task}” comes after {now}, no longer after {before}."),
    "verify": N_("The task “{task}” is confirmed by a second person, or is no longer."),
    "per_build": N_("The task “{task}” is done again for each build, or is no longer."),
    "point_of_no_return": N_("The task “{task}” is a point of no return, or is no longer."),
    "requires": N_("The task “{task}” asks for other evidence."),
    "items": N_("The task “{task}” has another list of items."),
    "checklist": N_("The task “{task}” follows another checklist."),
}


def _task(before: Task, now: Task) -> Iterator[Sentence]:
    if before.title != now.title:
        yield say(N_("The task “{before}” is called “{now}”."), before=before.title, now=now.title)
    for name, msgid in _OF_A_TASK.items():
        was, is_now = getattr(before, name), getattr(now, name)
        if was != is_now:
            yield say(msgid, task=now.title, now=_told(is_now), before=_told(was))


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or NONE
    return str(value) if isinstance(value, str) else NONE


# -- approvals, gates, rollouts ------------------------------------------------------------------------------


def _approvals(before: Stage, now: Stage) -> Iterator[Sentence]:
    former, present = (
        {each.key: each for each in before.approvals},
        {each.key: each for each in now.approvals},
    )
    for key, approval in present.items():
        if key not in former:
            yield say(N_("The approval “{approval}” is new."), approval=approval.title)
        elif former[key] != approval:
            yield from _approval(former[key], approval)
    for key, approval in former.items():
        if key not in present:
            yield say(N_("The approval “{approval}” is gone."), approval=approval.title)


_OF_AN_APPROVAL = {
    "title": N_("The approval “{before}” is called “{now}”."),
    "due": N_("The approval “{approval}” is due at another time."),
    "expires_in": N_("The approval “{approval}” expires at another time."),
    "on_expiry": N_("Something else follows when the approval “{approval}” expires."),
    "after": N_("The approval “{approval}” comes after other tasks."),
    "distinct": N_("The approval “{approval}” takes distinct persons, or no longer does."),
    "meaning": N_("A signature under the approval “{approval}” means something else."),
    "back_to": N_("The approval “{approval}” goes back to another task when it is rejected."),
}


def _approval(before: Approval, now: Approval) -> Iterator[Sentence]:
    for name, msgid in _OF_AN_APPROVAL.items():
        if getattr(before, name) != getattr(now, name):
            yield say(msgid, approval=now.title, before=before.title, now=now.title)
    if before.rules != now.rules:
        yield say(
            N_("“{approval}” is signed by {now}; before: {before}."),
            approval=now.title,
            now=_rules(now.rules),
            before=_rules(before.rules),
        )


def _rules(rules: Sequence[Rule]) -> str:
    return "; ".join(_rule(rule) for rule in rules)


def _rule(rule: Rule) -> str:
    """Write a rule in the words of templates: `ops n 2, exclude uat.run`."""
    often = f" {rule.mode} {rule.min}" if rule.mode in ("n", "percent") else f" {rule.mode}"
    told = [f"{_whom(rule)}{often}", *(f"exclude {ref}" for ref in rule.exclude_doers_of)]
    told += [f"covers {', '.join(rule.covers)}"] if rule.covers else []
    told += [] if rule.veto else ["no veto"]
    return ", ".join([*told, *(["may fill many"] if rule.may_fill_many else [])])


def _whom(rule: Rule) -> str:
    kind, key = kind_of(rule.source)
    if kind in ("function", "people"):
        return key.replace(",", ", ")
    return "owner_of_service" if rule.owner_of_service else f"{kind} {key}"


def _gates(before: Stage, now: Stage) -> Iterator[Sentence]:
    former, present = _checks(before), _checks(now)
    for key, (on, title, check) in present.items():
        if key not in former:
            yield say(N_("The check “{check}” is new: {wanted}."), check=check.title, wanted=_wanted(check))
        elif former[key] != (on, title, check):
            yield from _check(former[key][2], check)
            if former[key][:2] != (on, title):
                yield say(N_("The gate “{gate}” is another one."), gate=title)
    for key, (_, _, check) in former.items():
        if key not in present:
            yield say(N_("The check “{check}” is gone."), check=check.title)


def _checks(stage: Stage) -> dict[str, tuple[str, Text, Check]]:
    return {
        f"{gate.key}.{check.key}": (gate.on, gate.title, check)
        for gate in stage.gates
        for check in gate.checks
    }


def _check(before: Check, now: Check) -> Iterator[Sentence]:
    if before.title != now.title:
        yield say(N_("The check “{before}” is called “{now}”."), before=before.title, now=now.title)
    if (before.compare, before.threshold) != (now.compare, now.threshold):
        yield say(
            N_("“{check}” must be {now}, no longer {before}."),
            check=now.title,
            now=_wanted(now),
            before=_wanted(before),
        )
    if before.source != now.source:
        yield say(N_("“{check}” is judged by another value."), check=now.title)
    if before.max_age != now.max_age:
        yield say(N_("“{check}” is judged by values of another age."), check=now.title)
    if before.countermeasures != now.countermeasures:
        yield say(N_("When “{check}” fails, something else is suggested."), check=now.title)


def _wanted(check: Check) -> str:
    return f"{check.compare} {check.threshold:g}"


def _rollout(stage: Stage, before: Rollout, now: Rollout) -> Iterator[Sentence]:
    for n in range(max(len(before.steps), len(now.steps))):
        was, is_now = before.steps[n : n + 1], now.steps[n : n + 1]
        if was != is_now:
            yield say(
                N_("Step {n} of the rollout of “{stage}”: {now}; before: {before}."),
                n=n + 1,
                stage=stage.title,
                now=step_words(is_now[0]) if is_now else NONE,
                before=step_words(was[0]) if was else NONE,
            )
    if before.model_copy(update={"steps": now.steps}) != now:
        yield say(
            N_("The rollout of “{stage}” is watched otherwise, or does something else on bad health."),
            stage=stage.title,
        )
