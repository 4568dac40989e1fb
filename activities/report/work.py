"""Who did what: every task with its evidence; what was held, reminded and delivered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from activities.report.document import Block, Cell, Code, Link, Many, Section, State, many, table
from activities.report.told import REMINDERS, Told, phrase
from activities.report.waits import Wait, time_of
from db.views import ItemView, JournalRow, TaskView
from golive.words import N_, Sentence, say

_TASK = (
    say(N_("task")),
    say(N_("state")),
    say(N_("function")),
    say(N_("done by")),
    say(N_("verified by")),
    say(N_("opened")),
    say(N_("due")),
    say(N_("done")),
    say(N_("open for")),
    say(N_("evidence")),
)
_SHOWN = 5
"""Pieces of evidence shown of one task; the rest is counted."""


def tasks(told: Told, waits: list[Wait]) -> Section:
    """Tell every task: what was done, what did not apply, by whom, how long it took from its opening."""
    took: dict[str, timedelta] = defaultdict(timedelta)
    for wait in waits:
        if wait.kind == "task":
            took[wait.about] += wait.end - wait.start
    due = _due(told)
    blocks: list[Block] = []
    for stage in told.run.plan.stages:
        own = [task for task in told.run.tasks if task.stage == stage.id and not task.back_out]
        rows = [_row(task, due, took) for task in own]
        if rows:
            caption = say(N_("Tasks of “{stage}”: {n}"), stage=stage.title, n=len(rows))
            blocks.append(table(caption, _TASK, rows, none=caption, folded=True))
    if gone := [_row(task, due, took) for task in told.run.gone_tasks]:
        caption = say(N_("Tasks that an amendment took out of the plan: {n}"), n=len(gone))
        blocks.append(table(caption, _TASK, gone, none=caption, folded=True))
    return Section("tasks", say(N_("Tasks")), tuple(blocks))


def _row(task: TaskView, due: Mapping[str, datetime], took: Mapping[str, timedelta]) -> tuple[Cell, ...]:
    return (
        task.title,
        State(task.state),
        task.function,
        task.done_by,
        task.verified_by,
        task.opened_at,
        task.due_at or due.get(task.ref),
        task.done_at,
        took.get(task.ref),
        evidence(task),
    )


def _due(told: Told) -> dict[str, datetime]:
    """Return when tasks were due as they opened: once one is done, the read model knows it no more."""
    return {
        row.object.removeprefix("task:"): datetime.fromisoformat(row.payload["due_at"])
        for row in told.events("TaskOpened")
        if row.payload.get("due_at")
    }


def evidence(task: TaskView) -> Cell:
    """Return what supports a task: why it did not apply, its evidence, the items that did not pass."""
    parts: list[Cell] = [task.reason] if task.reason else []
    parts += [_piece(piece) for piece in task.evidence]
    parts += [_item(item) for item in task.items if item.state in ("fail", "not_applicable")]
    passed = sum(item.state == "pass" for item in task.items)
    if passed:
        parts.append(say(N_("{passed} of {all} items passed"), passed=passed, all=len(task.items)))
    if len(parts) > _SHOWN:
        parts = [*parts[:_SHOWN], say(N_("and {n} more"), n=len(parts) - _SHOWN)]
    return many(parts)


def _item(item: ItemView) -> Cell:
    return Many((item.text, State(item.state), item.remark))


def _piece(piece: dict[str, Any]) -> Cell:
    match piece["type"]:
        case "remark":
            return piece["text"] if piece["text"] is not None else say(N_("(erased)"))
        case "link":
            return Link(piece["url"], piece.get("title") or piece["url"])
        case "metric":
            return f"{piece['name']} = {piece['value']:g} {piece.get('unit') or ''}".strip()
        case "test_result":
            facts = piece["facts"]
            return say(
                N_("{tests} tests, {failures} failures, {errors} errors, {skipped} skipped"),
                **{name: int(facts.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")},
            )
        case "file":
            return Code(piece["sha256"])
        case _:
            return State(str(piece["type"]))


def interruptions(told: Told, waits: list[Wait]) -> Section:
    """Tell the holds, the reminders and escalations with what became of them, and all deliveries."""
    return Section(
        "interruptions",
        say(N_("Holds, reminders, deliveries")),
        (_holds(waits), _reminders(told), _deliveries(told)),
    )


def _holds(waits: list[Wait]) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (wait.start, say(N_("goes on")) if wait.open else wait.end, wait.end - wait.start, wait.title)
        for wait in waits
        if wait.kind == "hold"
    ]
    columns = (say(N_("since")), say(N_("until")), say(N_("length")), say(N_("why")))
    return table(say(N_("Holds")), columns, rows, none=say(N_("The run was never held.")))


def _reminders(told: Told) -> Block:
    delivered = {
        _cause_of(row.payload): row.payload.get("outcome") for row in told.events("NotificationSent")
    }
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            _reminder(row),
            phrase(row.payload.get("title")),
            phrase(row.payload.get("to")),
            int(row.payload["rung"]) + 1 if "rung" in row.payload else None,
            State(str(delivered[row.seq])) if row.seq in delivered else say(N_("not delivered")),
        )
        for row in told.events(*REMINDERS)
    ]
    columns = (
        say(N_("time")),
        say(N_("what")),
        say(N_("about")),
        say(N_("to")),
        say(N_("level")),
        say(N_("delivery")),
    )
    return table(
        say(N_("Reminders and escalations")), columns, rows, none=say(N_("Nobody had to be reminded."))
    )


def _reminder(row: JournalRow) -> Sentence:
    if row.action == "SignersReminded":
        return say(N_("reminder by {who}"), who=row.actor)
    return say(N_("escalation")) if row.action == "Escalated" else say(N_("reminder"))


def _cause_of(payload: dict[str, Any]) -> int | None:
    """Return the number of the event that a message told about: its key is run/number/n."""
    number = str(payload.get("key", "")).rsplit("/", 2)[1:2]
    return int(number[0]) if number and number[0].isdigit() else None


def _deliveries(told: Told) -> Block:
    counted = Counter(str(row.payload.get("outcome")) for row in told.events("NotificationSent"))
    rows: list[tuple[Cell, ...]] = [(State(outcome), n) for outcome, n in sorted(counted.items())]
    columns = (say(N_("delivery")), say(N_("messages")))
    return table(say(N_("Messages")), columns, rows, none=say(N_("No message was sent.")))
