"""A task: what is to be done, what was given for it, what was said of it; and every act on it, each by its form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.attempts import Attempt
from api.language import tell, whole
from api.pages.acting import NOT_TRIED, Tried, acted, given, typed
from api.pages.completing import completion_of, given_before, in_form
from api.pages.following import news_about
from api.pages.rendering import fragment, page
from api.pages.standing import Standing, standing
from api.pages.uploading import stored_in, uploaded
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.routers import tasks as api
from api.schemas.journal import summary
from api.schemas.named import TaskPath
from api.schemas.shown import told
from api.schemas.tasks import CommentGiven, CompleteGiven, ReasonGiven, ReassignGiven, VerifyGiven
from db.beside import Beside, beside
from db.queries import get_task
from db.views import TaskView

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Seen:
    """A task with all that its page shows, as it stands for one reader."""

    task: TaskView
    beside: Beside
    standing: Standing
    news: str

    def words(self, visit: Visit) -> dict[str, Any]:
        """Return what the templates show, in the reader's language."""
        language = visit.language
        return {
            "task": self.task,
            "news": self.news,
            "beside": self.beside,
            "run": self.beside.run,
            "acts": self.standing.acts,
            "mine": self.standing.mine,
            "candidates": [(name, name) for name in self.task.people if name != self.task.assignee],
            "says": tell(self.standing.says, language),
            "why": whole(self.standing.why, language) if self.standing.why else None,
            "who": self.standing.who,
            "awaited": told(self.task.wait.next, language) if self.task.wait else None,
            "history": [(row, summary(row, language)) for row in self.beside.history],
        }


async def _seen(visit: Visit, task_id: str) -> _Seen:
    """Read a task and what stands beside it. Raises NotFound."""
    async with visit.house.database.reading() as session:
        task = await get_task(session, task_id)
        with_it = await beside(session, task)
        news = await news_about(session, task.run_id, f"task:{task.ref}")
    return _Seen(task, with_it, standing(task, with_it.run, visit, reopens=with_it.reopens), news)


async def _page(visit: Visit, task_id: str, tried: Tried = NOT_TRIED, status: int = 200) -> Response:
    seen = await _seen(visit, task_id)
    if tried is NOT_TRIED:
        tried = Tried(f"/tasks/{task_id}/complete", given_before(seen.task))
    if tried.path.endswith("/complete") and tried.problem:
        tried = replace(tried, problem=in_form(tried.problem, seen.task, tried.values))
    files = await stored_in(visit, tried.values)
    refused = {tried.path.rpartition("/")[2]} - {"start"} if tried.problem else set[str]()
    values = {"tried": tried, "files": files, "alone": False, "changed": "", **seen.words(visit)}
    forms = {*seen.standing.acts, *refused}
    return page(visit, "tasks/page.html", status=status, forms=forms, **values)


@router.get("/tasks/{task_id}")
async def look(task_id: TaskPath, visit: ReaderDep) -> Response:
    """Show a task and what the reader can do to it."""
    return await _page(visit, task_id)


@router.get("/tasks/{task_id}/live")
async def live(
    task_id: TaskPath, visit: ReaderDep, acts: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """Show what others change of a task. `acts` are those whose forms the reader has before them."""
    seen = await _seen(visit, task_id)
    changed = "" if acts is None else _changed(set(filter(None, acts.split(","))), set(seen.standing.acts))
    return fragment(visit, "tasks/_live.html", alone=True, changed=changed, **seen.words(visit))


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
    request = sent.visit.request
    return await _act(sent, task_id, lambda: given(ReassignGiven, values), api.reassign, request=request)


@router.post("/tasks/{task_id}/comments")
async def comment(task_id: TaskPath, sent: ActDep) -> Response:
    """Say something about the task."""
    return await _act(sent, task_id, lambda: given(CommentGiven, {"text": sent.text("text")}), api.comment)
