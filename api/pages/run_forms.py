"""The forms of a run's page. Each acts through the function of the API's route, so that both refuse alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.attempts import Attempt
from api.pages.acting import Tried, acted, given
from api.pages.run import run_page
from api.pages.visiting import ActDep, Sent
from api.pages.wall_clock import instant
from api.routers import run_acts
from api.schemas.actions import ActionGiven
from api.schemas.named import RunPath
from api.schemas.runs import CloseActionGiven, LessonGiven, NewBuildGiven, RunCommentGiven
from api.schemas.tasks import ReasonGiven

router = APIRouter(include_in_schema=False)

Route = Callable[..., Any]
_REASONED: Mapping[str, Route] = {
    "hold": run_acts.hold,
    "resume": run_acts.resume,
    "abort": run_acts.abort,
    "rollback": run_acts.rollback,
    "promote": run_acts.promote,
    "promote-full": run_acts.promote_full,
    "retry": run_acts.retry,
}
"""What only asks for a reason."""


async def _sent(
    sent: Sent, run_id: str, body: Callable[[], BaseModel], route: Route, **more: Any
) -> Response:
    """Let the form act through `route`, and lead back to the run's page."""
    visit = sent.visit

    async def do(attempt: Attempt) -> Response:
        answer: Response = await route(
            run_id=run_id,
            given=body(),
            attempt=attempt,
            house=visit.house,
            language=visit.language,
            **more,
        )
        return answer

    async def again(tried: Tried) -> Response:
        return await run_page(visit, run_id, replace(tried, problem=_in_form(tried.problem)))

    return await acted(sent, body, do, back=f"/runs/{run_id}", again=again)


def _in_form(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem with the fields as the forms call them: `artifacts` for `release.artifacts[0].digest`."""
    paths = problem.get("fields") or [problem.get("field") or ""]
    return {**problem, "fields": [re.split(r"[.\[]", path.removeprefix("release."))[0] for path in paths]}


def _reasoned(do: str, route: Route) -> None:
    @router.post(f"/runs/{{run_id}}/{do}")
    async def act(run_id: RunPath, sent: ActDep) -> Response:
        return await _sent(sent, run_id, lambda: given(ReasonGiven, {"reason": sent.text("reason")}), route)


for name, its_route in _REASONED.items():
    _reasoned(name, its_route)


@router.post("/runs/{run_id}/release")
async def release(run_id: RunPath, sent: ActDep) -> Response:
    """Replace the build."""
    return await _sent(sent, run_id, lambda: given(NewBuildGiven, _build(sent)), run_acts.release)


@router.post("/runs/{run_id}/comments")
async def comment(run_id: RunPath, sent: ActDep) -> Response:
    """Say something about the run."""
    return await _sent(
        sent, run_id, lambda: given(RunCommentGiven, {"text": sent.text("text")}), run_acts.comment
    )


@router.post("/runs/{run_id}/lessons")
async def add_lesson(run_id: RunPath, sent: ActDep) -> Response:
    """Say what this go-live taught."""
    return await _sent(
        sent, run_id, lambda: given(LessonGiven, {"text": sent.text("text")}), run_acts.add_lesson
    )


@router.post("/runs/{run_id}/actions")
async def add_action(run_id: RunPath, sent: ActDep) -> Response:
    """Agree on an improvement."""

    def body() -> BaseModel:
        due_at = instant(sent.text("due_at"), sent.visit.zone, "due_at")
        return given(ActionGiven, {"text": sent.text("text"), "owner": sent.text("owner"), "due_at": due_at})

    return await _sent(sent, run_id, body, run_acts.add_action)


@router.post("/runs/{run_id}/actions/close")
async def close_action(run_id: RunPath, sent: ActDep) -> Response:
    """Say that an agreed improvement is done."""
    return await _sent(
        sent,
        run_id,
        lambda: given(CloseActionGiven, {"remark": sent.text("remark")}),
        run_acts.close_action,
        action_id=sent.text("action"),
    )


def _build(sent: Sent) -> dict[str, Any]:
    """Return what the form of a new build says. Each line names an artifact and, at its end, the digest."""
    lines = [line.split() for line in sent.text("artifacts").splitlines() if line.strip()]
    release = {
        "service": sent.text("service"),
        "version": sent.text("version"),
        "environment": sent.text("environment"),
        "artifacts": [{"name": " ".join(words[:-1]), "digest": words[-1]} for words in lines],
        "authors": sent.text("authors").replace(",", " ").split(),
        "scope": sent.text("scope"),
        "external_refs": _refs(sent.text("external_refs")),
    }
    return {"release": release, "reason": sent.text("reason")}


def _refs(written: str) -> Any:
    try:
        return json.loads(written or "[]")
    except ValueError:
        return written
