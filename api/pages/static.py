"""The files that pages load."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.pages.assets import KINDS, content, digest
from golive.errors import NotFound
from golive.words import N_

router = APIRouter(include_in_schema=False)


@router.get("/static/{version}/{name}")
async def static(version: str, name: Annotated[str, Path(pattern=r"^[a-z-]+\.(css|js|svg)$")]) -> Response:
    """Return a file, to be kept for ever under this version. Raises NotFound."""
    try:
        found = content(name)
    except (KeyError, FileNotFoundError):
        raise NotFound(
            "no_such_address", N_("There is nothing at {where}."), where=f"/static/{name}"
        ) from None
    known = version == digest(name)
    caching = "public, max-age=31536000, immutable" if known else "no-cache"
    kind = KINDS[name[name.rindex(".") :]]
    return Response(found, media_type=kind, headers={"Cache-Control": caching})
