"""The forms around an approval's decisions: withdraw one, hand a seat over, add signers, remind, inform, break glass.

Each acts through the function of the API's route, so that both refuse alike.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.attempts import Attempt
from api.pages.acting import Tried, acted, given, password_of
from api.pages.approval import approval_page
from api.pages.visiting import ActDep, Sent
from api.pages.wall_clock import instant
from api.routers import signing, waivers
from api.schemas.approvals import AddSignersGiven, DelegateGiven, InformGiven, WithdrawGiven
from api.schemas.given import Nothing
from api.schemas.named import ApprovalPath
from api.schemas.waivers import BreakGlassGiven
from golive.names import parted

router = APIRouter(include_in_schema=False)

Route = Callable[..., Awaitable[Response]]
_FIELDS = {
    "delegation_times": "until",
    "reason_missing": "reason",
    "reason_short": "reason",
    "not_in_function": "to",
    "already_asked": "who",
    "may_not_sign": "who",
    "named_twice": "who",
    "not_a_signer": "who",
    "too_many_informed": "who",
    "too_many_signers": "who",
}
"""The field at fault, by the code of a refusal that names none; `who` is the one that names people."""
_PEOPLE = {"delegate": "to", "add-signer": "people"}
_BETWEEN = re.compile(r"[\s,;，、；]+")


@router.post("/approvals/{approval_id}/withdraw")
async def withdraw(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Take back one's own decision."""
    body = _model(WithdrawGiven, reason=sent.text("reason"), **password_of(sent))
    return await _sent(sent, approval_id, body, signing.withdraw)


@router.post("/approvals/{approval_id}/delegate")
async def delegate(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Have somebody else decide for a time."""

    def body() -> DelegateGiven:
        zone, since = sent.visit.zone, sent.text("since")
        times = {
            "since": instant(since, zone, "since") if since else None,
            "until": instant(sent.text("until"), zone, "until"),
        }
        who = {"to": sent.text("to").strip(), "reason": sent.text("reason")}
        return given(DelegateGiven, who | times)

    return await _sent(sent, approval_id, body, signing.delegate)


@router.post("/approvals/{approval_id}/take-back")
async def take_back(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Decide oneself again what was handed over."""
    body = _model(DelegateGiven, to=None, reason=sent.text("reason"))
    return await _sent(sent, approval_id, body, signing.delegate)


@router.post("/approvals/{approval_id}/add-signer")
async def add_signer(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Have more people sign."""
    values = {"people": _names(sent), "place": sent.text("place"), "reason": sent.text("reason")}
    return await _sent(sent, approval_id, _model(AddSignersGiven, **values), signing.add_signer)


@router.post("/approvals/{approval_id}/remind")
async def remind(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Remind those whose decision is awaited."""

    async def route(**asked: Any) -> Response:
        asked.pop("given")  # the route takes nothing
        return await signing.remind(**asked)

    return await _sent(sent, approval_id, Nothing, route)


@router.post("/approvals/{approval_id}/inform")
async def inform(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Keep people informed of the approval."""
    values = {"people": _names(sent), "comment": sent.text("comment") or None}
    return await _sent(sent, approval_id, _model(InformGiven, **values), signing.inform)


@router.post("/approvals/{approval_id}/break-glass")
async def break_glass(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Grant the approval against its rules."""
    said = {"digest": sent.text("digest"), "reason": sent.text("reason"), **password_of(sent)}

    async def route(approval_id: str, **asked: Any) -> Response:
        return await waivers.break_glass(parted(approval_id)[0], **asked)

    return await _sent(sent, approval_id, _model(BreakGlassGiven, approval=approval_id, **said), route)


def _model(model: type[BaseModel], **values: Any) -> Callable[[], BaseModel]:
    return lambda: given(model, values)


def _names(sent: Sent) -> list[str]:
    """Return the names that were typed one after the other."""
    return [name for name in _BETWEEN.split(sent.text("people")) if name]


async def _sent(sent: Sent, approval_id: str, body: Callable[[], BaseModel], route: Route) -> Response:
    """Let the form act through `route`, and lead back to the approval's page."""
    visit = sent.visit

    async def do(attempt: Attempt) -> Response:
        return await route(
            approval_id=approval_id,
            given=body(),
            attempt=attempt,
            house=visit.house,
            language=visit.language,
        )

    async def again(tried: Tried) -> Response:
        return await approval_page(visit, approval_id, replace(tried, problem=_in_form(tried)))

    return await acted(sent, body, do, back=f"/approvals/{approval_id}", again=again)


def _in_form(tried: Tried) -> Mapping[str, Any]:
    """Return the problem with the fields as the form calls them: `people` for `people[0]`."""
    problem = dict(tried.problem)
    paths = problem.get("fields") or [problem.get("field")]
    if paths == [None]:
        field = _FIELDS.get(problem["code"])
        paths = [_PEOPLE.get(tried.path.rpartition("/")[2], field) if field == "who" else field]
    return problem | {"fields": [path and path.partition("[")[0] for path in paths]}
