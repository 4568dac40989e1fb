"""Around the decisions of an approval: withdraw one, hand a seat over, add signers, remind, inform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.acting import act
from api.asking import SIGNED_IN, HouseDep, LanguageDep
from api.attempts import AttemptDep
from api.described import ACT, REAUTHENTICATION, permission, problems
from api.house import House
from api.named import in_groups, named_actors
from api.routers.approvals import groups_asked
from api.schemas.approvals import AddSignersGiven, DelegateGiven, InformGiven, WithdrawGiven
from api.schemas.given import Nothing, words, words_or_none
from api.schemas.named import ApprovalPath
from api.schemas.runs import ReceiptShown
from db.queries import get_approval
from db.views import ApprovalView
from golive.commands import Actor, AddSigners, Delegate, Inform, RemindSigners, Withdraw
from golive.permissions import REQUIRED

router = APIRouter(tags=["approvals"], dependencies=[SIGNED_IN])


def _act(do: str, summary: str, description: str, *named: str) -> dict[str, Any]:
    return {
        "response_model": ReceiptShown,
        "summary": summary,
        "description": description + permission(*REQUIRED[do]),
        "responses": problems(*ACT, "404 unknown_approval", "409 run_ending", *named),
    }


async def _approval(house: House, approval_id: str) -> ApprovalView:
    async with house.database.reading() as session:
        return await get_approval(session, approval_id)


async def _named(house: House, approval: ApprovalView, field: str, names: Sequence[str]) -> tuple[Actor, ...]:
    async with house.database.reading() as session:
        return await named_actors(session, field, names, groups_asked(approval))


@router.post(
    "/approvals/{approval_id}/withdraw",
    **_act(
        "withdraw",
        "Withdraw a decision",
        "Your own, while the gate is still closed. It stays in the journal; what it granted is asked again.",
        *REAUTHENTICATION,
        "409 gate_opened",
        "409 not_decided",
        "422 reason_missing",
    ),
)
async def withdraw(
    approval_id: ApprovalPath,
    given: WithdrawGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Take back one's own decision."""
    approval = await _approval(house, approval_id)
    body = Withdraw(approval=approval.ref, reason=words(given.reason))
    return await act(house, attempt, language, approval.run_id, body, password=given.password)


@router.post(
    "/approvals/{approval_id}/delegate",
    **_act(
        "delegate",
        "Hand a decision over",
        "Your own seat, to a person of the same function who is not asked anyway, from `since` until `until`. "
        "It goes no further; the decision is recorded as theirs for you. `to: null` takes it back.",
        "403 seat_missing",
        "409 already_asked",
        "409 already_decided",
        "409 already_delegated",
        "409 approval_closed",
        "409 may_not_sign",
        "409 not_delegated",
        "422 delegation_times",
        "422 not_a_signer",
        "422 not_in_function",
        "422 reason_missing",
        "422 unknown_user",
    ),
)
async def delegate(
    approval_id: ApprovalPath,
    given: DelegateGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Have somebody else decide for a time."""
    approval = await _approval(house, approval_id)
    to = await _named(house, approval, "to", [given.to] if given.to else [])
    async with house.database.reading() as session:
        (actor,) = await in_groups(session, groups_asked(approval), attempt.actor)
    body = Delegate(
        approval=approval.ref,
        to=to[0] if to else None,
        since=given.since,
        until=given.until,
        reason=words(given.reason),
    )
    return await act(house, replace(attempt, actor=actor), language, approval.run_id, body)


@router.post(
    "/approvals/{approval_id}/add-signer",
    **_act(
        "add_signer",
        "Add signers",
        "To sign before you or after you. All of them sign; they add nobody.",
        "403 added_signer",
        "403 may_not_sign",
        "409 already_asked",
        "409 already_decided",
        "409 approval_closed",
        "409 may_not_sign",
        "409 too_many_signers",
        "422 named_twice",
        "422 not_a_signer",
        "422 reason_missing",
        "422 unknown_user",
    ),
)
async def add_signer(
    approval_id: ApprovalPath,
    given: AddSignersGiven,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
) -> Response:
    """Have more people sign."""
    approval = await _approval(house, approval_id)
    people = await _named(house, approval, "people", given.people)
    body = AddSigners(approval=approval.ref, people=people, place=given.place, reason=words(given.reason))
    return await act(house, attempt, language, approval.run_id, body)


@router.post(
    "/approvals/{approval_id}/remind",
    **_act(
        "remind",
        "Remind the signers",
        "All whose decision is awaited, at most every 30 minutes.",
        "409 approval_closed",
        "409 nobody_awaited",
        "409 reminded_lately",
    ),
)
async def remind(
    approval_id: ApprovalPath,
    attempt: AttemptDep,
    house: HouseDep,
    language: LanguageDep,
    _: Nothing | None = None,
) -> Response:
    """Remind those whose decision is awaited."""
    approval = await _approval(house, approval_id)
    return await act(house, attempt, language, approval.run_id, RemindSigners(approval=approval.ref))


@router.post(
    "/approvals/{approval_id}/inform",
    **_act(
        "inform",
        "Keep people informed",
        "They are told now and when it is decided, and have no vote.",
        "409 too_many_informed",
        "422 unknown_user",
    ),
)
async def inform(
    approval_id: ApprovalPath, given: InformGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Keep people informed of an approval."""
    approval = await _approval(house, approval_id)
    people = await _named(house, approval, "people", given.people)
    names = tuple(dict.fromkeys(person.name for person in people))
    body = Inform(approval=approval.ref, people=names, comment=words_or_none(given.comment))
    return await act(house, attempt, language, approval.run_id, body)
