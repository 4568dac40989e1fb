"""What people do to a run: hold, resume, abort, roll back, promote, replace the build, comment, learn."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.acting import act
from api.asking import SIGNED_IN, HouseDep, LanguageDep, SessionDep
from api.attempts import AttemptDep
from api.described import ACT, ASKED, permission, problems
from api.named import named_user
from api.schemas.actions import ActionGiven, ActionShown, CommentShown, LessonShown
from api.schemas.given import words, words_or_none
from api.schemas.named import ActionPath, RunPath
from api.schemas.runs import CloseActionGiven, LessonGiven, NewBuildGiven, ReceiptShown, RunCommentGiven
from api.schemas.shown import Listed
from api.schemas.tasks import ReasonGiven
from api.starting import check_authors
from db.lessons import actions_of_run, comments_of_run, lessons_of_run
from db.queries import get_header
from golive.commands import (
    Abort,
    AddAction,
    AddLesson,
    Body,
    CloseAction,
    Comment,
    Hold,
    NewBuild,
    Promote,
    PromoteFull,
    Resume,
    RetryRollout,
    Rollback,
)
from golive.permissions import REQUIRED

router = APIRouter(tags=["acts on runs"], dependencies=[SIGNED_IN])


_ROLLOUT = ("409 no_rollout", "409 run_ending", "409 run_held", "422 reason_missing")
"""What every act on a rollout answers with."""


def _act(do: str, summary: str, description: str, *named: str) -> dict[str, Any]:
    return {
        "response_model": ReceiptShown,
        "summary": summary,
        "description": description + permission(*REQUIRED[do]),
        "responses": problems(*ACT, "404 unknown_run", *named),
    }


def _list(summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": summary + "." + permission(),
        "responses": problems(*ASKED, "404 unknown_run"),
    }


@router.post(
    "/runs/{run_id}/release",
    **_act(
        "new_build",
        "Replace the build",
        "Same run, new artifact digests. Decisions that covered the old build become stale and are asked for "
        "again.",
        "409 run_ending",
        "409 same_build",
        "409 traffic_moved",
        "422 other_release",
        "422 reason_missing",
        "422 unknown_user",
    ),
)
async def release(
    run_id: RunPath, given: NewBuildGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Replace the release by a new build."""
    async with house.database.reading() as session:
        await check_authors(session, given.release.authors)
    body = NewBuild(release=given.release.release(), reason=words(given.reason))
    return await act(house, attempt, language, run_id, body)


@router.post(
    "/runs/{run_id}/hold",
    **_act(
        "hold",
        "Hold the run",
        "Stops new steps and every clock of people's waits, until the run is resumed.",
        "409 run_ending",
        "409 run_state",
        "422 reason_missing",
    ),
)
async def hold(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Hold the run."""
    return await act(house, attempt, language, run_id, Hold(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/resume",
    **_act(
        "resume",
        "Resume the run",
        "Goes on after a hold; asks again what was rejected or has expired.",
        "409 run_ending",
        "409 run_state",
        "422 reason_missing",
    ),
)
async def resume(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Resume the run."""
    return await act(house, attempt, language, run_id, Resume(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/abort",
    **_act(
        "abort",
        "Abort the run",
        "Ends the run. Traffic returns to stable at once; this always wins.",
        "409 already_aborting",
        "422 reason_missing",
    ),
)
async def abort(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Abort the run."""
    return await act(house, attempt, language, run_id, Abort(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/rollback",
    **_act(
        "rollback",
        "Roll back",
        "Returns traffic to stable, opens the back-out tasks, and ends the run after them.",
        "409 already_ending",
        "409 point_of_no_return",
        "422 reason_missing",
    ),
)
async def rollback(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Roll the release back."""
    return await act(house, attempt, language, run_id, Rollback(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/rollout/promote",
    **_act(
        "promote",
        "Promote",
        "Goes on to the next step of the open rollout.",
        *_ROLLOUT,
        "409 no_lock",
        "409 not_paused",
    ),
)
async def promote(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Go on to the next step."""
    return await act(house, attempt, language, run_id, Promote(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/rollout/promote-full",
    **_act(
        "promote_full",
        "Promote to the end",
        "Skips the remaining steps of the rollout, not its health checks.",
        *_ROLLOUT,
        "409 no_lock",
    ),
)
async def promote_full(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Go on to the end."""
    return await act(house, attempt, language, run_id, PromoteFull(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/rollout/retry",
    **_act(
        "retry",
        "Start the rollout over",
        "Starts the open rollout over, from its first step.",
        *_ROLLOUT,
        "409 not_paused",
    ),
)
async def retry(
    run_id: RunPath, given: ReasonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Start the rollout over."""
    return await act(house, attempt, language, run_id, RetryRollout(reason=words(given.reason)))


@router.post(
    "/runs/{run_id}/comments",
    **_act(
        "comment",
        "Comment",
        "Says something about the run or a part of it.",
        "404 unknown_subject",
        "422 reason_missing",
    ),
)
async def comment(
    run_id: RunPath, given: RunCommentGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Say something about the run."""
    about = given.about.removeprefix(f"{run_id}.")
    return await act(house, attempt, language, run_id, Comment(about=about, text=words(given.text)))


@router.get("/runs/{run_id}/comments", **_list("List the comments of a run"))
async def comments(run_id: RunPath, session: SessionDep) -> Listed[CommentShown]:
    """Return what people said."""
    await get_header(session, run_id)
    said = [CommentShown.model_validate(view) for view in await comments_of_run(session, run_id)]
    return Listed(items=said, next_cursor=None)


@router.post("/runs/{run_id}/lessons", **_act("add_lesson", "Add a lesson", "Says what this go-live taught."))
async def add_lesson(
    run_id: RunPath, given: LessonGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Say what this go-live taught."""
    return await act(house, attempt, language, run_id, AddLesson(text=words(given.text)))


@router.get("/runs/{run_id}/lessons", **_list("List the lessons of a run"))
async def lessons(run_id: RunPath, session: SessionDep) -> Listed[LessonShown]:
    """Return what this go-live taught."""
    await get_header(session, run_id)
    taught = [LessonShown.model_validate(view) for view in await lessons_of_run(session, run_id)]
    return Listed(items=taught, next_cursor=None)


@router.post(
    "/runs/{run_id}/actions",
    **_act(
        "add_action", "Agree on an action", "An improvement with an owner and a date.", "422 unknown_user"
    ),
)
async def add_action(
    run_id: RunPath, given: ActionGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Agree on an improvement."""
    async with house.database.reading() as session:
        owner = await named_user(session, "owner", given.owner)
    body: Body = AddAction(text=words(given.text), owner=owner.name, due_at=given.due_at)
    return await act(house, attempt, language, run_id, body)


@router.get("/runs/{run_id}/actions", **_list("List the actions of a run"))
async def actions(run_id: RunPath, session: SessionDep) -> Listed[ActionShown]:
    """Return what was agreed on."""
    await get_header(session, run_id)
    agreed = [ActionShown.model_validate(view) for view in await actions_of_run(session, run_id)]
    return Listed(items=agreed, next_cursor=None)


@router.post(
    "/runs/{run_id}/actions/{action_id}/close",
    **_act(
        "close_action",
        "Close an action",
        "Says that an agreed improvement is done.",
        "403 own_review",
        "404 unknown_action",
        "409 action_closed",
    ),
)
async def close_action(
    run_id: RunPath,
    action_id: ActionPath,
    given: CloseActionGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Close an action."""
    body = CloseAction(action=action_id, remark=words_or_none(given.remark))
    return await act(house, attempt, language, run_id, body)
