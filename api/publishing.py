"""Publishing templates and checklists: judged by what is published and who is there, then a new version."""

from __future__ import annotations

from collections import defaultdict

from api.library import latest_templates, library
from api.schemas.templates import ChecklistShown
from db.journal import append_admin
from db.people import members_of
from db.session import Session
from db.templates import (
    Source as Published,
)
from db.templates import (
    get_template,
    list_checklists,
    publish_checklist,
    publish_template,
)
from golive.commands import Actor
from golive.composition import read_items
from golive.people import People
from golive.planning import Outline, check_checklist, check_template
from golive.template_source import Library, Source, read_checklist, read_template
from golive.words import Language, Text


async def validated(session: Session, source: Source) -> tuple[Library, Outline]:
    """Return the library with `source` in it, and its outline. Raises Invalid, naming every fault.

    People are judged, too, once anybody has a function at all.
    """
    shelf = (await library(session)).including(source)
    return shelf, check_template(shelf, source.name, people=await _everybody(session))


async def publish_template_text(session: Session, file: str, text: str, actor: Actor) -> Published:
    """Publish a template, and a new version of those that use it. Raises as `validated`."""
    source = read_template(file, text)
    shelf, _ = await validated(session, source)
    await _publish_changed(session, shelf, actor)
    return await get_template(session, source.name)


async def publish_checklist_text(session: Session, file: str, text: str, actor: Actor) -> Published:
    """Publish a checklist, and a new version of the templates that use it. Raises InvalidSource."""
    source = read_checklist(file, text)
    check_checklist(source)
    before = {each.name: each.version for each in await list_checklists(session)}
    published = await publish_checklist(
        session, name=source.name, source=text, hash=source.sha256, by=actor.name, title=title_of(source)
    )
    if before.get(source.name) != published.version:
        await _told(session, actor, "ChecklistPublished", "checklist", published)
    await _publish_changed(session, (await library(session)).including(source), actor)
    return published


async def _publish_changed(session: Session, shelf: Library, actor: Actor) -> None:
    """Publish each template whose text, or a text that it uses, is not the one of its latest version."""
    before = {each.name: each.version for each in await latest_templates(session)}
    for name in shelf.templates:
        published = await publish_from(session, shelf, name, actor.name)
        if before.get(name) != published.version:
            await _told(session, actor, "TemplatePublished", "template", published)


async def publish_from(session: Session, shelf: Library, name: str, by: str) -> Published:
    """Publish the template `name` of `shelf`, or return its latest version when nothing has changed."""
    outline = check_template(shelf, name)
    return await publish_template(
        session,
        name=name,
        source=shelf.templates[name].text,
        hash=outline.hash,
        by=by,
        title=outline.title,
        description=outline.description,
    )


async def _told(session: Session, actor: Actor, action: str, kind: str, published: Published) -> None:
    payload = {"version": published.version, "hash": published.hash}
    await append_admin(session, actor, action, f"{kind}:{published.name}", payload=payload)


async def _everybody(session: Session) -> People | None:
    """Return who has each function; None while nobody has any."""
    users = await members_of(session)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for user in users:
        for function in user.functions:
            members[function].append(user.name)
    return People.having(members, {user.name: user.roles for user in users}) if members else None


def title_of(checklist: Source) -> Text:
    """Return the title of a valid checklist."""
    return Text.model_validate(checklist.content["title"])


def checklist_shown(source: Source, language: Language) -> ChecklistShown:
    """Return what a checklist says, for a reader of `language`. Raises InvalidSource."""
    items = read_items(source)
    return ChecklistShown(
        name=source.name, title=title_of(source).in_language(language), items=len(items), hash=source.sha256
    )
