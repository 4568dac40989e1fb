"""Attachments: stored by the SHA-256 of their bytes, given back as downloads and never shown inline."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from api.asking import SIGNED_IN, ActorDep, HouseDep, need
from api.attempts import IdempotencyKey, attempt_of, once
from api.described import ASKED, CHANGE, permission, problems
from api.limits import FILE_LIMIT
from api.schemas.health import AttachmentShown
from api.schemas.named import AttachmentPath
from api.uploads import PLAIN, Upload
from db.attachments import Attachment, add_attachment, get_attachment, keep_bytes, path_of
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

    async def add(session: Session) -> dict[str, Any]:
        stored = await add_attachment(
            session, kept, name=sent.name, content_type=sent.content_type, by=actor.name
        )
        return _shown(stored).model_dump(mode="json")

    return await once(house, attempt, 201, add)


def _shown(attachment: Attachment) -> AttachmentShown:
    return AttachmentShown.model_validate(attachment)


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
