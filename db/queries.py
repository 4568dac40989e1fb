"""What people read: runs, tasks, approvals. Each answers from the read model in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from db.amendments import lines_of_run
from db.journal import head
from db.pages import Page, next_due, read_page
from db.reading import HEADER, approval_views, header, header_fields, task_views, wait_of
from db.session import Session
from db.tables import approval_waiting, approvals, journal, run_people, runs, tasks
from db.views import ApprovalView, RunHeader, RunWhole, TaskView
from db.words import texts_of
from golive.errors import NotFound
from golive.plan import Plan, Release
from golive.recording import Build, StageView, Wait
from golive.vocabulary import ENDED
from golive.words import N_

__all__ = [
    "HEADERS",
    "NEWEST",
    "asked_for",
    "comments_of_decisions",
    "get_approval",
    "get_header",
    "get_run",
    "get_task",
    "is_on",
    "list_approvals",
    "list_runs",
    "list_tasks",
    "release_of",
]

_BESIDE = 20
"""Other runs of the same service that are named."""

_BLOCKED = ("blocked_by", "frozen_at", "unknown_at", "unknown_in", "namespace")
HEADERS: Select[Any] = select(*(runs.c[name] for name in (*HEADER, "template_title", *_BLOCKED)))
"""What `db.reading.header` makes a run's header of."""
NEWEST = (runs.c.started_at, runs.c.id)
"""What lists of runs are sorted by."""


async def list_runs(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    state: str | None = None,
    service: str | None = None,
    template: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RunHeader]:
    """Return runs, newest first; `q` is looked for in title, service and version, in any case of letters."""
    query = asked_for(HEADERS, state=state, service=service, template=template, q=q)
    page = await read_page(session, query, NEWEST, cursor=cursor, limit=limit, newest_first=True)
    return page.seen_as([header(row) for row in page.items])


def asked_for(
    query: Select[Any], *, state: str | None, service: str | None, template: str | None, q: str | None
) -> Select[Any]:
    """Return `query`, of runs, without those that a list does not ask for."""
    for column, wanted in ((runs.c.state, state), (runs.c.service, service), (runs.c.template, template)):
        if wanted is not None:
            query = query.where(column == wanted)
    if q:
        words = (runs.c.title, runs.c.service, runs.c.version)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in words)))
    return query


async def get_header(session: Session, run_id: str) -> RunHeader:
    """Return a run's header. Raises NotFound (`unknown_run`)."""
    row = (await session.execute(HEADERS.where(runs.c.id == run_id))).one_or_none()
    return header(_known_run(row, run_id))


async def get_run(session: Session, run_id: str) -> RunWhole:
    """Return the whole run. Raises NotFound (`unknown_run`)."""
    found = (await session.execute(select(runs).where(runs.c.id == run_id))).one_or_none()
    row = _known_run(found, run_id)
    planned = select(tasks).where(tasks.c.run_id == run_id).order_by(tasks.c.position)
    its_tasks = await task_views(session, await session.execute(planned))
    asked = select(approvals).where(approvals.c.run_id == run_id).order_by(approvals.c.position)
    its_approvals = await approval_views(session, await session.execute(asked), subjects=False)
    builds = tuple(Build.model_validate(build) for build in row.builds)
    return RunWhole(
        **header_fields(row),
        plan=Plan.model_validate(row.plan),
        release=builds[-1].release,
        builds=builds,
        stages=tuple(StageView.model_validate(stage) for stage in row.stages),
        tasks=tuple(task for task in its_tasks if task.gone_in is None),
        approvals=tuple(approval for approval in its_approvals if approval.gone_in is None),
        gone_tasks=tuple(task for task in its_tasks if task.gone_in is not None),
        gone_approvals=tuple(approval for approval in its_approvals if approval.gone_in is not None),
        amendments=await lines_of_run(session, run_id),
        waits=_waits(row.waits, its_tasks, its_approvals),
        beside=await _beside(session, row),
        hold_reason=(await texts_of(session, [row.hold_reason] if row.hold_reason else ())).get(
            row.hold_reason
        ),
        seq=(await head(session, run_id)).seq,
    )


async def _beside(session: Session, run: Row[Any]) -> tuple[str, ...]:
    """Return the other open runs of the same service and environment, the oldest first."""
    if run.state in ENDED:
        return ()
    same = (runs.c.service == run.service) & (runs.c.environment == run.environment) & (runs.c.id != run.id)
    found = select(runs.c.id).where(same, runs.c.state.not_in(ENDED)).order_by(runs.c.started_at, runs.c.id)
    return tuple((await session.scalars(found.limit(_BESIDE))).all())


async def release_of(session: Session, run_id: str) -> Release:
    """Return the run's present build. Raises NotFound (`unknown_run`)."""
    found = (await session.execute(select(runs.c.builds).where(runs.c.id == run_id))).one_or_none()
    return Build.model_validate(_known_run(found, run_id).builds[-1]).release


async def list_tasks(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    assignee: str | None = None,
    states: Collection[str] = (),
    run: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TaskView]:
    """Return tasks, the next due first; without `run`, only of runs that go on.

    With `assignee`, those on this person: theirs, those offered to a function of theirs in that run, and what
    somebody else did that is theirs to verify. With `states`, those in one of them.
    """
    query = select(tasks).where(tasks.c.gone_in.is_(None))
    if run is None:
        query = query.join(runs, runs.c.id == tasks.c.run_id).where(runs.c.state.not_in(ENDED))
    else:
        query = query.where(tasks.c.run_id == run)
    if states:
        query = query.where(tasks.c.state.in_(states))
    if assignee is not None:
        query = query.where(is_on(assignee))
    order = (next_due(tasks.c.due_at), tasks.c.run_id, tasks.c.position)
    page = await read_page(session, query, order, cursor=cursor, limit=limit)
    return page.seen_as(await task_views(session, page.items))


def is_on(name: str) -> ColumnElement[bool]:
    """Return the condition that a task is on the user `name`: theirs, offered to them, or theirs to verify."""
    mine = (run_people.c.run_id == tasks.c.run_id) & (run_people.c.function == tasks.c.function)
    in_function = select(run_people.c.name).where(mine, run_people.c.name == name).exists()
    to_verify = tasks.c.state == "to_verify"
    by_another = or_(tasks.c.done_by.is_(None), tasks.c.done_by != name)
    offered = tasks.c.assignee.is_(None) & (tasks.c.state != "locked") & in_function
    return or_(
        and_(to_verify, in_function, by_another), and_(~to_verify, or_(tasks.c.assignee == name, offered))
    )


async def get_task(session: Session, task_id: str) -> TaskView:
    """Return a task with the people of its function. Raises NotFound (`unknown_task`)."""
    row = (await session.execute(select(tasks).where(tasks.c.id == task_id))).one_or_none()
    if row is None:
        raise NotFound(
            "unknown_task", N_("There is no task {id}; the list of tasks names those there are."), id=task_id
        )
    return (await task_views(session, [row]))[0]


async def list_approvals(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    waiting_for: str | None = None,
    state: str | None = None,
    run: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ApprovalView]:
    """Return approvals without their subjects, the next due first; without `run`, only of runs that go on."""
    query: Select[Any] = select(approvals).where(approvals.c.gone_in.is_(None))
    if run is None:
        query = query.join(runs, runs.c.id == approvals.c.run_id).where(runs.c.state.not_in(ENDED))
    else:
        query = query.where(approvals.c.run_id == run)
    if state is not None:
        query = query.where(approvals.c.state == state)
    if waiting_for is not None:
        query = query.join(approval_waiting, approval_waiting.c.approval_id == approvals.c.id)
        query = query.where(approval_waiting.c.name == waiting_for)
    order = (
        next_due(approvals.c.due_at),
        approvals.c.run_id,
        approvals.c.position,
    )
    page = await read_page(session, query, order, cursor=cursor, limit=limit)
    return page.seen_as(await approval_views(session, page.items, subjects=False))


async def get_approval(session: Session, approval_id: str) -> ApprovalView:
    """Return an approval with the subject that its digest is of. Raises NotFound (`unknown_approval`)."""
    row = (await session.execute(select(approvals).where(approvals.c.id == approval_id))).one_or_none()
    if row is None:
        sentence = N_("There is no approval {id}; the list of approvals names those there are.")
        raise NotFound("unknown_approval", sentence, id=approval_id)
    return (await approval_views(session, [row], subjects=True))[0]


async def comments_of_decisions(session: Session, run_id: str, seqs: Sequence[int]) -> dict[int, str | None]:
    """Return the comment of each decision by its journal number, None where there is none or no more."""
    found = select(journal.c.seq, journal.c.words).where(journal.c.stream == run_id, journal.c.seq.in_(seqs))
    sealed = {row.seq: row.words.get("comment", "") for row in await session.execute(found)}
    texts = await texts_of(session, filter(None, sealed.values()))
    return {seq: texts.get(sealed.get(seq, "")) for seq in seqs}


def _known_run(row: Row[Any] | None, run_id: str) -> Row[Any]:
    if row is None:
        raise NotFound(
            "unknown_run", N_("There is no run {id}; the list of runs names those there are."), id=run_id
        )
    return row


def _waits(
    of_run: Sequence[dict[str, Any]], its_tasks: Sequence[TaskView], its_approvals: Sequence[ApprovalView]
) -> tuple[Wait, ...]:
    own = [wait_of(wait) for wait in of_run]
    waits = [*own, *(task.wait for task in its_tasks), *(approval.wait for approval in its_approvals)]
    return tuple(sorted((wait for wait in waits if wait), key=lambda wait: wait.since))
