"""Published templates and checklists: versions that never change once they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, func, insert, select

from db.pages import Page, read_page
from db.session import Session, database_time, fields_of
from db.tables import checklists, templates
from golive.errors import NotFound
from golive.words import N_, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A published version: its YAML text and the digest of it with all that it uses."""

    name: str
    version: int
    source: str
    hash: str
    title: Text | None
    description: Text | None
    published_by: str
    published_at: datetime


async def publish_template(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    name: str,
    source: str,
    hash: str,
    by: str,
    title: Text | None = None,
    description: Text | None = None,
) -> Source:
    """Publish the next version; when the latest one has the same hash, answer that and publish nothing."""
    told = _texts(title=title, description=description)
    return await _publish(
        session, templates, {"name": name, "source": source, "hash": hash, "published_by": by} | told
    )


async def get_template(session: Session, name: str, version: int | None = None) -> Source:
    """Return a version, the latest when none is named. Raises NotFound (`unknown_template`)."""
    return await _get(
        session,
        templates,
        name,
        version,
        code="unknown_template",
        lacks_it=N_("The template {name} has no version {version}; name one from 1 to {latest}."),
        unknown=N_("There is no template {name}; the list of templates names those there are."),
    )


async def list_templates(session: Session, *, cursor: str | None = None, limit: int = 100) -> Page[Source]:
    """Return the latest version of each template, by name."""
    page = await read_page(session, _latest(templates), (templates.c.name,), cursor=cursor, limit=limit)
    return page.seen_as([_source(row) for row in page.items])


async def template_versions(session: Session, name: str) -> tuple[Source, ...]:
    """Return every version of a template, the first one first."""
    found = select(templates).where(templates.c.name == name).order_by(templates.c.version)
    return tuple(_source(row) for row in await session.execute(found))


async def templates_at(session: Session, moment: datetime) -> tuple[Source, ...]:
    """Return the version of each template that was the latest at a moment."""
    return await _at(session, templates, moment)


async def checklists_at(session: Session, moment: datetime) -> tuple[Source, ...]:
    """Return the version of each checklist that was the latest at a moment."""
    return await _at(session, checklists, moment)


async def _at(session: Session, table: Table, moment: datetime) -> tuple[Source, ...]:
    other = table.alias()
    then = select(func.max(other.c.version)).where(
        other.c.name == table.c.name, other.c.published_at <= moment
    )
    found = select(table).where(table.c.version == then.scalar_subquery())
    return tuple(_source(row) for row in await session.execute(found))


async def publish_checklist(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    name: str,
    source: str,
    hash: str,
    by: str,
    title: Text | None = None,
) -> Source:
    """Publish the next version of a checklist, as `publish_template` does."""
    row = {"name": name, "source": source, "hash": hash, "published_by": by}
    return await _publish(session, checklists, row | _texts(title=title, description=None))


async def get_checklist(session: Session, name: str, version: int | None = None) -> Source:
    """Return a version, the latest when none is named. Raises NotFound (`unknown_checklist`)."""
    return await _get(
        session,
        checklists,
        name,
        version,
        code="unknown_checklist",
        lacks_it=N_("The checklist {name} has no version {version}; name one from 1 to {latest}."),
        unknown=N_("There is no checklist {name}; the list of checklists names those there are."),
    )


async def list_checklists(session: Session) -> tuple[Source, ...]:
    """Return the latest version of each checklist, by name."""
    return tuple(
        _source(row) for row in await session.execute(_latest(checklists).order_by(checklists.c.name))
    )


async def _publish(session: Session, table: Table, row: dict[str, Any]) -> Source:
    latest = await _find(session, table, row["name"], None)
    if latest and latest.hash == row["hash"]:
        return latest
    version = latest.version + 1 if latest else 1
    await session.execute(
        insert(table).values(**row, version=version, published_at=await database_time(session))
    )
    published = await _find(session, table, row["name"], version)
    assert published is not None, "a row that was just inserted"  # noqa: S101 - for the type checker
    return published


async def _get(  # noqa: PLR0913 - what differs between the two
    session: Session, table: Table, name: str, version: int | None, *, code: str, lacks_it: str, unknown: str
) -> Source:
    if found := await _find(session, table, name, version):
        return found
    if latest := await _find(session, table, name, None):
        raise NotFound(code, lacks_it, name=name, version=str(version), latest=latest.version)
    raise NotFound(code, unknown, name=name)


async def _find(session: Session, table: Table, name: str, version: int | None) -> Source | None:
    query = select(table).where(table.c.name == name)
    if version is not None:
        query = query.where(table.c.version == version)
    row = (await session.execute(query.order_by(table.c.version.desc()).limit(1))).one_or_none()
    return _source(row) if row else None


def _latest(table: Table) -> Any:
    other = table.alias()
    newest = select(func.max(other.c.version)).where(other.c.name == table.c.name).scalar_subquery()
    return select(table).where(table.c.version == newest)


def _texts(**texts: Text | None) -> dict[str, Any]:
    return {name: text.model_dump(mode="json") if text else None for name, text in texts.items()}


def _source(row: Row[Any]) -> Source:
    columns = dict(fields_of(row))
    for name in ("title", "description"):
        columns[name] = Text.model_validate(columns[name]) if columns[name] else None
    return Source(**{name: columns[name] for name in Source.__slots__})
