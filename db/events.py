"""Reading the journal: the events of a run, receipts, and golive's own stream."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, select

from db.journal import SEALED
from db.pages import Page, read_page
from db.session import Session, fields_of
from db.tables import journal
from db.views import JournalRow
from db.words import texts_of

_ROWS: Select[Any] = select(*(journal.c[name] for name in SEALED), journal.c.hash)


async def events_after(
    session: Session, run_id: str, after: int = 0, limit: int = 100
) -> tuple[JournalRow, ...]:
    """Return the run's events with a number above `after`, in order; none for a run that nobody knows."""
    found = (
        _ROWS.where(journal.c.stream == run_id, journal.c.seq > after).order_by(journal.c.seq).limit(limit)
    )
    return tuple(await _told(session, (await session.execute(found)).all()))


async def events_before(
    session: Session, run_id: str, before: int, limit: int = 100
) -> tuple[JournalRow, ...]:
    """Return the run's events with a number below `before`, the last first."""
    earlier = _ROWS.where(journal.c.stream == run_id, journal.c.seq < before)
    found = await session.execute(earlier.order_by(journal.c.seq.desc()).limit(limit))
    return tuple(await _told(session, found.all()))


async def last_of(
    session: Session, run_id: str, actions: Sequence[str], *, about: str | None = None
) -> JournalRow | None:
    """Return the run's last event of one of these types, or that about one object; None when there was none."""
    these = _ROWS.where(journal.c.stream == run_id, journal.c.action.in_(actions))
    if about is not None:
        these = these.where(journal.c.object == about)
    found = await session.execute(these.order_by(journal.c.seq.desc()).limit(1))
    return next(iter(await _told(session, found.all())), None)


async def events_page(
    session: Session, run_id: str, *, cursor: str | None = None, after: int = 0, limit: int = 100
) -> Page[JournalRow]:
    """Return the run's events in pages, in order."""
    query = _ROWS.where(journal.c.stream == run_id, journal.c.seq > after)
    page = await read_page(session, query, (journal.c.seq,), cursor=cursor, limit=limit)
    return page.seen_as(await _told(session, page.items))


async def events_about(
    session: Session, run_id: str, about: str, *, but: Sequence[str] = (), limit: int = 100
) -> tuple[JournalRow, ...]:
    """Return the latest events of the run about one object, the latest first, less those of the types `but`."""
    found = _ROWS.where(journal.c.stream == run_id, journal.c.object == about, journal.c.action.not_in(but))
    latest = found.order_by(journal.c.seq.desc()).limit(limit)
    return tuple(await _told(session, (await session.execute(latest)).all()))


async def list_audit(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    stream: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    outcome: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[JournalRow]:
    """Return rows of all streams, newest first."""
    rows = journal.c
    query = _ROWS
    for column, wanted in (
        (rows.stream, stream),
        (rows.actor, actor),
        (rows.action, action),
        (rows.outcome, outcome),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    newest = (rows.at, rows.stream, rows.seq)
    page = await read_page(session, query, newest, cursor=cursor, limit=limit, newest_first=True)
    return page.seen_as(await _told(session, page.items))


async def receipt_of(session: Session, run_id: str, command_id: str) -> tuple[int, str] | None:
    """Return number and hash of the act with this command id, None when it was not recorded."""
    found = select(journal.c.seq, journal.c.hash).where(
        journal.c.stream == run_id, journal.c.command_id == command_id
    )
    row = (await session.execute(found)).one_or_none()
    return (row.seq, row.hash) if row else None


async def rows_of(session: Session, run_id: str, seqs: Collection[int]) -> dict[int, JournalRow]:
    """Return the run's events of these numbers, by number."""
    found = _ROWS.where(journal.c.stream == run_id, journal.c.seq.in_(seqs))
    return {row.seq: row for row in await _told(session, (await session.execute(found)).all())}


async def _told(session: Session, rows: Iterable[Row[Any]]) -> list[JournalRow]:
    rows = list(rows)
    digests = {digest for row in rows for digest in (*row.words.values(), row.reason) if digest}
    texts = await texts_of(session, digests)
    return [_row(row, texts) for row in rows]


def _row(row: Row[Any], texts: dict[str, str | None]) -> JournalRow:
    columns: dict[str, Any] = {name: fields_of(row)[name] for name in (*SEALED, "hash")}
    columns["reason"] = texts.get(row.reason)
    columns["words"] = {name: texts.get(digest) for name, digest in row.words.items()}
    return JournalRow(**columns)
