"""Waivers: the form in which one is asked for, its page, and the forms of who decides on it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.attempts import Attempt
from api.pages.acting import NOT_TRIED, Tried, acted, at_fields, given
from api.pages.following import news_about
from api.pages.live import LastRunId, RunAfter, stream, who
from api.pages.rendering import page, part, voice_of
from api.pages.run_seen import standing_of
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.pages.wall_clock import instant
from api.routers import waivers as api
from api.schemas.named import RunPath, WaiverPath
from api.schemas.stages import CheckShown
from api.schemas.waivers import WaiverDecisionGiven, WaiverGiven, WaiverShown
from db.looking import Look
from db.queries import get_run
from db.views import RunWhole
from db.waivers import WaiverView, get_waiver, waivers_of_run
from golive.errors import NotFound
from golive.permissions import REQUIRED
from golive.vocabulary import ENDED
from golive.waivers import WAIVABLE
from golive.words import N_

router = APIRouter(include_in_schema=False)


@router.get("/runs/{run_id}/waivers/new")
async def new(
    run_id: RunPath, visit: ReaderDep, check: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """Show the form in which a waiver of a check is asked for. Raises NotFound."""
    return await _form(visit, run_id, check, NOT_TRIED)


async def _form(visit: Visit, run_id: str, about: str, tried: Tried) -> Response:
    async with visit.house.database.reading() as sql:
        run = await get_run(sql, run_id)
        asked = await waivers_of_run(sql, run_id)
    facts = _check(run, about, visit)
    if facts["check"] is None:
        raise NotFound("unknown_check", N_("This run has no check “{check}”."), check=about)
    voice = voice_of(visit)
    return page(
        visit,
        "waivers/new.html",
        status=tried.problem.get("status", HTTPStatus.OK),
        tried=tried,
        run=run,
        about=about,
        standing=standing_of(asked, about, len(run.builds)),
        fails=facts["check"].state in WAIVABLE and not _over(run),
        may=visit.may_do("request_waiver"),
        roles=" / ".join(voice.name(role) for role in REQUIRED["request_waiver"]),
        **facts,
    )


@router.post("/runs/{run_id}/waivers")
async def request(run_id: RunPath, sent: ActDep) -> Response:
    """Ask for a waiver, and lead back to the run, which lists it."""
    visit = sent.visit

    def body() -> WaiverGiven:
        said = {name: sent.text(name) for name in ("check", "reason", "risk", "mitigation")}
        starts = sent.text("starts_at")
        times = {
            "starts_at": instant(starts, visit.zone, "starts_at") if starts else None,
            "ends_at": instant(sent.text("ends_at"), visit.zone, "ends_at"),
        }
        return given(WaiverGiven, said | times)

    async def do(attempt: Attempt) -> Response:
        return await api.request(run_id, body(), attempt, visit.house, visit.language)

    async def again(tried: Tried) -> Response:
        return await _form(visit, run_id, sent.text("check"), at_fields(tried, waiver_times="ends_at"))

    return await acted(sent, body, do, back=f"/runs/{run_id}", again=again)


@router.get("/waivers/{waiver_id}")
async def look(waiver_id: WaiverPath, visit: ReaderDep) -> Response:
    """Show a waiver. Raises NotFound."""
    return await _page(visit, waiver_id, NOT_TRIED)


async def _page(visit: Visit, waiver_id: str, tried: Tried) -> Response:
    async with visit.house.database.reading() as sql:
        waiver = await get_waiver(sql, waiver_id)
        run = await get_run(sql, waiver.run_id)
        seen = _seen(waiver, run, visit)
        acts = "decide" if seen["may"] or tried.problem else ""
        news = await news_about(sql, run.id, f"/waivers/{waiver_id}", acts=acts)
    status = tried.problem.get("status", HTTPStatus.OK)
    return page(visit, "waivers/waiver.html", status=status, tried=tried, news=news, changed="", **seen)


def _seen(waiver: WaiverView, run: RunWhole, visit: Visit) -> dict[str, Any]:
    """Return a waiver as the reader sees it, with the check, and whether they may decide on it."""
    asked = visit.actor.name in waiver.waiting_for and waiver.state == "requested"
    over = _over(run)
    return {
        "waiver": WaiverShown.of(waiver, visit.language),
        "run": run,
        "release": run.builds[waiver.build - 1].release,
        "over": over,
        "may": asked and not over and visit.may_do("decide_waiver"),
        **_check(run, waiver.about, visit),
    }


@router.get("/waivers/{waiver_id}/news")
async def news(
    waiver_id: WaiverPath,
    visit: ReaderDep,
    acts: Annotated[str, Query(pattern="^(decide)?$")] = "",
    after: RunAfter = "",
    last_id: LastRunId = "",
) -> Response:
    """Send what others change of a waiver since `after`; `acts` says whether the reader has its forms before them."""
    async with visit.house.database.reading() as sql:
        waiver = await get_waiver(sql, waiver_id)

    def made(look: Look, now: Visit) -> str:
        mine = next(each for each in look.waivers if each.id == waiver_id)
        seen = _seen(mine, look.run, now)
        changed = bool(acts) and not seen["may"]
        return part(voice_of(now), "waivers/_live.html", visit=now, changed=changed, **seen)

    alike = (who(visit), waiver_id, acts)
    return stream(visit, visit.house.feed.runs, waiver.run_id, last_id or after, made, alike=alike)


def _over(run: RunWhole) -> bool:
    return run.state in ENDED or run.state == "rolling_back" or run.frozen is not None


def _check(run: RunWhole, about: str, visit: Visit) -> dict[str, Any]:
    """Return the check `about`, `STAGE/GATE.CHECK`, as it is judged now, with the titles of its gate and stage."""
    for stage in run.stages:
        for gate in stage.gates:
            for check in gate.checks:
                if f"{stage.id}/{gate.key}.{check.key}" == about:
                    return {
                        "stage": stage.title.in_language(visit.language),
                        "gate": gate.title.in_language(visit.language),
                        "check": CheckShown.of(check, visit.language),
                    }
    return {"stage": "", "gate": "", "check": None}


@router.post("/waivers/{waiver_id}/grant")
async def grant(waiver_id: WaiverPath, sent: ActDep) -> Response:
    """Grant the exception."""
    return await _decide(waiver_id, sent, "approved")


@router.post("/waivers/{waiver_id}/refuse")
async def refuse(waiver_id: WaiverPath, sent: ActDep) -> Response:
    """Refuse it, with the reason."""
    return await _decide(waiver_id, sent, "rejected")


async def _decide(waiver_id: str, sent: Sent, decision: str) -> Response:
    visit = sent.visit
    body = _decision(decision, sent.text("comment") or None)

    async def do(attempt: Attempt) -> Response:
        return await api.decide(waiver_id, body(), attempt, visit.house, visit.language)

    async def again(tried: Tried) -> Response:
        return await _page(visit, waiver_id, at_fields(tried, reason_missing="comment"))

    return await acted(sent, body, do, back=f"/waivers/{waiver_id}", again=again)


def _decision(decision: str, comment: str | None) -> Callable[[], WaiverDecisionGiven]:
    return lambda: given(WaiverDecisionGiven, {"decision": decision, "comment": comment})
