"""Ways round what blocks a run, each with its own permission: waivers of checks, and break-glass."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.acting import Shape, act
from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep
from api.attempts import AttemptDep
from api.described import ACT, ASKED, LIST, REAUTHENTICATION, permission, problems
from api.schemas.given import Cursor, Given, words, words_or_none
from api.schemas.named import RunId, RunPath, WaiverPath
from api.schemas.runs import ReceiptShown
from api.schemas.shown import Listed
from api.schemas.waivers import (
    BreakGlassGiven,
    WaiverDecisionGiven,
    WaiverGiven,
    WaiverReceipt,
    WaiverShown,
)
from db.queries import get_approval
from db.session import Session
from db.waivers import get_waiver, list_waivers
from golive.commands import BreakGlass, DecideWaiver, Receipt, RequestWaiver
from golive.errors import NotFound
from golive.permissions import REQUIRED
from golive.vocabulary import WaiverStateName
from golive.words import N_, Language

router = APIRouter(tags=["waivers"], dependencies=[SIGNED_IN])


class WaiverFilter(Given):
    """Which waivers."""

    run: Annotated[RunId, Field(max_length=80)] | None = Field(default=None, description="Those of one run.")
    state: WaiverStateName | None = Field(default=None, description="Those in one state.")
    waiting_for: str | None = Field(
        default=None, max_length=80, examples=["me"], description="A user's name, or `me`."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


def _shape(waiver_id: str | None, language: Language) -> Shape:
    """Return how an act on a waiver is answered; without an id, that of the waiver which the act made."""

    async def shape(session: Session, receipt: Receipt) -> dict[str, Any]:
        waiver = await get_waiver(session, waiver_id or f"{receipt.run_id}-w{receipt.seq}")
        shown = WaiverShown.of(waiver, language)
        told = WaiverReceipt(command_id=receipt.command_id, seq=receipt.seq, hash=receipt.hash, waiver=shown)
        return told.model_dump(mode="json")

    return shape


@router.get(
    "/waivers",
    summary="List waivers",
    description="Those that end first first; with `waiting_for=me` those that wait for your decision."
    + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[WaiverFilter, Query()], actor: ActorDep, session: SessionDep, language: LanguageDep
) -> Listed[WaiverShown]:
    """Return one page of waivers."""
    filters = which.model_dump()
    if which.waiting_for == "me":
        filters["waiting_for"] = actor.name
    page = await list_waivers(session, **filters)
    return Listed(items=[WaiverShown.of(each, language) for each in page.items], next_cursor=page.next_cursor)


@router.get(
    "/waivers/{waiver_id}",
    summary="Look at a waiver",
    description="With its reason, risk and mitigation." + permission(),
    responses=problems(*ASKED, "404 unknown_waiver"),
)
async def look(waiver_id: WaiverPath, session: SessionDep, language: LanguageDep) -> WaiverShown:
    """Return one waiver."""
    return WaiverShown.of(await get_waiver(session, waiver_id), language)


@router.post(
    "/runs/{run_id}/waivers",
    status_code=201,
    response_model=WaiverReceipt,
    summary="Ask for a waiver",
    description="An exception to one check that fails or cannot be measured, for the present build and a time. "
    "Somebody of another function than yours grants it; a new build ends it, and when its time is over the check "
    "blocks again." + permission(*REQUIRED["request_waiver"]),
    responses=problems(
        *ACT,
        "403 may_not_waive",
        "404 unknown_check",
        "409 check_not_blocking",
        "409 nobody_decides",
        "409 run_ending",
        "409 too_many_waivers",
        "409 waiver_open",
        "422 reason_missing",
        "422 waiver_times",
    ),
)
async def request(
    run_id: RunPath, given: WaiverGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Ask for an exception to a check."""
    body = RequestWaiver(
        check=given.check,
        reason=words(given.reason),
        risk=words(given.risk),
        mitigation=words(given.mitigation),
        starts_at=given.starts_at,
        ends_at=given.ends_at,
    )
    return await act(house, attempt, language, run_id, body, status=201, shape=_shape(None, language))


@router.post(
    "/waivers/{waiver_id}/decisions",
    status_code=201,
    response_model=WaiverReceipt,
    summary="Decide on a waiver",
    description="By somebody who signs in another function than any of the requester's. A refusal needs a comment."
    + permission(*REQUIRED["decide_waiver"]),
    responses=problems(
        *ACT,
        "403 may_not_waive",
        "404 unknown_waiver",
        "409 run_ending",
        "409 waiver_closed",
        "422 reason_missing",
    ),
)
async def decide(
    waiver_id: WaiverPath,
    given: WaiverDecisionGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Grant an exception, or refuse it."""
    async with house.database.reading() as session:
        waiver = await get_waiver(session, waiver_id)
    body = DecideWaiver(waiver=waiver.id, decision=given.decision, comment=words_or_none(given.comment))
    shape = _shape(waiver.id, language)
    return await act(house, attempt, language, waiver.run_id, body, status=201, shape=shape)


@router.post(
    "/runs/{run_id}/break-glass",
    response_model=ReceiptShown,
    summary="Break the glass",
    description="Grants an approval against its rules, in an emergency. Everybody who takes part is told at once, and "
    "the run cannot end before somebody else has reviewed it and closed that action."
    + permission(*REQUIRED["break_glass"]),
    responses=problems(
        *ACT,
        *REAUTHENTICATION,
        "404 unknown_approval",
        "409 approval_closed",
        "409 run_ending",
        "409 stale_subject",
        "422 reason_short",
    ),
)
async def break_glass(
    run_id: RunPath, given: BreakGlassGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Grant an approval against its rules."""
    async with house.database.reading() as session:
        approval = await get_approval(session, given.approval)
    if approval.run_id != run_id:
        raise NotFound(
            "unknown_approval", N_("This run has no approval “{approval}”."), approval=given.approval
        )
    body = BreakGlass(approval=approval.ref, digest=given.digest, reason=words(given.reason))
    return await act(house, attempt, language, run_id, body, password=given.password)
