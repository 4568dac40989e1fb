"""The published templates and checklists, ready for planning."""

from __future__ import annotations

from db.session import Session
from db.templates import Source, checklists_at, get_template, list_checklists, list_templates, templates_at
from golive.template_source import Library, read_checklist, read_template


async def latest_templates(session: Session) -> list[Source]:
    """Return the latest version of every template."""
    found: list[Source] = []
    cursor = None
    while True:
        page = await list_templates(session, cursor=cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def library(session: Session) -> Library:
    """Return the latest version of every template and checklist."""
    return library_of(await latest_templates(session), await list_checklists(session))


async def library_at(session: Session, name: str, version: int) -> tuple[Library, Source]:
    """Return a version of a template among all that was the latest when it was published, and that version itself.

    Publishing a checklist or a template publishes those that use it anew, so this is what the version is made of.
    Raises NotFound (`unknown_template`).
    """
    source = await get_template(session, name, version)
    others = [each for each in await templates_at(session, source.published_at) if each.name != name]
    return library_of([*others, source], await checklists_at(session, source.published_at)), source


def library_of(templates: list[Source], checklists: tuple[Source, ...]) -> Library:
    """Return these sources, read; each text is read once per process."""
    return Library.of(
        [read_template(f"{source.name}.yaml", source.source) for source in templates],
        [read_checklist(f"{source.name}.yaml", source.source) for source in checklists],
    )
