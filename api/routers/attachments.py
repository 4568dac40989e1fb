"""Attachments: stored by the SHA-256 of their bytes, given back as downloads and never shown inline."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from api.asking import SIGNED_IN, ActorDep, HouseDep, need
from api.attempts import Attempt, IdempotencyKey, attempt_of, once
from api.described import ASKED, CHANGE, permission, problems
from api.house import House
from api.limits import FILE_LIMIT
from api.schemas.health import AttachmentShown
from api.schemas.named import AttachmentPath
from api.uploads import PLAIN, Upload
from db.attachments import Kept, add_attachment, get_attachment, keep_bytes, path_of
from db.session import Session
from golive.permissions import UPLOAD

router = APIRouter(tags=["attachments"], dependencies=[SIGNED_IN])

_POLICY = "default-src 'none'; sandbox"
_EXAMPLE = '<testsuite name="uat" tests="1"><testcase name="pays_by_card"/></testsuite>'
_MULTIPART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
                "example": {"file": _EXAMPLE},
            }
        },
    }
}


@router.post(
    "/attachments",
    status_code=201,
    response_model=AttachmentShown,
    openapi_extra=_MULTIPART,
    summary="Upload a file",
    description="One file of at most 20 MiB. Its `id` is what evidence names." + permission(*UPLOAD),
    responses=problems(*CHANGE, "422 file_missing", "422 one_file_only"),
)
async def upload(request: Request, actor: ActorDep, house: HouseDep, key: IdempotencyKey = None) -> Response:
    """Store a file."""
    need(actor, UPLOAD)
    sent = Upload(request)
    kept = await keep_bytes(house.settings.home, sent.pieces(), FILE_LIMIT)
    about = json.dumps([kept.sha256, sent.name, sent.content_type])
    attempt = attempt_of(request, actor, key, hashlib.sha256(about.encode()).hexdigest())
    return await name_it(house, attempt, kept, sent.name, sent.content_type)


async def name_it(house: House, attempt: Attempt, kept: Kept, name: str, content_type: str) -> Response:
    """Make an attachment of kept bytes, once for each attempt, and answer with it."""

    async def add(session: Session) -> dict[str, Any]:
        by = attempt.actor.name
        stored = await add_attachment(session, kept, name=name, content_type=content_type, by=by)
        return AttachmentShown.model_validate(stored).model_dump(mode="json")

    return await once(house, attempt, 201, add)


@router.get(
    "/attachments/{attachment_id}",
    response_class=FileResponse,
    summary="Download a file",
    description="Always as a download, never inline, whatever it is." + permission(),
    responses={
        **problems(*ASKED, "404 unknown_attachment"),
        200: {
            "description": "The bytes; `ETag` is their SHA-256.",
            "content": {PLAIN: {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLE}},
        },
    },
)
async def download(attachment_id: AttachmentPath, house: HouseDep) -> FileResponse:
    """Give a file back."""
    return await downloaded(house, attachment_id)


async def downloaded(house: House, attachment_id: str) -> FileResponse:
    """Return a file so that no browser ever shows it or runs it. Raises NotFound."""
    async with house.database.reading() as session:
        stored = await get_attachment(session, attachment_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "ETag": f'"{stored.sha256}"',
    }
    return FileResponse(path_of(house.settings.home, stored), media_type=PLAIN, headers=headers)
