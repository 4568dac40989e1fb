"""The parts that pages are made of, on a page of their own."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.acting import NOT_TRIED, Tried
from api.pages.rendering import page
from api.pages.visiting import ReaderDep
from golive.words import N_

router = APIRouter(include_in_schema=False)


@router.get("/components")
async def components(visit: ReaderDep) -> Response:
    """Show each part with an example."""
    refused = Tried(
        "/components/refused", {"reason": "too big"}, {"detail": N_("Say more."), "field": "reason"}
    )
    return page(
        visit, "components.html", tried=NOT_TRIED, refused=refused, soon=visit.now + timedelta(hours=3)
    )
