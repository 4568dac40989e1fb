"""The list of runs: which ones stands in the address, so that a list can be kept, sent and gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import Response

from api.invalid import refusal_of
from api.library import latest_templates
from api.listing import Listing
from api.pages.following import stamp_of_runs
from api.pages.live import After, LastId, stream
from api.pages.rendering import Voice, page, part, voice_of
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
        which = asked.which.model_dump()
        after = await stamp_of_runs(sql, which)
    response = page(
        visit,
        "runs/index.html",
        news=asked.address("/runs/news", cursor=asked.which.cursor, after=after),
        templates=templates,
        states=STATES,
        may_start=visit.may(*START_RUN),
        **_list(asked, [_row(voice_of(visit), run) for run in found.items], found.next_cursor),
    )
    if visit.request.headers.get("hx-request"):
        # The form sends its empty fields as well; the address that is kept does without them.
        response.headers["HX-Push-Url"] = asked.address("/runs", cursor=asked.which.cursor)
    return response


@router.get("/runs/news")
async def news(visit: ReaderDep, after: After = "", last_id: LastId = "") -> Response:
    """Send the list that the address asks for whenever one of its runs has gone on since `after`, comes or goes.

    Raises Invalid (`bad_cursor`).
    """
    asked, may_start = _asked(visit), visit.may(*START_RUN)
    async with visit.house.database.reading() as sql:
        await stamp_of_runs(sql, asked.which.model_dump())  # nobody watches a list that cannot be read

    def made(listing: Listing, now: Visit) -> str:
        voice = voice_of(now)
        reader = (voice.language, voice.zone.key)
        rows = [row.made(reader, partial(_row, voice)) for row in listing.rows]
        words = _list(asked, rows, listing.next_cursor)
        return part(voice, "runs/_list.html", may_start=may_start, **words)

    key, seen = asked.which.model_dump_json(), last_id or after
    return stream(visit, visit.house.feed.lists, key, seen, made, alike=(asked.wrong, may_start))


def _row(voice: Voice, run: RunHeader) -> Markup:
    """Return the row of a run: the same for all who read one language in one zone."""
    return Markup(part(voice, "runs/_row.html", run=run))  # noqa: S704 - made by a template, which escapes


def _list(asked: Asked, rows: list[Markup], next_cursor: str | None) -> dict[str, Any]:
    return {
        "asked": asked,
        "rows": rows,
        "older": asked.address("/runs", cursor=next_cursor) if next_cursor else None,
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
