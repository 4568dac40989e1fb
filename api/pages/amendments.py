"""Amendments: the form that changes a run's plan, with what that does before anybody is asked; and their pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.attempts import Attempt
from api.pages.acting import NOT_TRIED, Tried, acted, at_fields, given, typed
from api.pages.following import news_about
from api.pages.live import LastRunId, RunAfter, stream, who
from api.pages.rendering import page, part, voice_of
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.pages.wall_clock import instant
from api.pages.wording import problem_of
from api.problems import written_down
from api.routers import amendments as api
from api.schemas.amendments import (
    AmendGiven,
    AmendmentDecisionGiven,
    AmendmentShown,
    ChangesGiven,
    ForeseenShown,
    WithdrawAmendmentGiven,
)
from api.schemas.named import AmendmentPath, RunPath
from db.amendments import AmendmentView, get_amendment
from db.looking import Look
from db.queries import get_run
from db.templates import get_template
from db.views import RunWhole
from golive.errors import GoliveError, Refused
from golive.parameters import Value
from golive.permissions import REQUIRED
from golive.vocabulary import ENDED

router = APIRouter(include_in_schema=False)

_BETWEEN = re.compile(r"[^\s,;，；、]+")
"""Names, whatever stands between them."""


@router.get("/runs/{run_id}/amend")
async def form(run_id: RunPath, visit: ReaderDep) -> Response:
    """Show the form in which a run's plan is changed. Raises NotFound."""
    return await _form(visit, run_id, NOT_TRIED)


async def _form(visit: Visit, run_id: str, tried: Tried, foreseen: ForeseenShown | None = None) -> Response:
    async with visit.house.database.reading() as sql:
        run = await get_run(sql, run_id)
        latest = (await get_template(sql, run.template)).version
    voice = voice_of(visit)
    pending = next((each for each in run.amendments if each.state == "requested"), None)
    return page(
        visit,
        "amendments/new.html",
        status=tried.problem.get("status", HTTPStatus.OK),
        tried=tried,
        run=run,
        latest=latest,
        foreseen=foreseen,
        pending=pending,
        over=_over(run),
        may=visit.may_do("amend"),
        roles=" / ".join(voice.name(role) for role in REQUIRED["amend"]),
    )


def _over(run: RunWhole) -> bool:
    return run.state in ENDED or run.state == "rolling_back" or run.frozen is not None


@router.post("/runs/{run_id}/amend")
async def send(run_id: RunPath, sent: ActDep) -> Response:
    """Show what the change would do, or ask for it and lead to its page."""
    async with sent.visit.house.database.reading() as sql:
        run = await get_run(sql, run_id)
    return await (_ask(sent, run) if sent.text("do") == "ask" else _foresee(sent, run))


async def _foresee(sent: Sent, run: RunWhole) -> Response:
    visit, path = sent.visit, sent.visit.request.url.path
    try:
        asked = given(ChangesGiven, _changes(sent, run))
        foreseen = await api.preview(run.id, asked, visit.actor, visit.house, visit.language)
    except GoliveError as refused:
        if isinstance(refused, Refused):
            await written_down(visit.request, refused)
        return await _form(visit, run.id, Tried(path, typed(sent), problem_of(visit, refused)))
    return await _form(visit, run.id, Tried(path, typed(sent)), foreseen)


async def _ask(sent: Sent, run: RunWhole) -> Response:
    visit = sent.visit

    def body() -> AmendGiven:
        return given(AmendGiven, {**_changes(sent, run), "reason": sent.text("reason")})

    async def do(attempt: Attempt) -> Response:
        return await api.amend(run.id, body(), attempt, visit.house, visit.language)

    async def again(tried: Tried) -> Response:
        return await _form(visit, run.id, tried)

    return await acted(sent, body, do, back=f"/runs/{run.id}", again=again)


def _changes(sent: Sent, run: RunWhole) -> dict[str, Any]:
    """Return what the form says otherwise than the plan does. Raises Invalid for a time that the clock leaves out."""
    asked: dict[str, Any] = {
        "parameters": {
            key: _as_before(sent.text(f"parameters.{key}"), value)
            for key, value in run.plan.parameters.items()
            if _otherwise(sent, f"parameters.{key}", _written(value))
        },
        "people": {
            function: _BETWEEN.findall(sent.text(f"people.{function}"))
            for function, names in run.plan.people.items()
            if f"people.{function}" in sent.form
            and _BETWEEN.findall(sent.text(f"people.{function}")) != list(names)
        },
    }
    if sent.text("go_live_at"):
        asked["go_live_at"] = instant(sent.text("go_live_at"), sent.visit.zone, "go_live_at")
    if sent.text("template_version"):
        asked["template_version"] = sent.text("template_version")
    return asked


def _otherwise(sent: Sent, name: str, before: str) -> bool:
    return name in sent.form and sent.text(name) != before


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_before(text: str, before: Value) -> Value:
    """Return what was typed as the kind of value that it takes the place of; what is none is refused by the rules."""
    if isinstance(before, bool):
        return text == "true" if text in ("true", "false") else text
    for kind in (int, float) if isinstance(before, int | float) else ():
        try:
            return kind(text)
        except ValueError:
            continue
    return text


# -- the page of one -----------------------------------------------------------------------------------------


@router.get("/amendments/{amendment_id}")
async def look(amendment_id: AmendmentPath, visit: ReaderDep) -> Response:
    """Show an amendment. Raises NotFound."""
    return await _page(visit, amendment_id, NOT_TRIED)


async def _page(visit: Visit, amendment_id: str, tried: Tried) -> Response:
    async with visit.house.database.reading() as sql:
        found = await get_amendment(sql, amendment_id)
        run = await get_run(sql, found.run_id)
        seen = _seen(found, run, visit)
        acts = "decide" if seen["may"] or seen["own"] or tried.problem else ""
        news = await news_about(sql, run.id, f"/amendments/{amendment_id}", acts=acts)
    status = tried.problem.get("status", HTTPStatus.OK)
    return page(visit, "amendments/amendment.html", status=status, tried=tried, news=news, changed="", **seen)


def _seen(found: AmendmentView, run: RunWhole, visit: Visit) -> dict[str, Any]:
    """Return an amendment as the reader sees it, and whether they may decide on it or take it back."""
    open_still = found.state == "requested" and not _over(run)
    return {
        "amendment": AmendmentShown.of(found, visit.language),
        "run": run,
        "open_still": open_still,
        "may": open_still and visit.actor.name in found.waiting_for and visit.may_do("decide_amendment"),
        "own": open_still and visit.actor.name == found.by and visit.may_do("withdraw_amendment"),
    }


@router.get("/amendments/{amendment_id}/news")
async def news(
    amendment_id: AmendmentPath,
    visit: ReaderDep,
    acts: Annotated[str, Query(pattern="^(decide)?$")] = "",
    after: RunAfter = "",
    last_id: LastRunId = "",
) -> Response:
    """Send what others change of an amendment since `after`; `acts` says whether the reader has its forms."""
    async with visit.house.database.reading() as sql:
        found = await get_amendment(sql, amendment_id)

    def made(look: Look, now: Visit) -> str:
        mine = next(each for each in look.amendments if each.id == amendment_id)
        seen = _seen(mine, look.run, now)
        changed = bool(acts) and not seen["may"] and not seen["own"]
        return part(voice_of(now), "amendments/_live.html", visit=now, changed=changed, **seen)

    alike = (who(visit), amendment_id, acts)
    return stream(visit, visit.house.feed.runs, found.run_id, last_id or after, made, alike=alike)


@router.post("/amendments/{amendment_id}/approve")
async def approve(amendment_id: AmendmentPath, sent: ActDep) -> Response:
    """Approve the amendment that was shown."""
    return await _decide(amendment_id, sent, "approved")


@router.post("/amendments/{amendment_id}/reject")
async def reject(amendment_id: AmendmentPath, sent: ActDep) -> Response:
    """Reject it, with the reason."""
    return await _decide(amendment_id, sent, "rejected")


async def _decide(amendment_id: str, sent: Sent, decision: str) -> Response:
    said = {"decision": decision, "comment": sent.text("comment") or None, "digest": sent.text("digest")}

    async def route(body: AmendmentDecisionGiven, attempt: Attempt) -> Response:
        return await api.decide(amendment_id, body, attempt, sent.visit.house, sent.visit.language)

    return await _acted(amendment_id, sent, lambda: given(AmendmentDecisionGiven, said), route)


@router.post("/amendments/{amendment_id}/take-back")
async def take_back(amendment_id: AmendmentPath, sent: ActDep) -> Response:
    """Withdraw the amendment."""
    said = {"reason": sent.text("reason")}

    async def route(body: WithdrawAmendmentGiven, attempt: Attempt) -> Response:
        return await api.withdraw(amendment_id, body, attempt, sent.visit.house, sent.visit.language)

    return await _acted(amendment_id, sent, lambda: given(WithdrawAmendmentGiven, said), route)


async def _acted(
    amendment_id: str, sent: Sent, body: Callable[[], Any], route: Callable[..., Any]
) -> Response:
    async def do(attempt: Attempt) -> Response:
        answer: Response = await route(body(), attempt)
        return answer

    async def again(tried: Tried) -> Response:
        return await _page(sent.visit, amendment_id, at_fields(tried, reason_missing="comment"))

    return await acted(sent, body, do, back=f"/amendments/{amendment_id}", again=again)
