"""From rows of the read model to views."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from db.freezing import why_frozen
from db.session import Session, fields_of
from db.tables import approval_waiting, run_people
from db.views import ApprovalView, ItemView, RunHeader, TaskView
from db.words import seals, texts_of, unseal
from golive.plan import AppliedRow
from golive.recording import DecisionView, Panel, RuleView, Wait
from golive.template import Item, Requirement
from golive.words import Sentence, Text

HEADER = (
    "id",
    "title",
    "state",
    "service",
    "environment",
    "version",
    "template",
    "template_version",
    "workflow",
    "release_manager",
    "started_by",
    "started_at",
    "ended_at",
    "start_at",
    "go_live_at",
    "engine",
    "weight",
    "plan_version",
)
"""The columns of `runs` that a header shows as they are."""

_TASK = (
    "id",
    "run_id",
    "ref",
    "stage",
    "key",
    "state",
    "priority",
    "function",
    "assignee",
    "opened_at",
    "due_at",
    "overdue",
    "verify",
    "back_out",
    "done_by",
    "done_at",
    "verified_by",
    "gone_in",
)

_APPROVAL = (
    "id",
    "run_id",
    "ref",
    "stage",
    "key",
    "state",
    "meaning",
    "reauthenticate",
    "digest",
    "requested_at",
    "due_at",
    "expires_at",
    "gone_in",
)


def header_fields(row: Row[Any]) -> dict[str, Any]:
    """Return the fields of a header, by name."""
    frozen = _frozen(row)
    return {
        **{name: fields_of(row)[name] for name in HEADER},
        "template_title": Text.model_validate(row.template_title),
        "blocked_by": frozen or (Sentence.model_validate(row.blocked_by) if row.blocked_by else None),
        "frozen": frozen,
        "unknown": frozen is not None and row.unknown_at is not None,
    }


def _frozen(row: Row[Any]) -> Sentence | None:
    if row.frozen_at is None:
        return None
    elsewhere = None not in (row.namespace, row.unknown_in) and row.namespace != row.unknown_in
    return why_frozen(unknown=row.unknown_at is not None, elsewhere=elsewhere)


def header(row: Row[Any]) -> RunHeader:
    """Return the header that a row of `runs` makes."""
    return RunHeader(**header_fields(row))


def stage_title(run: Row[Any], stage_id: str) -> Text | None:
    """Return what a stage of a row of `runs` is called, None where the run has no such stage."""
    title = next((stage["title"] for stage in run.stages if stage["id"] == stage_id), None)
    return Text.model_validate(title) if title else None


async def task_views(session: Session, rows: Iterable[Row[Any]]) -> list[TaskView]:
    """Return tasks with who does them and the texts of their remarks, each read in one query for all."""
    rows = list(rows)
    people = await _doers(session, {row.run_id for row in rows})
    sealed = [part for row in rows for part in (row.evidence, row.item_results)]
    digests = {digest for part in sealed for digest in seals(part)} | {
        row.reason for row in rows if row.reason
    }
    texts = await texts_of(session, digests)
    return [_task(row, texts, people.get((row.run_id, row.function), ())) for row in rows]


def _task(row: Row[Any], texts: Mapping[str, str | None], people: tuple[str, ...]) -> TaskView:
    results = unseal(row.item_results, texts)
    return TaskView(
        **{name: fields_of(row)[name] for name in _TASK},
        title=Text.model_validate(row.title),
        description=Text.model_validate(row.description) if row.description else None,
        people=people,
        depends_on=tuple(row.depends_on),
        requires=tuple(Requirement.model_validate(need) for need in row.requires),
        items=tuple(_item(Item.model_validate(item), results) for item in row.items),
        evidence=tuple(_shown(piece) for piece in unseal(row.evidence, texts)),
        reason=texts.get(row.reason),
        wait=wait_of(row.wait),
    )


def _item(item: Item, results: Mapping[str, Any]) -> ItemView:
    result = results.get(item.id, {})
    return ItemView(
        id=item.id,
        text=item.text,
        required=item.required,
        requires=item.requires,
        state=result.get("result", "open"),
        remark=result.get("remark"),
        evidence=tuple(_shown(piece) for piece in result.get("evidence", ())),
    )


def _shown(piece: dict[str, Any]) -> dict[str, Any]:
    # Facts leave defaults out when they are written; readers of the API expect the whole shape.
    if piece.get("type") == "signature":
        return {"meaning": "responsible", **piece}
    return piece


async def approval_views(session: Session, rows: Iterable[Row[Any]], *, subjects: bool) -> list[ApprovalView]:
    """Return approvals with whom they wait for, read in one query for all."""
    rows = list(rows)
    waiting: dict[str, list[str]] = {row.id: [] for row in rows}
    found = select(approval_waiting.c.approval_id, approval_waiting.c.name)
    mine = found.where(approval_waiting.c.approval_id.in_(waiting)).order_by(approval_waiting.c.position)
    for approval_id, name in (await session.execute(mine)).all():
        waiting[approval_id].append(name)
    return [_approval(row, waiting[row.id], subjects=subjects) for row in rows]


def _approval(row: Row[Any], waiting: Sequence[str], *, subjects: bool) -> ApprovalView:
    return ApprovalView(
        **{name: fields_of(row)[name] for name in _APPROVAL},
        title=Text.model_validate(row.title),
        rules=tuple(RuleView.model_validate(rule) for rule in row.rules),
        applied=AppliedRow.model_validate(row.applied) if row.applied else None,
        decisions=tuple(DecisionView.model_validate(decision) for decision in row.decisions),
        waiting_for=tuple(waiting),
        panel=Panel.model_validate(row.panel or {}),
        subject=row.subject if subjects else None,
        wait=wait_of(row.wait),
    )


def wait_of(written: dict[str, Any] | None) -> Wait | None:
    """Return the wait that was stored, if one was."""
    return Wait.model_validate(written) if written else None


async def _doers(session: Session, run_ids: Collection[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return by run and function who does its tasks, in the plan's order."""
    people: dict[tuple[str, str], tuple[str, ...]] = {}
    found = select(run_people).where(run_people.c.run_id.in_(run_ids)).order_by(run_people.c.position)
    for row in await session.execute(found):
        people[row.run_id, row.function] = (*people.get((row.run_id, row.function), ()), row.name)
    return people
