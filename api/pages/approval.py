"""An approval: the subject in full, who is asked, and the forms to decide. What you see is what you sign."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.pages.acting import NOT_TRIED, Tried, acted, given, password_of
from api.pages.approval_offered import AROUND, handed_over, offered, own_functions, places
from api.pages.approval_proof import asked_proof
from api.pages.approval_seen import Seen, seen, seen_by
from api.pages.following import news_about
from api.pages.live import LastRunId, RunAfter, stream, who
from api.pages.rendering import page, part, voice_of
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.routers.approvals import decide
from api.schemas.approvals import DecideGiven
from api.schemas.named import ApprovalPath
from api.schemas.receipts import ReceiptFileShown
from db.looking import ApprovalLook
from db.looks import keep_look
from db.queries import get_approval
from db.receipts import get_receipt

router = APIRouter(include_in_schema=False)

_FIELDS = {"reason_missing": "comment", "task_missing": "task", "unknown_task": "task"}
"""The field at fault, by the code of a refusal that names none."""
_FOLD = 8
"""Of more pieces of work only those that something is said about are unfolded at first."""


@router.get("/approvals/{approval_id}")
async def look(approval_id: ApprovalPath, visit: ReaderDep, *, unfold: bool = False) -> Response:
    """Show the page; it decides nothing and remembers nothing."""
    return await approval_page(visit, approval_id, NOT_TRIED, unfold=unfold)


async def approval_page(visit: Visit, approval_id: str, tried: Tried, *, unfold: bool = False) -> Response:
    """Return the page of an approval, with the form that was refused when one was `tried`. Raises NotFound."""
    async with visit.house.database.reading() as session:
        found = await seen(session, visit, approval_id)
        digest = found.approval.digest
        news = await news_about(session, found.view.run_id, f"/approvals/{approval_id}", digest=digest or "")
        proof = await asked_proof(session, visit, found.view)
    refused = tried.path.rpartition("/")[2] if tried.problem else ""
    return page(
        visit,
        "approvals/approval.html",
        status=tried.problem.get("status", HTTPStatus.OK),
        seen=found,
        news=news,
        tried=tried,
        around=[name for name in AROUND if name in (*offered(found), refused)],
        functions=own_functions(found),
        places=places(found),
        handed=handed_over(found),
        proof=proof,
        unfold=unfold or _few(found),
        digest=digest,
    )


def _few(found: Seen) -> bool:
    return found.approval.signed is None or len(found.approval.signed.work) <= _FOLD


@router.get("/approvals/{approval_id}/news")
async def news(
    approval_id: ApprovalPath,
    visit: ReaderDep,
    digest: Annotated[str, Query(max_length=100)] = "",
    after: RunAfter = "",
    last_id: LastRunId = "",
) -> Response:
    """Send what changes while the page is open: who has signed, the state, and that the subject has changed.

    `digest` is the one that the page shows, `after` how far it has come.
    """
    async with visit.house.database.reading() as session:
        await get_approval(session, approval_id)

    def made(look: ApprovalLook, now: Visit) -> str:
        found = seen_by(look, now)
        shown = digest or found.approval.digest
        return part(voice_of(now), "approvals/_live.html", visit=now, seen=found, digest=shown)

    come = last_id or after
    return stream(visit, visit.house.feed.approvals, approval_id, come, made, alike=(who(visit), digest))


@router.post("/approvals/{approval_id}/look")
async def remember(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Remember that the reader has seen the subject of the digest that their page shows."""
    await _remember(sent, approval_id)
    if sent.visit.request.headers.get("hx-request"):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return RedirectResponse(f"/approvals/{approval_id}", HTTPStatus.SEE_OTHER)


async def _remember(sent: Sent, approval_id: str) -> None:
    session = sent.visit.session
    if session is not None:
        async with sent.visit.house.database.transaction() as sql:
            await keep_look(sql, session.user.id, approval_id, sent.text("digest"))


# -- deciding ------------------------------------------------------------------------------------------------


@router.post("/approvals/{approval_id}/approve")
async def approve(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Approve the subject that was shown."""
    return await _decide(approval_id, sent, decision="approved", meaning=sent.text("meaning"))


@router.post("/approvals/{approval_id}/reject")
async def reject(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Reject it, with the reason."""
    return await _decide(approval_id, sent, decision="rejected", meaning="rejected")


@router.post("/approvals/{approval_id}/return")
async def send_back(approval_id: ApprovalPath, sent: ActDep) -> Response:
    """Return it to one task, with the reason."""
    task = sent.text("task") or None
    return await _decide(approval_id, sent, decision="returned", meaning="reviewed", task=task)


async def _decide(approval_id: str, sent: Sent, **decision: Any) -> Response:
    """Decide on the digest that the form carries: that of the subject that was shown."""

    def body() -> DecideGiven:
        words = {"comment": sent.text("comment") or None, "digest": sent.text("digest")}
        return given(DecideGiven, decision | words | password_of(sent))

    async def do(attempt: Any) -> Response:
        await _remember(sent, approval_id)
        return await decide(approval_id, body(), attempt, sent.visit.house, sent.visit.language)

    async def again(tried: Tried) -> Response:
        problem = dict(tried.problem)
        problem.setdefault("field", _FIELDS.get(problem["code"]))
        return await approval_page(sent.visit, approval_id, Tried(tried.path, tried.values, problem))

    return await acted(sent, body, do, back=f"/approvals/{approval_id}", again=again)


# -- the receipt ---------------------------------------------------------------------------------------------


@router.get("/approvals/{approval_id}/receipts/{decision_id}")
async def receipt(approval_id: ApprovalPath, decision_id: str, visit: ReaderDep) -> Response:
    """Return the receipt of a decision, to be kept."""
    async with visit.house.database.reading() as session:
        await get_approval(session, approval_id)
        found = await get_receipt(session, approval_id, decision_id)
    name = f"receipt-{found.run_id}-{found.seq}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return JSONResponse(ReceiptFileShown.of(found).model_dump(mode="json"), headers=headers)
