"""The post-launch review report of a run."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asking import SIGNED_IN, LanguageDep, SessionDep
from api.described import READ, permission, problems
from api.schemas.named import RunPath
from db.queries import get_header
from db.reports import get_report
from golive.words import Language

router = APIRouter(tags=["reports"], dependencies=[SIGNED_IN])

_MEDIA = {"html": "text/html", "md": "text/markdown"}
_EXAMPLES = ('<!doctype html><html lang="en"><title>checkout 1.4.0</title>…</html>', "# checkout 1.4.0\n…")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@router.get(
    "/runs/{run_id}/report",
    response_class=Response,
    summary="Read the review report",
    description="The final report, or the draft while the review is open. `lang` defaults to your language."
    + permission(),
    responses={
        **problems(*READ, "404 unknown_report", "404 unknown_run"),
        200: {
            "description": "The report.",
            "content": {
                media: {"schema": {"type": "string"}, "example": example}
                for media, example in zip(_MEDIA.values(), _EXAMPLES, strict=True)
            },
        },
    },
)
async def report(
    run_id: RunPath,
    session: SessionDep,
    language: LanguageDep,
    format: Annotated[Literal["html", "md"], Query(description="A page, or Markdown.")] = "html",
    lang: Annotated[Language | None, Query(description="Default: your language.")] = None,
) -> Response:
    """Return the report of a run."""
    await get_header(session, run_id)
    written = await get_report(session, run_id, language=lang or language, format=format)
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Content-Language": written.language,
        "ETag": f'"{written.digest}"',
    }
    return Response(written.content, media_type=_MEDIA[format], headers=headers)
