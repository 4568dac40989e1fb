"""Files of evidence: uploaded into a form that is still being filled in, and given back as downloads."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from api.language import whole
from api.pages.acting import typed
from api.pages.rendering import page
from api.pages.uploading import named, stored_in, uploaded
from api.pages.visiting import ActDep, ReaderDep
from api.routers.attachments import downloaded
from api.schemas.named import AttachmentPath

router = APIRouter(include_in_schema=False)


@router.post("/attachments")
async def upload(sent: ActDep) -> Response:
    """Store what was dropped into a form, and answer with what stands for it there."""
    before = set(named(typed(sent)))
    kept, wrong = await uploaded(sent)
    files = await stored_in(sent.visit, typed(kept))
    fresh = [file for owner in files.values() for file in owner if (file.owner, file.id) not in before]
    told = whole(wrong.sentence, sent.visit.language) if wrong else ""
    return page(sent.visit, "tasks/_uploaded.html", files=fresh, wrong=told)


@router.get("/attachments/{attachment_id}")
async def download(attachment_id: AttachmentPath, visit: ReaderDep) -> FileResponse:
    """Give a file back, never inline."""
    return await downloaded(visit.house, attachment_id)
