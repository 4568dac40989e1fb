"""Does the journal still say what it said? Every hash, link, number, head and remaining text is checked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from db.errors import Unrecordable
from db.journal import sealed
from db.people import users_exist
from db.session import Session, database_time, fields_of
from db.tables import journal, runs, stream_heads, words
from golive import chain
from golive.chain import ADMIN, Head
from golive.checkpoint import Checkpoint, StreamHead, public_key, signed
from golive.words import N_, Sentence, Words, say

_AT_ONCE = 500


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


async def export_lines(
    session: Session, seed: bytes, *, streams: Sequence[str] | None = None
) -> AsyncIterator[bytes]:
    """Yield an export of `streams`, or of all, line by line: its checkpoint, signed with `seed`, then each row."""
    names = sorted(streams if streams is not None else await _every_stream(session))
    yield _line((await _checkpoint(session, names, seed)).model_dump(mode="json"))
    for stream in names:
        async for row in _rows(session, stream):
            yield _line({"row": row.canonical.decode(), "hash": row.hash})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


async def _checkpoint(session: Session, streams: Sequence[str], seed: bytes) -> Checkpoint:
    found = select(stream_heads).where(stream_heads.c.stream.in_(streams)).order_by(stream_heads.c.stream)
    heads = [
        StreamHead(stream=row.stream, seq=row.seq, hash=row.hash) for row in await session.execute(found)
    ]
    now = await database_time(session)
    plain = Checkpoint(
        golive=await identity_of(session) or "", at=now, heads=tuple(heads), public_key=public_key(seed)
    )
    return signed(plain, seed)


async def identity_of(session: Session) -> str | None:
    """Return what tells this database from others, and only from copies of it not; None before its first row."""
    first = select(journal.c.hash).where(journal.c.stream == ADMIN, journal.c.seq == 1)
    found: str | None = await session.scalar(first)
    return chain.identity(found) if found else None


async def _every_stream(session: Session) -> set[str]:
    named = [select(journal.c.stream).distinct(), select(stream_heads.c.stream), select(runs.c.id)]
    names = {name for query in named for name in (await session.scalars(query)).all()}
    # Nobody is ever added without a row about it: where there are users, golive's own stream must be.
    return names | {ADMIN} if await users_exist(session) else names


async def _verify_stream(session: Session, stream: str) -> tuple[int, Bad | None]:
    last = Head()
    try:
        async for chunk in _chunks(session, stream):
            texts = await _texts(session, chunk)
            for row in chunk:
                if what := _fault(row, last, texts):
                    return last.seq, Bad(stream, row.seq, what)
                last = Head(row.seq, row.hash)
    except (ValueError, Unrecordable) as unreadable:
        return last.seq, Bad(
            stream, last.seq + 1, say(N_("A row cannot be read: {why}"), why=str(unreadable))
        )
    what = await _fault_at_the_end(session, stream, last)
    return last.seq, Bad(stream, last.seq + 1, what) if what else None


def _fault(row: Row[Any], last: Head, texts: Mapping[str, Row[Any]]) -> Sentence | None:
    if broken := chain.fault(last, row.seq, row.canonical, row.prev_hash, row.hash):
        return broken
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


async def _fault_at_the_end(session: Session, stream: str, last: Head) -> Sentence | None:
    head = (await session.execute(select(stream_heads).where(stream_heads.c.stream == stream))).one_or_none()
    if head is None:
        return say(N_("The stream is missing: it should be there and has neither head nor rows."))
    if last.seq == 0 == head.seq and stream != ADMIN:
        return say(N_("The run exists, but its stream is empty."))
    return chain.fault_at_the_end(last, Head(head.seq, head.hash))


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
