"""A task: what is to be done, what was given for it, what was said of it; and every act on it, each by its form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.attempts import Attempt
from api.language import tell, whole
from api.pages.acting import NOT_TRIED, Tried, acted, given, typed
from api.pages.completing import completion_of, given_before, in_form
from api.pages.following import news_about
from api.pages.live import LastRunId, RunAfter, stream, who
from api.pages.rendering import page, part, voice_of
from api.pages.standing import Standing, standing
from api.pages.uploading import stored_in, uploaded
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.routers import tasks as api
from api.schemas.journal import summary
from api.schemas.named import TaskPath
from api.schemas.shown import told
from api.schemas.tasks import CommentGiven, CompleteGiven, ReasonGiven, ReassignGiven, VerifyGiven
from db.looking import TaskLook, look_at_task
from db.queries import get_task

router = APIRouter(include_in_schema=False)


def _words(look: TaskLook, found: Standing, visit: Visit) -> dict[str, Any]:
    """Return what the templates show of a task, in the reader's language."""
    task, language = look.task, visit.language
    return {
        "task": task,
        "beside": look.beside,
        "run": look.beside.run,
        "acts": found.acts,
        "mine": found.mine,
        "candidates": [(name, name) for name in task.people if name != task.assignee],
        "says": tell(found.says, language),
        "why": whole(found.why, language) if found.why else None,
        "who": found.who,
        "awaited": told(task.wait.next, language) if task.wait else None,
        "history": [(row, summary(row, language)) for row in look.beside.history],
    }


def _standing(look: TaskLook, visit: Visit) -> Standing:
    return standing(look.task, look.beside.run, visit, reopens=look.beside.reopens)


async def _page(visit: Visit, task_id: str, tried: Tried = NOT_TRIED, status: int = 200) -> Response:
    async with visit.house.database.reading() as sql:
        look = await look_at_task(sql, task_id)
        found = _standing(look, visit)
        news = await news_about(sql, look.task.run_id, f"/tasks/{task_id}", acts=",".join(found.acts))
    if tried is NOT_TRIED:
        tried = Tried(f"/tasks/{task_id}/complete", given_before(look.task))
    if tried.path.endswith("/complete") and tried.problem:
        tried = replace(tried, problem=in_form(tried.problem, look.task, tried.values))
    files = await stored_in(visit, tried.values)
    refused = {tried.path.rpartition("/")[2]} - {"start"} if tried.problem else set[str]()
    values = {"tried": tried, "files": files, "alone": False, "changed": "", **_words(look, found, visit)}
    forms = {*found.acts, *refused}
    return page(visit, "tasks/page.html", status=status, news=news, forms=forms, **values)


@router.get("/tasks/{task_id}")
async def look(task_id: TaskPath, visit: ReaderDep) -> Response:
    """Show a task and what the reader can do to it."""
    return await _page(visit, task_id)


@router.get("/tasks/{task_id}/news")
async def news(
    task_id: TaskPath,
    visit: ReaderDep,
    acts: Annotated[str | None, Query(max_length=200)] = None,
    after: RunAfter = "",
    last_id: LastRunId = "",
) -> Response:
    """Send what others change of a task since `after`. `acts` are those whose forms the reader has before them."""
    async with visit.house.database.reading() as sql:
        await get_task(sql, task_id)

    def made(look: TaskLook, now: Visit) -> str:
        found = _standing(look, now)
        gone = "" if acts is None else _changed(set(filter(None, acts.split(","))), set(found.acts))
        words = _words(look, found, now)
        return part(voice_of(now), "tasks/_live.html", visit=now, alone=True, changed=gone, **words)

    seen = last_id or after
    return stream(visit, visit.house.feed.tasks, task_id, seen, made, alike=(who(visit), acts))


def _changed(before: set[str], now: set[str]) -> str:
    """Return whether some act is `gone` whose form the reader has before them, or whether there is `more` now."""
    return "gone" if before - now else "more" if now - before else ""


async def _act(
    sent: Sent,
    task_id: str,
    body: Callable[[], BaseModel | None],
    do: Callable[..., Awaitable[Response]],
    **more: Any,
) -> Response:
    """Let a form act on the task by the function of the API's route, and return the task's page."""
    visit = sent.visit

    async def act(attempt: Attempt) -> Response:
        takes = {"given": taken} if (taken := body()) else {}
        return await do(task_id, attempt=attempt, house=visit.house, language=visit.language, **takes, **more)

    async def again(tried: Tried) -> Response:
        return await _page(visit, task_id, tried, tried.problem["status"])

    return await acted(sent, body, act, back=f"/tasks/{task_id}", again=again)


def _reason(sent: Sent) -> Callable[[], ReasonGiven]:
    return lambda: given(ReasonGiven, {"reason": sent.text("reason")})


@router.post("/tasks/{task_id}/start")
async def start(task_id: TaskPath, sent: ActDep) -> Response:
    """Take the task."""
    return await _act(sent, task_id, lambda: None, api.start)


@router.post("/tasks/{task_id}/complete")
async def complete(task_id: TaskPath, sent: ActDep) -> Response:
    """Complete the task, with the files that came with the form and those that came before it."""
    sent, wrong = await uploaded(sent)

    def body() -> CompleteGiven:
        if wrong is not None:
            raise wrong
        return completion_of({name: sent.text(name) for name in typed(sent)})

    return await _act(sent, task_id, body, api.complete)


@router.post("/tasks/{task_id}/verify")
async def verify(task_id: TaskPath, sent: ActDep) -> Response:
    """Confirm what another person did, or send it back."""
    values = {"result": sent.text("result"), "remark": sent.text("remark") or None}
    return await _act(sent, task_id, lambda: given(VerifyGiven, values), api.verify)


@router.post("/tasks/{task_id}/block")
async def block(task_id: TaskPath, sent: ActDep) -> Response:
    """Say that the task cannot go on."""
    return await _act(sent, task_id, _reason(sent), api.block)


@router.post("/tasks/{task_id}/reopen")
async def reopen(task_id: TaskPath, sent: ActDep) -> Response:
    """Open the task again."""
    return await _act(sent, task_id, _reason(sent), api.reopen)


@router.post("/tasks/{task_id}/not-applicable")
async def not_applicable(task_id: TaskPath, sent: ActDep) -> Response:
    """Say that the task does not apply."""
    return await _act(sent, task_id, _reason(sent), api.not_applicable)


@router.post("/tasks/{task_id}/reassign")
async def reassign(task_id: TaskPath, sent: ActDep) -> Response:
    """Give the task to somebody else, or offer it to its function."""
    values = {"to": sent.text("to") or None, "reason": sent.text("reason") or None}
    return await _act(sent, task_id, lambda: given(ReassignGiven, values), api.reassign)


@router.post("/tasks/{task_id}/comments")
async def comment(task_id: TaskPath, sent: ActDep) -> Response:
    """Say something about the task."""
    return await _act(sent, task_id, lambda: given(CommentGiven, {"text": sent.text("text")}), api.comment)
