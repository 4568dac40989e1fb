"""What waits for one person, across runs: tasks and decisions in one list, and the runs that they manage.

Each answers in a fixed number of queries, however much waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Row,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from db.pages import Page, next_due, read_page
from db.queries import HEADERS
from db.reading import header, stage_title, wait_of
from db.schema import Moment
from db.session import Session
from db.tables import (
    amendment_waiting,
    amendments,
    approval_waiting,
    approvals,
    run_people,
    runs,
    tasks,
    waiver_waiting,
    waivers,
)
from db.views import RunHeader
from golive.recording import Wait
from golive.vocabulary import AWAITED, ENDED
from golive.words import Text

Kind = Literal["task", "approval", "waiver", "amendment"]
Asked = Literal["do", "verify", "decide"]
MANAGED = 20
"""Runs of one release manager that are shown beside their work; the list of runs shows all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that is asked of a person. `assignee` is None for what is offered, and for decisions."""

    kind: Kind
    asked: Asked
    id: str
    title: Text
    state: str
    priority: str | None
    function: str | None
    assignee: str | None
    due_at: datetime | None
    overdue: bool
    run_id: str
    run_title: str
    run_state: str
    service: str
    version: str
    stage: Text | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits, by what is asked, and how much of it is overdue."""

    do: int = 0
    verify: int = 0
    decide: int = 0
    overdue: int = 0

    @property
    def all(self) -> int:
        """How much waits in all."""
        return self.do + self.verify + self.decide


@dataclass(frozen=True, slots=True)
class Managed:
    """An open run of a release manager and what its stages wait for."""

    run: RunHeader
    waits: tuple[Wait, ...]


async def list_work(
    session: Session, name: str, now: datetime, *, cursor: str | None = None, limit: int = 50
) -> Page[Waiting]:
    """Return what waits for the user `name`: the next due first, what has no due date last."""
    waiting = _on(name, now)
    order = (waiting.c.next_due, waiting.c.run_id, waiting.c.kind, waiting.c.position)
    page = await read_page(session, select(waiting), order, cursor=cursor, limit=limit)
    its_runs = await _runs(session, {row.run_id for row in page.items})
    return page.seen_as([_waiting(row, its_runs[row.run_id]) for row in page.items])


async def count_work(session: Session, name: str, now: datetime) -> Counts:
    """Return how much waits for the user `name`."""
    waiting = _on(name, now)
    late = func.sum(case((waiting.c.overdue, 1), else_=0)).label("late")
    counted = select(waiting.c.asked, func.count().label("all"), late).group_by(waiting.c.asked)
    rows = (await session.execute(counted)).all()
    return Counts(**{row.asked: row.all for row in rows}, overdue=sum(row.late for row in rows))


async def managed_runs(session: Session, name: str) -> tuple[tuple[Managed, ...], int]:
    """Return the open runs that the user `name` manages, newest first and `MANAGED` at most, and how many there are."""
    mine = (runs.c.release_manager == name) & runs.c.state.not_in(ENDED)
    query = HEADERS.add_columns(runs.c.waits, func.count().over().label("all")).where(mine)
    newest = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(MANAGED)
    rows = (await session.execute(newest)).all()
    return tuple(_managed(row) for row in rows), rows[0].all if rows else 0


def _managed(row: Row[Any]) -> Managed:
    waits = (wait_of(wait) for wait in row.waits)
    return Managed(header(row), tuple(wait for wait in waits if wait))


def _on(name: str, now: datetime) -> Subquery:
    asked = (_own(name), _offered(name), _decisions(name, now), _waivers(name), _amendments(name))
    return union_all(*asked).subquery("waiting")


# Together these two are `is_on`, and each is found by an index of its own however many tasks there are.


def _own(name: str) -> Select[Any]:
    return _tasks().where(tasks.c.assignee == name, tasks.c.state != "to_verify")


def _offered(name: str) -> Select[Any]:
    """What is offered to a function of theirs, or theirs to verify."""
    in_function = and_(run_people.c.run_id == tasks.c.run_id, run_people.c.function == tasks.c.function)
    to_verify = tasks.c.state == "to_verify"
    by_another = or_(tasks.c.done_by.is_(None), tasks.c.done_by != name)
    asked = or_(and_(to_verify, by_another), and_(~to_verify, tasks.c.assignee.is_(None)))
    return _tasks().join(run_people, in_function).where(run_people.c.name == name, asked)


def _tasks() -> Select[Any]:
    asked = case((tasks.c.state == "to_verify", "verify"), else_="do")
    found = select(
        literal("task").label("kind"),
        asked.label("asked"),
        *(tasks.c[column] for column in ("id", "run_id", "position", "stage", "title", "state")),
        *(tasks.c[column] for column in ("priority", "function", "assignee", "due_at", "overdue")),
        next_due(tasks.c.due_at).label("next_due"),
    )
    going_on = found.join(runs, runs.c.id == tasks.c.run_id)
    return going_on.where(runs.c.state.not_in(ENDED), tasks.c.state.in_(AWAITED))


def _decisions(name: str, now: datetime) -> Select[Any]:
    nothing = cast(null(), String)
    late = and_(approvals.c.due_at.is_not(None), approvals.c.due_at <= literal(now, Moment()))
    found = select(
        literal("approval").label("kind"),
        literal("decide").label("asked"),
        *(approvals.c[column] for column in ("id", "run_id", "position", "stage", "title", "state")),
        *(nothing.label(column) for column in ("priority", "function", "assignee")),
        approvals.c.due_at,
        late.label("overdue"),
        next_due(approvals.c.due_at).label("next_due"),
    )
    asked = found.join(approval_waiting, approval_waiting.c.approval_id == approvals.c.id)
    going_on = asked.join(runs, runs.c.id == approvals.c.run_id).where(runs.c.state.not_in(ENDED))
    return going_on.where(approval_waiting.c.name == name)


def _waivers(name: str) -> Select[Any]:
    """What waits for their grant. It is due when the time is over for which it was asked."""
    nothing = cast(null(), String)
    found = select(
        literal("waiver").label("kind"),
        literal("decide").label("asked"),
        *(waivers.c[column] for column in ("id", "run_id")),
        waivers.c.seq.label("position"),
        waivers.c.about.label("stage"),
        *(waivers.c[column] for column in ("title", "state")),
        *(nothing.label(column) for column in ("priority", "function", "assignee")),
        waivers.c.ends_at.label("due_at"),
        false().label("overdue"),
        next_due(waivers.c.ends_at).label("next_due"),
    )
    asked = found.join(waiver_waiting, waiver_waiting.c.waiver_id == waivers.c.id)
    going_on = asked.join(runs, runs.c.id == waivers.c.run_id).where(runs.c.state.not_in(ENDED))
    return going_on.where(waiver_waiting.c.name == name)


def _amendments(name: str) -> Select[Any]:
    """What waits for their approval. It is due when it expires; it is called after its run."""
    nothing = cast(null(), String)
    found = select(
        literal("amendment").label("kind"),
        literal("decide").label("asked"),
        *(amendments.c[column] for column in ("id", "run_id")),
        amendments.c.seq.label("position"),
        nothing.label("stage"),
        runs.c.template_title.label("title"),
        amendments.c.state,
        *(nothing.label(column) for column in ("priority", "function", "assignee")),
        amendments.c.expires_at.label("due_at"),
        false().label("overdue"),
        next_due(amendments.c.expires_at).label("next_due"),
    )
    asked = found.join(amendment_waiting, amendment_waiting.c.amendment_id == amendments.c.id)
    going_on = asked.join(runs, runs.c.id == amendments.c.run_id).where(runs.c.state.not_in(ENDED))
    return going_on.where(amendment_waiting.c.name == name)


async def _runs(session: Session, ids: set[str]) -> dict[str, Row[Any]]:
    columns = (runs.c[name] for name in ("id", "title", "state", "service", "version", "stages"))
    found = await session.execute(select(*columns).where(runs.c.id.in_(ids)))
    return {row.id: row for row in found}


def _waiting(row: Row[Any], run: Row[Any]) -> Waiting:
    return Waiting(
        **{
            name: getattr(row, name)
            for name in ("kind", "asked", "id", "state", "priority", "function", "assignee")
        },
        **{name: getattr(row, name) for name in ("due_at", "overdue", "run_id")},
        title=Text.model_validate(row.title),
        run_title=run.title,
        run_state=run.state,
        service=run.service,
        version=run.version,
        stage=stage_title(run, row.stage.partition("/")[0]) if row.stage else None,
    )
