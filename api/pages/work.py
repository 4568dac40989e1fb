"""My work: what waits for me, by due time."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.rendering import page
from api.pages.visiting import ReaderDep

router = APIRouter(include_in_schema=False)


@router.get("/")
async def work(visit: ReaderDep) -> Response:
    """Show the reader's tasks and decisions."""
    return page(visit, "work.html")
