"""Tasks: find mine, take, complete with evidence, verify, and what else happens to work."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.acting import act
from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep, need
from api.attempts import AttemptDep
from api.described import ACT, ASKED, LIST, permission, problems
from api.evidence import completion
from api.house import House
from api.named import named_actors
from api.schemas.given import Cursor, Given, Nothing, words, words_or_none
from api.schemas.named import RunId, TaskPath
from api.schemas.runs import ReceiptShown
from api.schemas.shown import Listed
from api.schemas.tasks import CommentGiven, CompleteGiven, ReasonGiven, ReassignGiven, TaskShown, VerifyGiven
from db.queries import get_task, list_tasks
from db.views import TaskView
from golive.commands import (
    BlockTask,
    Comment,
    ReassignTask,
    ReopenTask,
    SetNotApplicable,
    StartTask,
    VerifyTask,
)
from golive.permissions import REQUIRED
from golive.vocabulary import TaskStateName

router = APIRouter(tags=["tasks"], dependencies=[SIGNED_IN])


class TaskFilter(Given):
    """Which tasks. Without `run`, those of ended runs are left out."""

    assignee: str | None = Field(
        default=None,
        max_length=80,
        examples=["me"],
        description="A user's name, or `me`: what is mine and what is offered to me.",
    )
    state: list[TaskStateName] = Field(
        default=[],
        max_length=7,
        examples=[["open", "in_progress"]],
        description="One of these, given again for more.",
    )
    run: Annotated[RunId, Field(max_length=80)] | None = Field(default=None, description="Those of one run.")
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


def _act(do: str, summary: str, description: str, *named: str) -> dict[str, Any]:
    return {
        "response_model": ReceiptShown,
        "summary": summary,
        "description": description + permission(*REQUIRED[do]),
        "responses": problems(*ACT, "404 unknown_task", *named),
    }


async def _task(house: House, task_id: str) -> TaskView:
    async with house.database.reading() as session:
        return await get_task(session, task_id)


@router.get(
    "/tasks",
    summary="List tasks",
    description="With `assignee=me` what is assigned to you and what is offered to a function of yours in "
    "that run. What waits for a second person is listed for those who may verify it, never for who did it."
    + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[TaskFilter, Query()], actor: ActorDep, session: SessionDep, language: LanguageDep
) -> Listed[TaskShown]:
    """Return one page of tasks."""
    filters = which.model_dump(exclude={"state"}) | {"states": which.state}
    if which.assignee == "me":
        filters["assignee"] = actor.name
    page = await list_tasks(session, **filters)
    return Listed(items=[TaskShown.of(task, language) for task in page.items], next_cursor=page.next_cursor)


@router.get(
    "/tasks/{task_id}",
    summary="Look at a task",
    description="What is to be done, by whom, until when, with which evidence." + permission(),
    responses=problems(*ASKED, "404 unknown_task"),
)
async def look(task_id: TaskPath, session: SessionDep, language: LanguageDep) -> TaskShown:
    """Return one task."""
    return TaskShown.of(await get_task(session, task_id), language)


@router.post(
    "/tasks/{task_id}/start",
    **_act(
        "start_task",
        "Take a task",
        "An open task that is offered to you becomes yours.",
        "403 foreign_task",
        "409 last_signer",
        "409 task_state",
    ),
)
async def start(
    task_id: TaskPath, attempt: AttemptDep, house: HouseDep, language: LanguageDep, _: Nothing | None = None
) -> Response:
    """Take a task."""
    task = await _task(house, task_id)
    return await act(house, attempt, language, task.run_id, StartTask(task=task.ref))


@router.post(
    "/tasks/{task_id}/complete",
    **_act(
        "complete_task",
        "Complete a task",
        "With its evidence and the result of each item; without what it requires it is refused, naming what "
        "is missing. The remark counts as evidence. JUnit XML is read now, its figures are signed.",
        "403 foreign_task",
        "409 last_signer",
        "409 task_state",
        "422 evidence_missing",
        "422 item_open",
        "422 reason_missing",
        "422 test_result_empty",
        "422 test_result_invalid",
        "422 test_result_unsafe",
        "422 unknown_attachment",
        "422 unknown_item",
    ),
)
async def complete(
    task_id: TaskPath, given: CompleteGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Complete a task."""
    need(attempt.actor, REQUIRED["complete_task"])  # before files are read for it
    task = await _task(house, task_id)
    return await act(house, attempt, language, task.run_id, await completion(house, task.ref, given))


@router.post(
    "/tasks/{task_id}/verify",
    **_act(
        "verify_task",
        "Verify a task",
        "Confirms what another person did, or sends it back with a remark.",
        "403 foreign_task",
        "403 own_work",
        "409 task_state",
        "422 reason_missing",
    ),
)
async def verify(
    task_id: TaskPath, given: VerifyGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Verify what another person did."""
    task = await _task(house, task_id)
    body = VerifyTask(task=task.ref, result=given.result, remark=words_or_none(given.remark))
    return await act(house, attempt, language, task.run_id, body)


@router.post(
    "/tasks/{task_id}/block",
    **_act(
        "block_task",
        "Block a task",
        "Says that it cannot go on, and why.",
        "403 foreign_task",
        "409 task_state",
    ),
)
async def block(
    task_id: TaskPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Block a task."""
    task = await _task(house, task_id)
    body = BlockTask(task=task.ref, reason=words(given.reason))
    return await act(house, attempt, language, task.run_id, body)


@router.post(
    "/tasks/{task_id}/reopen",
    **_act(
        "reopen_task",
        "Reopen a task",
        "Opens a finished or blocked task again.",
        "403 foreign_task",
        "409 back_out",
        "409 point_of_no_return",
        "409 run_ending",
        "409 task_state",
        "409 traffic_moved",
    ),
)
async def reopen(
    task_id: TaskPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Open a task again."""
    task = await _task(house, task_id)
    body = ReopenTask(task=task.ref, reason=words(given.reason))
    return await act(house, attempt, language, task.run_id, body)


@router.post(
    "/tasks/{task_id}/reassign",
    **_act(
        "reassign_task",
        "Reassign a task",
        "Gives it to another person, or with `to: null` back to its function.",
        "403 foreign_task",
        "409 last_signer",
        "409 task_state",
        "422 not_in_function",
        "422 unknown_user",
    ),
)
async def reassign(
    task_id: TaskPath,
    given: ReassignGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Give a task to somebody else."""
    task = await _task(house, task_id)
    to = None
    if given.to is not None:
        async with house.database.reading() as session:
            (to,) = await named_actors(session, "to", [given.to])
    body = ReassignTask(task=task.ref, to=to, reason=words_or_none(given.reason))
    return await act(house, attempt, language, task.run_id, body)


@router.post(
    "/tasks/{task_id}/not-applicable",
    **_act(
        "not_applicable",
        "Set a task not applicable",
        "Its own fact, never `done`; needs a reason.",
        "403 foreign_task",
        "409 task_state",
        "422 reason_missing",
    ),
)
async def not_applicable(
    task_id: TaskPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Say that a task does not apply."""
    task = await _task(house, task_id)
    body = SetNotApplicable(task=task.ref, reason=words(given.reason))
    return await act(house, attempt, language, task.run_id, body)


@router.post(
    "/tasks/{task_id}/comments",
    **_act("comment", "Comment on a task", "Says something about the task.", "422 reason_missing"),
)
async def comment(
    task_id: TaskPath, given: CommentGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Say something about a task."""
    task = await _task(house, task_id)
    body = Comment(about=task.ref, text=words(given.text))
    return await act(house, attempt, language, task.run_id, body)
