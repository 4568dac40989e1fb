"""The list of runs: which ones stands in the address, so that a list can be kept, sent and gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from api.invalid import refusal_of
from api.library import latest_templates
from api.pages.following import news_of_runs
from api.pages.rendering import fragment, page
from api.pages.visiting import ReaderDep, Visit
from api.pages.wording import called, problem_of
from api.routers.runs import RunFilter
from db.pages import Page
from db.queries import list_runs
from db.session import Session
from db.views import RunHeader
from golive.errors import GoliveError, Invalid
from golive.permissions import START_RUN
from golive.vocabulary import RunStateName
from golive.words import N_
from language import translator

router = APIRouter(include_in_schema=False)

_FILTERS = ("state", "service", "template", "q")
_LABELS = {
    "state": N_("State"),
    "service": N_("Service"),
    "template": N_("Template"),
    "q": N_("Title, service or version"),
}
STATES = get_args(RunStateName)


@dataclass(frozen=True)
class Asked:
    """What an address asks for: the part that can be understood, and sentences about the rest."""

    which: RunFilter
    wrong: tuple[str, ...] = ()

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, by name."""
        given = self.which.model_dump(include=set(_FILTERS), exclude_none=True)
        return {name: given[name] for name in _FILTERS if name in given}

    def address(self, path: str, **more: Any) -> str:
        """Return the address under `path` that asks for the same runs; `more` takes the place of what was asked."""
        kept = self.which.model_dump(exclude_defaults=True, exclude={"cursor"})
        asked = {name: value for name, value in {**kept, **more}.items() if value is not None}
        return f"{path}?{urlencode(asked)}" if asked else path


@router.get("/runs")
async def runs(visit: ReaderDep) -> Response:
    """Show the runs that the address asks for, and the form that asks for others."""
    asked = _asked(visit)
    async with visit.house.database.reading() as sql:
        asked, found = await _found(sql, asked, visit)
        templates = [
            (source.name, source.title.in_language(visit.language) if source.title else source.name)
            for source in await latest_templates(sql)
        ]
        news = await news_of_runs(sql)
    response = page(
        visit,
        "runs/index.html",
        news=news,
        templates=templates,
        states=STATES,
        **_list(visit, asked, found),
    )
    if visit.request.headers.get("hx-request"):
        # The form sends its empty fields as well; the address that is kept does without them.
        response.headers["HX-Push-Url"] = asked.address("/runs", cursor=asked.which.cursor)
    return response


@router.get("/runs/list")
async def only_the_list(visit: ReaderDep) -> Response:
    """Return the list alone, to take the place of one that is out of date."""
    asked = _asked(visit)
    async with visit.house.database.reading() as sql:
        asked, found = await _found(sql, asked, visit)
    return fragment(visit, "runs/_list.html", **_list(visit, asked, found))


def _list(visit: Visit, asked: Asked, found: Page[RunHeader]) -> dict[str, Any]:
    return {
        "asked": asked,
        "runs": found.items,
        "older": asked.address("/runs", cursor=found.next_cursor) if found.next_cursor else None,
        "may_start": visit.may(*START_RUN),
        "me": visit.actor.name,
    }


def _asked(visit: Visit) -> Asked:
    """Return what the address asks for. What is wrong in it is left out, and told."""
    given = {
        name: visit.request.query_params.get(name, "").strip() for name in (*_FILTERS, "cursor", "limit")
    }
    given = {name: value for name, value in given.items() if value}
    try:
        return Asked(RunFilter.model_validate(given))
    except ValidationError as wrong:
        errors: Any = [{**error, "loc": ("body", *error["loc"])} for error in wrong.errors()]
        refused = {str(error["loc"][1]) for error in errors}
        told = _sentences(visit, refusal_of(errors, given, "application/json"))
    kept = {name: value for name, value in given.items() if name not in refused}
    return Asked(RunFilter.model_validate(kept), told)


def _sentences(visit: Visit, wrong: GoliveError) -> tuple[str, ...]:
    """Return what is wrong with an address, each part called as the form calls it."""
    problem, told = problem_of(visit, wrong), translator(visit.language)
    said = [each["message"] for each in problem.get("errors", [])] or [str(problem["detail"])]
    for name, label in _LABELS.items():
        said = [called(sentence, told(label), name) for sentence in said]
    return tuple(said)


async def _found(sql: Session, asked: Asked, visit: Visit) -> tuple[Asked, Page[RunHeader]]:
    """Return the runs that are asked for; from the newest on when the cursor is none of this list's."""
    try:
        return asked, await list_runs(sql, **asked.which.model_dump())
    except Invalid as wrong:
        told = _sentences(visit, wrong)
        first = Asked(asked.which.model_copy(update={"cursor": None}), (*asked.wrong, *told))
        return first, await list_runs(sql, **first.which.model_dump())
