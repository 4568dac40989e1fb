"""Starting a run: which template, then a form made from it, a preview of the plan, and the start itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.attempts import Attempt, attempt_of
from api.library import latest_templates, library_of
from api.pages.acting import KEY, Tried, acted, given, waiting
from api.pages.rendering import fragment, page, voice_of
from api.pages.start_form import COLUMNS, StartForm, id_of, pointed, read
from api.pages.start_offer import MOST_NAMED, Offer, offered
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.pages.wording import problem_of
from api.problems import DATABASE_AWAY, written_down
from api.refusals import database_unavailable
from api.routers.runs import start_run
from api.routers.templates import preview_run
from api.schemas.forecast import PreviewShown
from api.schemas.named import TemplatePath
from api.schemas.release import StartGiven
from api.starting import plan_for
from db.lessons import lessons_of_service
from db.people import having_role
from db.templates import list_checklists
from golive.errors import GoliveError, Invalid, Refused, together
from golive.permissions import START_RUN
from golive.plan import Lesson
from golive.planning import check_template

router = APIRouter(include_in_schema=False)

_ROUNDS = 3
"""As often what is written wrongly is set aside to look at the rest: times of the clock come before the others."""
_WHO_CAN = 20
"""As many of those who may start a run are named."""


@router.get("/start")
async def templates(visit: ReaderDep) -> Response:
    """Show the templates that a run can be started from."""
    if not visit.may(*START_RUN):
        return await _not_allowed(visit)
    async with visit.house.database.reading() as sql:
        sources = await latest_templates(sql)
        shelf = library_of(sources, await list_checklists(sql))
    offers = [Offer(source, check_template(shelf, source.name), ()) for source in sources]
    return page(visit, "start/index.html", offers=offers)


@router.get("/start/{template}")
async def form(visit: ReaderDep, template: TemplatePath) -> Response:
    """Show the form that starts a run of a template."""
    if not visit.may(*START_RUN):
        return await _not_allowed(visit)
    async with visit.house.database.reading() as sql:
        offer = await offered(sql, template)
    return await _shown(visit, offer, StartForm({}, visit.zone), {})


@router.get("/lessons")
async def lessons(
    visit: ReaderDep, service: Annotated[str, Query(alias="release.service", max_length=500)] = ""
) -> Response:
    """Return what earlier runs of a service taught, as a part of the form."""
    async with visit.house.database.reading() as sql:
        found = await lessons_of_service(sql, service.strip())
    return fragment(visit, "start/_lessons.html", lessons=found, service=service.strip())


@router.post("/start/{template}")
async def send(sent: ActDep, template: TemplatePath) -> Response:
    """Show the plan that the form would start, or more rows to type in, or start the run."""
    try:
        return await _sent(sent, template)
    except DATABASE_AWAY:
        problem = problem_of(sent.visit, database_unavailable())
        return await waiting(sent, Tried(sent.visit.request.url.path, {}, problem), "/runs")


async def _sent(sent: Sent, template: str) -> Response:
    visit, typed = sent.visit, read(sent.form, sent.visit.zone)
    async with visit.house.database.reading() as sql:
        offer = await offered(sql, template)
    act = sent.text("do")
    if act == "start":
        return await _start(sent, offer, typed)
    if act in COLUMNS:
        return await _shown(visit, offer, typed.with_more(act), {})
    return await _previewed(visit, offer, typed)


async def _start(sent: Sent, offer: Offer, typed: StartForm) -> Response:
    """Start the run, once, and lead to it."""
    visit = sent.visit
    run_id = attempt_of(visit.request, visit.actor, sent.text(KEY), "").run_id
    asked = _Asked(offer, typed)

    async def do(attempt: Attempt) -> Response:
        return await start_run(asked.body(), attempt, visit.house, visit.language)

    async def again(tried: Tried) -> Response:
        return await _shown(visit, offer, typed, await _all_wrong(visit, asked) or tried.problem)

    return await acted(sent, asked.body, do, back=f"/runs/{run_id}", again=again)


@dataclass(frozen=True)
class _Asked:
    offer: Offer
    typed: StartForm

    def body(self) -> StartGiven:
        """Return what the API's route is given. Raises Invalid, naming each field that is wrong."""
        return given(StartGiven, self.typed.body(self.offer.source.name, self.offer.outline.parameters))

    def in_part(self) -> tuple[list[Invalid], StartGiven | None]:
        """Return what is written wrongly, and what the API's route would be given by the rest of the form."""
        form, wrong = self.typed, list[Invalid]()
        while len(wrong) < _ROUNDS:
            try:
                return wrong, _Asked(self.offer, form).body()
            except Invalid as written:
                wrong.append(written)
                form = form.without(written.facts.get("fields") or [written.facts["field"]])
        return wrong, None


async def _all_wrong(visit: Visit, asked: _Asked) -> dict[str, Any]:
    """Return the problem that tells what is written wrongly together with what the rules refuse in the rest.

    Empty when everything is written as it should be: then the rules have told all.
    """
    wrong, rest = asked.in_part()
    if wrong and rest is not None:
        try:
            async with visit.house.database.reading() as sql:
                metrics = visit.house.settings.metrics_url is not None
                await plan_for(sql, rest, visit.actor.name, metrics=metrics)
        except Invalid as refused:
            wrong.append(refused)
    return problem_of(visit, together(wrong)) if wrong else {}


async def _previewed(visit: Visit, offer: Offer, typed: StartForm) -> Response:
    """Show the plan that a start would make now, or why it would be refused."""
    try:
        asked = _Asked(offer, typed).body()
        async with visit.house.database.reading() as sql:
            preview = await preview_run(asked, visit.actor, visit.house, sql, visit.language)
    except GoliveError as refused:
        if isinstance(refused, Refused):
            await written_down(visit.request, refused)
        problem = await _all_wrong(visit, _Asked(offer, typed)) or problem_of(visit, refused)
        return await _shown(visit, offer, typed, problem)
    return await _shown(visit, offer, typed, {}, preview)


async def _shown(
    visit: Visit,
    offer: Offer,
    typed: StartForm,
    problem: Mapping[str, Any],
    preview: PreviewShown | None = None,
) -> Response:
    """Return the form with what was typed, why it was refused, and the plan that it would start."""
    if not visit.may(*START_RUN):
        return await _not_allowed(visit)
    labels = offer.labels(typed, visit.language)
    told = pointed(problem, labels) if problem else {}
    return page(
        visit,
        "start/form.html",
        status=told.get("status", 200),
        offer=offer,
        form=typed,
        tried=Tried(offer.path, typed.values, told),
        labels=labels,
        lessons=await _lessons(visit, typed),
        service=typed.values.get("release.service", ""),
        preview=preview,
        id_of=id_of,
        most_named=MOST_NAMED,
    )


async def _lessons(visit: Visit, typed: StartForm) -> tuple[Lesson, ...]:
    service = typed.values.get("release.service", "")
    if not service:
        return ()
    async with visit.house.database.reading() as sql:
        return await lessons_of_service(sql, service)


async def _not_allowed(visit: Visit) -> Response:
    """Return the page that says what it takes to start a run, and who has it."""
    async with visit.house.database.reading() as sql:
        who = [name for role in START_RUN for name in await having_role(sql, role, limit=_WHO_CAN)]
    name, own = voice_of(visit).name, visit.session.user.roles if visit.session else ()
    roles = {"roles": [name(role) for role in START_RUN], "own": [name(role) for role in own]}
    return page(visit, "start/not-allowed.html", status=403, who=who, **roles)
