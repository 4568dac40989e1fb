"""Publishing templates and checklists: judged by what is published and who is there, then a new version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from api.library import latest_templates, library
from api.schemas.templates import BundleGiven, ChecklistShown, SourceLine, SourcePublished
from db.directory import members_by_group
from db.journal import append_admin
from db.people import all_names, find_users, members_of
from db.session import Session
from db.templates import (
    Source as Published,
)
from db.templates import (
    list_checklists,
    publish_checklist,
    publish_template,
)
from golive.commands import Actor
from golive.composition import read_items
from golive.parameters import declared
from golive.people import People
from golive.planning import Outline, check_checklist, check_template
from golive.problems import InvalidSource, Problem
from golive.template_source import Kind, Library, Source, read_checklist, read_template
from golive.words import N_, Language, Text, say


async def validated(session: Session, source: Source) -> tuple[Library, Outline]:
    """Return the library with `source` in it, and its outline. Raises InvalidSource, naming every fault.

    People are judged, too, once anybody has a function at all.
    """
    shelf = (await library(session)).including(source)
    return shelf, check_template(shelf, source.name, people=await _everybody(session))


@dataclass(frozen=True)
class Latest:
    """What is the latest version now, and whether it became so just now."""

    kind: Kind
    published: Published
    changed: bool


def published_shown(latest: Latest, language: Language) -> SourcePublished:
    """Return what came of a publication, for a reader of `language`."""
    line = SourceLine.of(latest.published, language).model_dump()
    return SourcePublished.model_validate({**line, "kind": latest.kind, "changed": latest.changed})


async def publish_template_text(session: Session, file: str, text: str, actor: Actor) -> Latest:
    """Publish a template, and a new version of those that use it. Raises as `validated`."""
    source = read_template(file, text)
    shelf, _ = await validated(session, source)
    return {each.published.name: each for each in await _publish_changed(session, shelf, actor)}[source.name]


async def publish_checklist_text(session: Session, file: str, text: str, actor: Actor) -> Latest:
    """Publish a checklist, and a new version of the templates that use it. Raises InvalidSource."""
    source = read_checklist(file, text)
    check_checklist(source)
    latest = await _publish_checklist(session, source, actor)
    await _publish_changed(session, (await library(session)).including(source), actor)
    return latest


async def _publish_checklist(session: Session, source: Source, actor: Actor) -> Latest:
    before = {each.name: each.version for each in await list_checklists(session)}
    published = await publish_checklist(
        session,
        name=source.name,
        source=source.text,
        hash=source.sha256,
        by=actor.name,
        title=title_of(source),
    )
    changed = before.get(source.name) != published.version
    if changed:
        await _told(session, actor, "ChecklistPublished", "checklist", published)
    return Latest("checklist", published, changed)


async def _publish_changed(session: Session, shelf: Library, actor: Actor) -> list[Latest]:
    """Publish each template whose text, or a text that it uses, is not the one of its latest version."""
    before = {each.name: each.version for each in await latest_templates(session)}
    found = []
    for name in shelf.templates:
        published = await publish_from(session, shelf, name, actor.name)
        changed = before.get(name) != published.version
        if changed:
            await _told(session, actor, "TemplatePublished", "template", published)
        found.append(Latest("template", published, changed))
    return found


# -- bundles -------------------------------------------------------------------------------------------------


async def validated_bundle(session: Session, bundle: BundleGiven) -> tuple[Library, list[Source]]:
    """Return the library with all of the bundle in it, and its sources, checklists first.

    They may use each other. Raises InvalidSource, which names every fault of every text: those of the bundle, and those
    of published templates that use them.
    """
    problems: list[Problem] = []
    sources = list(_read_all(bundle, problems))
    shelf = await library(session)
    for source in sources:
        shelf = shelf.including(source)
    problems += _named_twice(sources)
    people = await _everybody(session)
    own = {source.name for source in sources if source.kind == "template"}
    for name in shelf.templates if not problems else own & shelf.templates.keys():
        try:
            check_template(shelf, name, people=people if name in own else None)
        except InvalidSource as wrong:
            problems += wrong.problems
    if problems:
        raise InvalidSource(problems, shown=len(problems))
    return shelf, sources


def _read_all(bundle: BundleGiven, problems: list[Problem]) -> Iterator[Source]:
    """Yield every text that can be read; what is wrong with the others, and with checklists, is added."""
    for given, read, check in (
        *((each, read_checklist, check_checklist) for each in bundle.checklists),
        *((each, read_template, declared) for each in bundle.templates),
    ):
        try:
            source = read(given.file, given.source)
            check(source)
            yield source
        except InvalidSource as wrong:
            problems += wrong.problems


def _named_twice(sources: list[Source]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for source in sources:
        first = seen.setdefault((source.kind, source.name), source.file)
        if first is not source.file:
            msgid = N_("{other} has the name “{name}” as well; rename one")
            yield source.problem(("name",), say(msgid, other=first, name=source.name))


async def publish_bundle(session: Session, bundle: BundleGiven, actor: Actor) -> list[Latest]:
    """Publish all of a bundle, and a new version of what uses it, or nothing. Raises as `validated_bundle`."""
    shelf, sources = await validated_bundle(session, bundle)
    checklists = [each for each in sources if each.kind == "checklist"]
    own = {each.name for each in sources if each.kind == "template"}
    found = [await _publish_checklist(session, each, actor) for each in checklists]
    templates = await _publish_changed(session, shelf, actor)
    return [*found, *(each for each in templates if each.changed or each.published.name in own)]


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
    """Return who has each function, and who is in each group; None while nobody has any function."""
    users = await members_of(session)
    found = {f"group:{name}": those for name, those in (await members_by_group(session)).items()}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for user in users:
        for function in user.functions:
            members[function].append(user.name)
    roles = {user.name: user.roles for user in users}
    others = await find_users(session, {name for those in found.values() for name in those} - roles.keys())
    roles |= {name: user.roles for name, user in others.items() if user.enabled}
    if not members:
        return None
    return People.having(members, roles, found).model_copy(update={"known": await all_names(session)})


def title_of(checklist: Source) -> Text:
    """Return the title of a valid checklist."""
    return Text.model_validate(checklist.content["title"])


def checklist_shown(source: Source, language: Language) -> ChecklistShown:
    """Return what a checklist says, for a reader of `language`. Raises InvalidSource."""
    items = read_items(source)
    return ChecklistShown(
        name=source.name, title=title_of(source).in_language(language), items=len(items), hash=source.sha256
    )
