"""The published templates and checklists, ready for planning."""

from __future__ import annotations

from db.session import Session
from db.templates import Source, list_checklists, list_templates
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


def library_of(templates: list[Source], checklists: tuple[Source, ...]) -> Library:
    """Return these sources, read; each text is read once per process."""
    return Library.of(
        [read_template(f"{source.name}.yaml", source.source) for source in templates],
        [read_checklist(f"{source.name}.yaml", source.source) for source in checklists],
    )
