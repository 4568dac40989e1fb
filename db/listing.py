"""Lists of runs as they are followed: which runs stand in one, and how far each has come, without reading them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from db.news import Stamp, stamp_of, stamp_over
from db.pages import Page, read_page
from db.queries import HEADERS, NEWEST, asked_for
from db.reading import header
from db.session import Session
from db.tables import runs, stream_heads
from db.views import RunHeader

Entry = tuple[str, Stamp]
"""A run of a list and how far it has come."""

_ENTRIES = select(runs.c.id, stream_heads.c.seq, runs.c.frozen_at).join_from(
    runs, stream_heads, stream_heads.c.stream == runs.c.id
)


async def entries(session: Session, *, cursor: str | None, limit: int, **which: Any) -> Page[Entry]:
    """Return the runs that `db.queries.list_runs` returns for the same. Raises Invalid (`bad_cursor`)."""
    query = asked_for(_ENTRIES, **which)
    page = await read_page(session, query, NEWEST, cursor=cursor, limit=limit, newest_first=True)
    return page.seen_as([(row.id, stamp_of(row.seq, frozen=row.frozen_at is not None)) for row in page.items])


def stamp_of_list(page: Page[Entry]) -> Stamp:
    """Return how far a list has come: another one once any of its runs has gone on, comes or goes."""
    return stamp_over([*page.items, ("next", str(page.next_cursor is not None))])


async def headers_of(session: Session, ids: Collection[str]) -> list[RunHeader]:
    """Return the headers of these runs."""
    if not ids:
        return []
    return [header(row) for row in await session.execute(HEADERS.where(runs.c.id.in_(ids)))]
