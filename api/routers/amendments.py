"""Amendments: a running run's plan is changed, with its impact shown before anybody is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.acting import Shape, act
from api.amending import amended_plan, foreseen
from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep, need
from api.attempts import AttemptDep, told
from api.described import ACT, ASKED, BODY, LIST, PLAN, permission, problems
from api.named import in_groups
from api.schemas.amendments import (
    AmendGiven,
    AmendmentDecisionGiven,
    AmendmentReceipt,
    AmendmentShown,
    ChangesGiven,
    ForeseenShown,
    WithdrawAmendmentGiven,
)
from api.schemas.given import Cursor, Given, words, words_or_none
from api.schemas.named import AmendmentPath, RunId, RunPath
from api.schemas.shown import Listed
from db.amendments import get_amendment, list_amendments
from db.events import receipt_of
from db.queries import get_run
from db.session import Session
from golive.commands import Amend, DecideAmendment, Receipt, WithdrawAmendment
from golive.foreseeing import difference
from golive.permissions import REQUIRED
from golive.sources import groups_in
from golive.vocabulary import AmendmentStateName
from golive.words import Language

router = APIRouter(tags=["amendments"], dependencies=[SIGNED_IN])

_AMENDS = (
    *PLAN,
    "404 unknown_run",
    "404 unknown_template",
    "409 amendment_pending",
    "409 amendment_too_large",
    "409 nobody_decides",
    "409 not_amendable",
    "409 nothing_amended",
    "409 plan_changed",
    "409 run_ending",
    "409 template_changed",
    "422 function_unused",
)
"""Why a plan is not amended so."""


class AmendmentFilter(Given):
    """Which amendments."""

    run: Annotated[RunId, Field(max_length=80)] | None = Field(default=None, description="Those of one run.")
    state: AmendmentStateName | None = Field(default=None, description="Those in one state.")
    waiting_for: str | None = Field(
        default=None, max_length=80, examples=["me"], description="A user's name, or `me`."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


def _shape(amendment_id: str | None, language: Language) -> Shape:
    """Return how an act on an amendment is answered; without an id, that of the one which the act made."""

    async def shape(session: Session, receipt: Receipt) -> dict[str, Any]:
        found = await get_amendment(session, amendment_id or f"{receipt.run_id}-m{receipt.seq}")
        shown = AmendmentShown.of(found, language)
        answer = AmendmentReceipt(
            command_id=receipt.command_id, seq=receipt.seq, hash=receipt.hash, amendment=shown
        )
        return answer.model_dump(mode="json")

    return shape


@router.post(
    "/runs/{run_id}/amend/preview",
    summary="Foresee an amendment",
    description="What an amendment would change and do, and who would have to approve it. Nothing changes and nobody "
    "is told." + permission(*REQUIRED["amend"]),
    responses=problems(
        *BODY, "403 role_missing", *_AMENDS, "409 run_ended", "503 engine_unavailable", "503 run_frozen"
    ),
)
async def preview(
    run_id: RunPath, given: ChangesGiven, actor: ActorDep, house: HouseDep, language: LanguageDep
) -> ForeseenShown:
    """Return what an amendment would mean."""
    need(actor, REQUIRED["amend"])
    body = await _asked(house, run_id, given, "foreseen")
    return ForeseenShown.of(await foreseen(house, run_id, actor, body), language)


@router.post(
    "/runs/{run_id}/amend",
    status_code=201,
    response_model=AmendmentReceipt,
    summary="Amend the plan",
    description="Plans the run anew with other values, people, times, or by a later version of its template. What "
    "changes people, dates and words is in force at once; everything else once one person of each function that signs "
    "in the run has approved it. Only what it touches opens again." + permission(*REQUIRED["amend"]),
    responses=problems(*ACT, *_AMENDS, "422 reason_missing"),
)
async def amend(
    run_id: RunPath, given: AmendGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Ask for an amendment."""
    need(attempt.actor, REQUIRED["amend"])
    async with house.database.reading() as session:
        if known := await attempt.found(session):
            return told(known, again=True)
        written = await receipt_of(session, run_id, attempt.id)
    # What was written already is not planned once more: the run follows that plan by now.
    body = await _asked(house, run_id, ChangesGiven() if written else given, given.reason)
    return await act(house, attempt, language, run_id, body, status=201, shape=_shape(None, language))


async def _asked(house: HouseDep, run_id: str, given: ChangesGiven, reason: str) -> Amend:
    async with house.database.reading() as session:
        run = await get_run(session, run_id)
        plan = await amended_plan(session, house, run, given.changes())
    patch = await asyncio.to_thread(difference, run.plan, plan)
    return Amend(plan=plan, base=run.plan_version, patch=patch, reason=words(reason))


@router.get(
    "/amendments",
    summary="List amendments",
    description="The newest first; with `waiting_for=me` those that wait for your decision." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[AmendmentFilter, Query()], actor: ActorDep, session: SessionDep, language: LanguageDep
) -> Listed[AmendmentShown]:
    """Return one page of amendments."""
    filters = which.model_dump()
    if which.waiting_for == "me":
        filters["waiting_for"] = actor.name
    page = await list_amendments(session, **filters)
    shown = [AmendmentShown.of(each, language) for each in page.items]
    return Listed(items=shown, next_cursor=page.next_cursor)


@router.get(
    "/amendments/{amendment_id}",
    summary="Look at an amendment",
    description="With its difference, its impact and what was decided." + permission(),
    responses=problems(*ASKED, "404 unknown_amendment"),
)
async def look(amendment_id: AmendmentPath, session: SessionDep, language: LanguageDep) -> AmendmentShown:
    """Return one amendment."""
    return AmendmentShown.of(await get_amendment(session, amendment_id), language)


@router.post(
    "/amendments/{amendment_id}/decisions",
    status_code=201,
    response_model=AmendmentReceipt,
    summary="Decide on an amendment",
    description="Approve exactly the one with `digest`, or reject it with a comment. The last approval brings it into "
    "force; a rejection closes it." + permission(*REQUIRED["decide_amendment"]),
    responses=problems(
        *ACT,
        "403 may_not_amend",
        "404 unknown_amendment",
        "409 already_decided",
        "409 amendment_closed",
        "409 not_amendable",
        "409 run_ending",
        "409 stale_subject",
        "422 reason_missing",
    ),
)
async def decide(
    amendment_id: AmendmentPath,
    given: AmendmentDecisionGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Approve an amendment, or reject it."""
    async with house.database.reading() as session:
        found = await get_amendment(session, amendment_id)
        (actor,) = await in_groups(session, groups_in(found.functions), attempt.actor)
    body = DecideAmendment(
        amendment=found.id,
        decision=given.decision,
        comment=words_or_none(given.comment),
        digest=given.digest,
    )
    shape = _shape(found.id, language)
    attempt = replace(attempt, actor=actor)
    return await act(house, attempt, language, found.run_id, body, status=201, shape=shape)


@router.post(
    "/amendments/{amendment_id}/withdraw",
    response_model=AmendmentReceipt,
    summary="Withdraw an amendment",
    description="By who asked for it, while it is not decided." + permission(*REQUIRED["withdraw_amendment"]),
    responses=problems(
        *ACT,
        "403 may_not_amend",
        "404 unknown_amendment",
        "409 amendment_closed",
        "409 run_ending",
        "422 reason_missing",
    ),
)
async def withdraw(
    amendment_id: AmendmentPath,
    given: WithdrawAmendmentGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Take an amendment back."""
    async with house.database.reading() as session:
        found = await get_amendment(session, amendment_id)
    body = WithdrawAmendment(amendment=found.id, reason=words(given.reason))
    return await act(house, attempt, language, found.run_id, body, shape=_shape(found.id, language))
