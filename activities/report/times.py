"""Planned and actual times, and where the time went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from activities.report.document import Block, Cell, Paragraph, Section, Share, State, table
from activities.report.spans import Spans, merge, total, within, without, working
from activities.report.told import Told
from activities.report.waits import OF_PEOPLE, Kind, Wait, time_of
from golive.forecast import StageForecast, expected
from golive.words import N_, Sentence, say

LONGEST = 15
"""How many single waits are named."""
_WORTH_NAMING = timedelta(seconds=1)

_ORDER: tuple[Kind, ...] = (
    "hold",
    "lock",
    "clock",
    "promote",
    "approval",
    "task",
    "back_out",
    "verify",
    "gate",
    "traffic",
)
"""For what a moment counts at which several things were awaited: the first of these."""

_NAMES: dict[Kind, Sentence] = {
    "hold": say(N_("held by a person")),
    "lock": say(N_("another run had the service")),
    "clock": say(N_("pauses, baking and observation")),
    "promote": say(N_("a person to promote the rollout")),
    "approval": say(N_("approvals")),
    "task": say(N_("tasks")),
    "back_out": say(N_("back-out tasks")),
    "verify": say(N_("verification by a second person")),
    "gate": say(N_("closed gates")),
    "traffic": say(N_("traffic to move")),
}


def planned_and_actual(told: Told) -> Section:
    """Set beside each other what was foreseen at the start and what came."""
    plan = {each.stage: each for each in expected(told.run.plan, told.run.started_at)}
    opened = stage_spans(told)
    rows = [
        _stage_row(told, plan[stage.id], opened.get(stage.id, []), stage.state) for stage in told.run.stages
    ]
    columns = (
        say(N_("stage")),
        say(N_("state")),
        say(N_("planned to open")),
        say(N_("opened")),
        say(N_("planned to end")),
        say(N_("ended")),
        say(N_("planned length")),
        say(N_("actual length")),
        say(N_("later than planned")),
    )
    blocks = (table(say(N_("Stages")), columns, rows, none=say(N_("The plan has no stages."))),)
    return Section("times", say(N_("Planned and actual times")), blocks)


def _stage_row(told: Told, plan: StageForecast, spans: Spans, state: str) -> tuple[Cell, ...]:
    ended = spans[-1][1] if spans and state not in ("open", "locked") else None
    late = ended - plan.ends_at if ended is not None and ended > plan.ends_at else None
    return (
        plan.title,
        State("failed" if state == "open" and told.outcome is not None else state),
        plan.opens_at,
        spans[0][0] if spans else None,
        plan.ends_at,
        ended,
        plan.ends_at - plan.opens_at,
        total(spans) if spans else None,
        late,
    )


def stage_spans(told: Told) -> dict[str, Spans]:
    """Return when each stage was open; a stage that was opened again has several spans."""
    since: dict[str, datetime] = {}
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in told.events("StageOpened", "StageReopened", "StagePassed", "StageFailed"):
        stage = row.object.partition(":")[2]
        if row.action in ("StageOpened", "StageReopened"):
            since.setdefault(stage, time_of(row))
        elif stage in since:
            spans[stage].append((since.pop(stage), time_of(row)))
    for stage, start in since.items():
        spans[stage].append((start, told.until))
    return {stage: merge(opened) or opened for stage, opened in spans.items()}


def where_time_went(told: Told, waits: Sequence[Wait]) -> Section:
    """Tell what each stage waited for, the longest single waits, and what was awaited of each function."""
    return Section(
        "time",
        say(N_("Where the time went")),
        (
            Paragraph(
                say(
                    N_(
                        "Every moment counts once. Where several things were awaited at a time, it counts for"
                        " the first of: holds, another run, fixed observation, promotion, approvals, tasks,"
                        " verification, gates. What is left is golive itself."
                    )
                )
            ),
            _by_stage(told, waits),
            _longest(told, waits),
            _by_function(waits),
        ),
    )


def _by_stage(told: Told, waits: Sequence[Wait]) -> Block:
    rows: list[tuple[Cell, ...]] = []
    calendar = told.run.plan.calendar
    for stage, spans in stage_spans(told).items():
        whole = total(spans)
        spent = spent_on([wait for wait in waits if wait.stage in (stage, None)], spans)
        left = whole - sum((length for _, length in spent), timedelta())
        title = told.titles[stage]
        rows.append((title, say(N_("all of it")), whole, working(calendar, spans), None))
        for kind, length in [*spent, (None, left)]:
            if length:
                name = _NAMES[kind] if kind else say(N_("golive itself"))
                rows.append((title, name, length, None, Share(length / whole)))
    columns = (
        say(N_("stage")),
        say(N_("waited for")),
        say(N_("length")),
        say(N_("working time")),
        say(N_("share")),
    )
    return table(say(N_("By stage")), columns, rows, none=say(N_("No stage was opened.")))


def spent_on(waits: Sequence[Wait], spans: Spans) -> list[tuple[Kind, timedelta]]:
    """Return how much of `spans` each kind of wait took, every moment counted once."""
    left = spans
    spent: list[tuple[Kind, timedelta]] = []
    for kind in _ORDER:
        taken = within(merge((wait.start, wait.end) for wait in waits if wait.kind == kind), left)
        left = without(left, taken)
        spent.append((kind, total(taken)))
    return spent


def _longest(told: Told, waits: Sequence[Wait]) -> Block:
    counted = (*OF_PEOPLE, "lock")
    people = [wait for wait in waits if wait.kind in counted and wait.end - wait.start >= _WORTH_NAMING]
    longest = sorted(people, key=lambda wait: (wait.start - wait.end, wait.start))[:LONGEST]
    rows: list[tuple[Cell, ...]] = [
        (
            wait.title,
            _NAMES[wait.kind],
            told.titles.get(wait.stage) if wait.stage else None,
            ", ".join(wait.who) or wait.function,
            wait.start,
            say(N_("goes on")) if wait.open else wait.end,
            wait.end - wait.start,
            working(told.run.plan.calendar, [(wait.start, wait.end)]),
        )
        for wait in longest
    ]
    columns = (
        say(N_("what")),
        say(N_("waited for")),
        say(N_("stage")),
        say(N_("from whom")),
        say(N_("since")),
        say(N_("until")),
        say(N_("length")),
        say(N_("working time")),
    )
    return table(say(N_("Longest waits")), columns, rows, none=say(N_("Nobody was waited for.")))


def _by_function(waits: Sequence[Wait]) -> Block:
    of_function: dict[str, list[Wait]] = defaultdict(list)
    for wait in waits:
        if wait.function is not None:
            of_function[wait.function].append(wait)
    rows: list[tuple[Cell, ...]] = []
    for function, own in of_function.items():
        lengths = sorted(wait.end - wait.start for wait in own)
        busy = total(merge((wait.start, wait.end) for wait in own))
        rows.append((function, len(own), busy, lengths[len(lengths) // 2], lengths[-1]))
    rows.sort(key=lambda row: str(row[0]))
    columns = (
        say(N_("function")),
        say(N_("tasks and verifications")),
        say(N_("time with something open")),
        say(N_("median")),
        say(N_("longest")),
    )
    return table(say(N_("By function")), columns, rows, none=say(N_("No task was opened.")))
