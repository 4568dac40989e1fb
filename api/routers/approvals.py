"""Approvals: find what waits for me, see exactly what I sign, decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.acting import act
from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep
from api.attempts import AttemptDep
from api.described import ACT, ASKED, LIST, REAUTHENTICATION, permission, problems
from api.named import in_groups
from api.schemas.approvals import ApprovalShown, DecideGiven, DecisionReceipt
from api.schemas.given import Cursor, Given, words_or_none
from api.schemas.named import ApprovalPath, RunId
from api.schemas.shown import Listed
from db.glass import broken_glass
from db.queries import comments_of_decisions, get_approval, get_task, list_approvals
from db.session import Session
from db.signed import signed
from db.views import ApprovalView
from golive.commands import Decide, Receipt
from golive.permissions import REQUIRED
from golive.vocabulary import ApprovalStateName
from golive.words import Language

router = APIRouter(tags=["approvals"], dependencies=[SIGNED_IN])


class ApprovalFilter(Given):
    """Which approvals. Without `run`, those of ended runs are left out."""

    waiting_for: str | None = Field(
        default=None, max_length=80, examples=["me"], description="A user's name, or `me`."
    )
    state: ApprovalStateName | None = Field(default=None, description="Those in one state.")
    run: Annotated[RunId, Field(max_length=80)] | None = Field(default=None, description="Those of one run.")
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


async def shown(session: Session, approval: ApprovalView, language: Language) -> ApprovalShown:
    """Return `approval` with what its deciders wrote and what they sign."""
    seqs = [decision.seq for decision in approval.decisions]
    comments = await comments_of_decisions(session, approval.run_id, seqs)
    facts = await signed(session, approval)
    glass = await broken_glass(session, approval)
    return ApprovalShown.of(approval, language, comments=comments, signed=facts, glass=glass)


@router.get(
    "/approvals",
    summary="List approvals",
    description="With `waiting_for=me` those that wait for your decision." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[ApprovalFilter, Query()], actor: ActorDep, session: SessionDep, language: LanguageDep
) -> Listed[ApprovalShown]:
    """Return one page of approvals."""
    filters = which.model_dump()
    if which.waiting_for == "me":
        filters["waiting_for"] = actor.name
    page = await list_approvals(session, **filters)
    items = [ApprovalShown.of(approval, language) for approval in page.items]
    return Listed(items=items, next_cursor=page.next_cursor)


@router.get(
    "/approvals/{approval_id}",
    summary="Look at an approval",
    description="With its subject: exactly that is signed, and `digest` names it. `signed` tells it with its evidence."
    + permission(),
    responses=problems(*ASKED, "404 unknown_approval"),
)
async def look(approval_id: ApprovalPath, session: SessionDep, language: LanguageDep) -> ApprovalShown:
    """Return one approval with its subject."""
    return await shown(session, await get_approval(session, approval_id), language)


@router.post(
    "/approvals/{approval_id}/decisions",
    status_code=201,
    response_model=DecisionReceipt,
    summary="Decide",
    description="On exactly the subject that was shown, named by its digest. A rejection needs a comment; "
    "`returned` needs one and the task that is to be done again. Who started the run, made the artifact or did the "
    "work cannot sign; one person fills one slot. A `stale_subject` says in `changed` what has changed."
    + permission(*REQUIRED["decide"]),
    responses=problems(
        *ACT,
        *REAUTHENTICATION,
        "403 may_not_sign",
        "404 unknown_approval",
        "404 unknown_task",
        "409 already_decided",
        "409 approval_closed",
        "409 not_your_turn",
        "409 run_ending",
        "409 stale_subject",
        "422 meaning",
        "422 reason_missing",
        "422 task_missing",
    ),
)
async def decide(
    approval_id: ApprovalPath, given: DecideGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Decide on an approval."""
    async with house.database.reading() as session:
        approval = await get_approval(session, approval_id)
        task = (await get_task(session, given.task)).ref if given.task else None
        (actor,) = await in_groups(session, groups_asked(approval), attempt.actor)
    body = Decide(
        approval=approval.ref,
        decision=given.decision,
        meaning=given.meaning,
        comment=words_or_none(given.comment),
        digest=given.digest,
        task=task,
    )

    async def shape(session: Session, receipt: Receipt) -> dict[str, Any]:
        return await _receipt(session, approval_id, receipt, language)

    return await act(
        house,
        replace(attempt, actor=actor),
        language,
        approval.run_id,
        body,
        status=201,
        shape=shape,
        password=given.password,
    )


def groups_asked(approval: ApprovalView) -> list[str]:
    """Return the groups whose members an approval asks: membership counts as it is at the decision."""
    return [rule.group for rule in approval.rules if rule.group]


async def _receipt(
    session: Session, approval_id: str, receipt: Receipt, language: Language
) -> dict[str, Any]:
    """Return what a decider is told. A decision that is gone, its approval asked anew, has the act's id."""
    approval = await get_approval(session, approval_id)
    made = (decision.id for decision in approval.decisions if decision.seq == receipt.seq)
    told = DecisionReceipt(
        decision_id=next(made, receipt.command_id),
        seq=receipt.seq,
        hash=receipt.hash,
        approval=await shown(session, approval, language),
    )
    return told.model_dump(mode="json")
