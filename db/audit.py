"""Does the journal still say what it said? Every hash, link, number, head and remaining text is checked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from db.errors import Unrecordable
from db.journal import ADMIN, GENESIS, hash_of, sealed
from db.people import users_exist
from db.session import Session, fields_of
from db.tables import journal, runs, stream_heads, words
from golive.words import N_, Sentence, Words, say

_AT_ONCE = 500
_ENOUGH = 16
"""Digits of a hash by which databases are told apart."""


@dataclass(frozen=True, slots=True)
class Bad:
    """The first thing that is wrong: in which stream, at which number, and what."""

    stream: str
    seq: int
    what: Sentence


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found; `rows` counts those that were checked."""

    ok: bool
    streams: int
    rows: int
    first_bad: Bad | None = None


async def verify(session: Session, *, streams: Sequence[str] | None = None) -> Verified:
    """Check `streams`, or every stream that rows, heads or runs name, up to the first fault."""
    rows = 0
    names = sorted(streams if streams is not None else await _every_stream(session))
    for count, stream in enumerate(names, 1):
        checked, bad = await _verify_stream(session, stream)
        rows += checked
        if bad:
            return Verified(ok=False, streams=count, rows=rows, first_bad=bad)
    return Verified(ok=True, streams=len(names), rows=rows)


async def export_lines(session: Session) -> AsyncIterator[bytes]:
    """Yield each row as a line of JSON: its canonical text and its hash, so that others can verify it."""
    for stream in sorted(await _every_stream(session)):
        async for row in _rows(session, stream):
            yield json.dumps({"row": row.canonical.decode(), "hash": row.hash}).encode() + b"\n"


async def identity_of(session: Session) -> str | None:
    """Return what tells this database from others, and only from copies of it not; None before its first row."""
    first = select(journal.c.hash).where(journal.c.stream == ADMIN, journal.c.seq == 1)
    found: str | None = await session.scalar(first)
    return found[:_ENOUGH] if found else None


async def _every_stream(session: Session) -> set[str]:
    named = [select(journal.c.stream).distinct(), select(stream_heads.c.stream), select(runs.c.id)]
    names = {name for query in named for name in (await session.scalars(query)).all()}
    # Nobody is ever added without a row about it: where there are users, golive's own stream must be.
    return names | {ADMIN} if await users_exist(session) else names


async def _verify_stream(session: Session, stream: str) -> tuple[int, Bad | None]:
    seq, link = 0, GENESIS
    try:
        async for chunk in _chunks(session, stream):
            texts = await _texts(session, chunk)
            for row in chunk:
                if what := _fault(row, seq + 1, link, texts):
                    return seq, Bad(stream, row.seq, what)
                seq, link = row.seq, row.hash
    except (ValueError, Unrecordable) as unreadable:
        return seq, Bad(stream, seq + 1, say(N_("A row cannot be read: {why}"), why=str(unreadable)))
    what = await _fault_at_the_end(session, stream, seq, link)
    return seq, Bad(stream, seq + 1, what) if what else None


def _fault(row: Row[Any], seq: int, link: str, texts: Mapping[str, Row[Any]]) -> Sentence | None:
    if row.seq != seq:
        return say(N_("Row {seq} is missing."), seq=seq)
    if hash_of(row.canonical) != row.hash:
        return say(N_("The hash does not fit the stored bytes: the row was changed."))
    if row.prev_hash != link:
        return say(N_("The row does not follow the one before it: one of them was replaced."))
    written, _ = sealed(dict(fields_of(row)))
    if written != row.canonical:
        return say(N_("The columns do not say what was sealed: the row was changed."))
    return _fault_of_texts(row, texts)


def _fault_of_texts(row: Row[Any], texts: Mapping[str, Row[Any]]) -> Sentence | None:
    for digest in _digests(row):
        told = texts.get(digest)
        if told is None:
            return say(N_("The text {digest} is missing without having been erased."), digest=digest)
        if told.text is not None and Words(text=told.text, salt=told.salt).digest != digest:
            return say(N_("The text {digest} was changed."), digest=digest)
    return None


async def _fault_at_the_end(session: Session, stream: str, seq: int, link: str) -> Sentence | None:
    head = (await session.execute(select(stream_heads).where(stream_heads.c.stream == stream))).one_or_none()
    if head is None:
        return say(N_("The stream is missing: it should be there and has neither head nor rows."))
    if (head.seq, head.hash) != (seq, link):
        return say(
            N_("The stream ends at {seq}, its head says {head}: rows were cut off."), seq=seq, head=head.seq
        )
    if seq == 0 and stream != ADMIN:
        return say(N_("The run exists, but its stream is empty."))
    return None


async def _chunks(session: Session, stream: str) -> AsyncIterator[Sequence[Row[Any]]]:
    after = 0
    while True:
        found = select(journal).where(journal.c.stream == stream, journal.c.seq > after)
        chunk = (await session.execute(found.order_by(journal.c.seq).limit(_AT_ONCE))).all()
        if not chunk:
            return
        yield chunk
        after = chunk[-1].seq


async def _rows(session: Session, stream: str) -> AsyncIterator[Row[Any]]:
    async for chunk in _chunks(session, stream):
        for row in chunk:
            yield row


async def _texts(session: Session, rows: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
    digests = {digest for row in rows for digest in _digests(row)}
    return {
        row.digest: row for row in await session.execute(select(words).where(words.c.digest.in_(digests)))
    }


def _digests(row: Row[Any]) -> list[str]:
    return [digest for digest in (row.reason, *row.words.values()) if digest]
