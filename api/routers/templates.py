"""Templates and checklists: read, validate, preview, publish."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asking import SIGNED_IN, ActorDep, HouseDep, LanguageDep, SessionDep, need
from api.attempts import Attempt, AttemptDep, once
from api.described import ASKED, BODY, CHANGE, FEASIBLE, LIST, PLAN, READ, permission, problems
from api.house import House
from api.library import library
from api.publishing import (
    checklist_shown,
    publish_bundle,
    publish_checklist_text,
    publish_template_text,
    published_shown,
    validated,
    validated_bundle,
)
from api.schemas.forecast import PreviewShown
from api.schemas.given import Cursor
from api.schemas.named import ChecklistPath, TemplatePath, VersionPath
from api.schemas.release import StartGiven
from api.schemas.shown import Listed, Shown
from api.schemas.templates import (
    BundleGiven,
    BundlePublished,
    BundleShown,
    ChecklistGiven,
    ChecklistShown,
    OutlineShown,
    SourceGiven,
    SourceLine,
    SourcePublished,
    SourceShown,
)
from api.starting import plan_for
from db.session import Session, database_time
from db.templates import get_checklist, get_template, list_checklists, list_templates, template_versions
from golive.forecast import preview
from golive.permissions import PUBLISH_TEMPLATE, START_RUN
from golive.planning import check_template
from golive.template_source import read_checklist, read_template

router = APIRouter(tags=["templates"], dependencies=[SIGNED_IN])

_FAULTS = " Every fault is listed in `errors`, with its code, file, line and path."


@router.get(
    "/templates",
    summary="List templates",
    description="The latest version of each." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    session: SessionDep,
    language: LanguageDep,
    cursor: Annotated[Cursor | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Listed[SourceLine]:
    """Return one page of templates."""
    page = await list_templates(session, cursor=cursor)
    return Listed(
        items=[SourceLine.of(source, language) for source in page.items], next_cursor=page.next_cursor
    )


@router.get(
    "/templates/{name}/versions",
    summary="List the versions of a template",
    description="Every version that was published." + permission(),
    responses=problems(*ASKED, "404 unknown_template"),
)
async def versions(name: TemplatePath, session: SessionDep, language: LanguageDep) -> Listed[SourceLine]:
    """Return all versions of a template."""
    await get_template(session, name)
    found = await template_versions(session, name)
    return Listed(items=[SourceLine.of(source, language) for source in found], next_cursor=None)


@router.get(
    "/templates/{name}/versions/{version}",
    summary="Read a version of a template",
    description="Its text, and what it says with the defaults of its parameters." + permission(),
    responses=problems(*READ, "404 unknown_template", "422 template_invalid"),
)
async def look(
    name: TemplatePath, version: VersionPath, session: SessionDep, language: LanguageDep
) -> SourceShown:
    """Return one version of a template."""
    source = await get_template(session, name, version)
    shelf = (await library(session)).including(read_template(f"{name}.yaml", source.source))
    outline = OutlineShown.of(check_template(shelf, name), language)
    return SourceShown(**SourceLine.of(source, language).model_dump(), source=source.source, outline=outline)


@router.post(
    "/templates",
    status_code=201,
    response_model=SourcePublished,
    summary="Publish a template",
    description="A new version, or the latest one when nothing changed. Running runs keep the plan they have."
    + _FAULTS
    + permission(*PUBLISH_TEMPLATE),
    responses=problems(*CHANGE, *FEASIBLE, "422 template_invalid"),
)
async def publish(
    given: SourceGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Publish a template."""

    async def publish_it(session: Session) -> SourcePublished:
        latest = await publish_template_text(session, given.file, given.source, attempt.actor)
        return published_shown(latest, language)

    return await _published(house, attempt, publish_it)


@router.post(
    "/templates/validate",
    summary="Validate a template",
    description="Judges it by what is published and by the people there are. Changes nothing."
    + _FAULTS
    + permission(),
    responses=problems(*BODY, *FEASIBLE, "422 template_invalid"),
)
async def validate(given: SourceGiven, session: SessionDep, language: LanguageDep) -> OutlineShown:
    """Judge a template."""
    _, outline = await validated(session, read_template(given.file, given.source))
    return OutlineShown.of(outline, language)


@router.post(
    "/templates/bundle",
    status_code=201,
    response_model=BundlePublished,
    summary="Publish templates and checklists together",
    description="All or nothing, in one transaction: they may use each other in any order. What says the same as its "
    "latest version is answered with `changed` false. Templates that use what changed get a new version, too. At most "
    "4 MiB." + _FAULTS + permission(*PUBLISH_TEMPLATE),
    responses=problems(*CHANGE, *FEASIBLE, "422 template_invalid"),
)
async def publish_together(
    given: BundleGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Publish a bundle."""

    async def publish_it(session: Session) -> BundlePublished:
        found = await publish_bundle(session, given, attempt.actor)
        return BundlePublished(items=[published_shown(each, language) for each in found])

    return await _published(house, attempt, publish_it)


@router.post(
    "/templates/bundle/validate",
    summary="Validate templates and checklists together",
    description="Judges them as POST /templates/bundle would. Changes nothing." + _FAULTS + permission(),
    responses=problems(*BODY, *FEASIBLE, "422 template_invalid"),
)
async def validate_together(given: BundleGiven, session: SessionDep, language: LanguageDep) -> BundleShown:
    """Judge a bundle."""
    shelf, sources = await validated_bundle(session, given)
    return BundleShown(
        templates=[
            OutlineShown.of(check_template(shelf, each.name), language)
            for each in sources
            if each.kind == "template"
        ],
        checklists=[checklist_shown(each, language) for each in sources if each.kind == "checklist"],
    )


@router.post(
    "/templates/preview",
    summary="Preview a run",
    description="The plan that POST /runs would make now, with its dates; starts nothing."
    + permission(*START_RUN),
    responses=problems(*BODY, *PLAN, "403 role_missing"),
)
async def preview_run(
    given: StartGiven, actor: ActorDep, house: HouseDep, session: SessionDep, language: LanguageDep
) -> PreviewShown:
    """Show the plan of a start."""
    need(actor, START_RUN)
    plan = await plan_for(session, given, actor.name, metrics=house.settings.metrics_url is not None)
    start = plan.start_at or await database_time(session)
    return PreviewShown.of(preview(plan, start), language)


@router.get(
    "/checklists",
    summary="List checklists",
    description="The latest version of each." + permission(),
    responses=problems(*ASKED),
)
async def checklists(session: SessionDep, language: LanguageDep) -> Listed[SourceLine]:
    """Return all checklists."""
    found = await list_checklists(session)
    return Listed(items=[SourceLine.of(source, language) for source in found], next_cursor=None)


@router.get(
    "/checklists/{name}/versions/{version}",
    summary="Read a version of a checklist",
    description="Its text." + permission(),
    responses=problems(*READ, "404 unknown_checklist"),
)
async def checklist(
    name: ChecklistPath, version: VersionPath, session: SessionDep, language: LanguageDep
) -> SourceShown:
    """Return one version of a checklist."""
    source = await get_checklist(session, name, version)
    return SourceShown(**SourceLine.of(source, language).model_dump(), source=source.source, outline=None)


@router.post(
    "/checklists",
    status_code=201,
    response_model=SourcePublished,
    summary="Publish a checklist",
    description="The templates that use it get a new version with it, too; running runs keep what they have."
    + _FAULTS
    + permission(*PUBLISH_TEMPLATE),
    responses=problems(*CHANGE, "422 template_invalid"),
)
async def publish_list(
    given: ChecklistGiven, attempt: AttemptDep, house: HouseDep, language: LanguageDep
) -> Response:
    """Publish a checklist."""

    async def publish_it(session: Session) -> SourcePublished:
        latest = await publish_checklist_text(session, given.file, given.source, attempt.actor)
        return published_shown(latest, language)

    return await _published(house, attempt, publish_it)


@router.post(
    "/checklists/validate",
    summary="Validate a checklist",
    description="Publishes nothing." + _FAULTS + permission(),
    responses=problems(*BODY, "422 template_invalid"),
)
async def validate_list(given: ChecklistGiven, language: LanguageDep) -> ChecklistShown:
    """Judge a checklist."""
    return checklist_shown(read_checklist(given.file, given.source), language)


async def _published(
    house: House, attempt: Attempt, publish_it: Callable[[Session], Awaitable[Shown]]
) -> Response:
    """Publish once under the attempt's key, for whoever may, and answer with what came of it."""
    need(attempt.actor, PUBLISH_TEMPLATE)

    async def change(session: Session) -> dict[str, Any]:
        return (await publish_it(session)).model_dump(mode="json")

    return await once(house, attempt, 201, change)
