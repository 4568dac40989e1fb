"""What a plan's Gantt shows: one row for each stage, task, approval and change of traffic, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from docs.generate.words import WORDS
from golive.forecast import Asked, Preview, StageForecast
from golive.plan import Plan
from golive.rollout_words import step_words
from golive.template import Task
from golive.template_rollouts import ApprovalStep, Rollout, SetWeight, Step
from golive.timeline import step_lengths
from golive.words import Language
from language import tell

Kind = Literal["stage", "task", "approval", "traffic", "observe"]


@dataclass(frozen=True)
class Bar:
    """One row. `who` are functions.

    `verified`: a second person looks at its end. `no_return`: the way back ends there.
    """

    kind: Kind
    title: str
    who: str
    start: datetime
    end: datetime
    verified: bool = False
    no_return: bool = False


def bars(plan: Plan, foreseen: Preview, language: Language) -> list[Bar]:
    """Return the rows of the plan: each stage, followed by what happens in it. Back-out tasks have no time."""
    rows: list[Bar] = []
    for stage in foreseen.stages:
        rows.append(_of_stage(stage, language))
        work = list(_work(plan, foreseen, stage.stage, language))
        inside = [*work, *_traffic(plan, foreseen, stage, language)]
        rows += sorted(inside, key=lambda bar: (bar.start, bar.end))
    return rows


def _of_stage(stage: StageForecast, language: Language) -> Bar:
    return Bar("stage", stage.title.in_language(language), "", stage.opens_at, stage.ends_at)


def _work(plan: Plan, foreseen: Preview, stage: str, language: Language) -> Iterator[Bar]:
    tasks = {f"{each.id}.{task.key}": task for each in plan.stages for task in each.tasks}
    signs: dict[str, list[Asked]] = {}
    for asked in foreseen.asked:
        if asked.stage != stage or asked.at is None:
            continue
        if asked.what == "task":
            yield _of_task(asked, tasks[asked.ref], asked.at, language)
        elif asked.what == "approval":
            signs.setdefault(asked.ref, []).append(asked)
    for rules in signs.values():
        yield from _of_approval(rules, language)


def _of_task(asked: Asked, task: Task, at: datetime, language: Language) -> Bar:
    return Bar(
        kind="task",
        title=asked.title.in_language(language),
        who=tell(asked.asks, language),
        start=at,
        end=max(at, asked.due_at or at),
        verified=task.verify,
        no_return=task.point_of_no_return,
    )


def _of_approval(rules: list[Asked], language: Language) -> Iterator[Bar]:
    first = rules[0]
    if first.at is not None:
        who = ", ".join(
            told if rule.count == 1 else f"{rule.count} × {told}"
            for rule in rules
            for told in [tell(rule.asks, language)]
        )
        title = first.title.in_language(language)
        yield Bar("approval", title, who, first.at, max(first.at, first.due_at or first.at))


def _traffic(plan: Plan, foreseen: Preview, forecast: StageForecast, language: Language) -> Iterator[Bar]:
    """Yield how traffic moves in a stage, each weight with what follows until the next one; and its observation."""
    stage = next(each for each in plan.stages if each.id == forecast.stage)
    if stage.rollout:
        at = forecast.opens_at
        for move in _moves(stage.rollout):
            at = max([at, *(_decided(foreseen, f"{stage.id}.{key}") for key in move.approvals)])
            told = (
                WORDS["then"]
                .in_language(language)
                .join(tell(step_words(step), language) for step in move.steps)
            )
            yield Bar("traffic", told, "", at, at + move.length)
            at += move.length
    elif stage.observe:
        title = WORDS["observation"].in_language(language).format(length=stage.observe)
        yield Bar("observe", title, "", forecast.opens_at, forecast.opens_at + stage.observe.on_the_clock)


def _decided(foreseen: Preview, approval: str) -> datetime:
    """Return when an approval is foreseen to be decided: when it is due."""
    asked = [each for each in foreseen.asked if each.ref == approval and each.at]
    return max(each.due_at or each.at for each in asked if each.at)


@dataclass
class _Move:
    """Steps that begin with a weight, how long they take, and the approvals that come before them."""

    approvals: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    length: timedelta = timedelta()


def _moves(rollout: Rollout) -> Iterator[_Move]:
    """Yield the moves of a rollout. An approval has a row of its own; the move after it waits for it."""
    move = _Move()
    for step, lasts in zip(rollout.steps, step_lengths(rollout), strict=True):
        if isinstance(step, SetWeight | ApprovalStep) and move.steps:
            yield move
            move = _Move()
        if isinstance(step, ApprovalStep):
            move.approvals.append(step.approval)
        else:
            move.steps.append(step)
            move.length += lasts
    if move.steps:
        yield move
