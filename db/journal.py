"""The journal: one chained stream per run, numbered by its workflow, and one of golive's own.

Each row is sealed: `hash` is SHA-256 over a zero byte and the canonical JSON (RFC 8785) of the row with the
hash of the row before it; those canonical bytes are stored beside it. People's words enter by salted digest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import insert, select, update

from db.errors import JournalBehind, JournalConflict, Unrecordable
from db.session import Database, Session, database_time, insert_into
from db.tables import journal, stream_heads
from db.words import keep, save
from golive.canonical import canonical
from golive.chain import ADMIN, GENESIS, Head, hash_of
from golive.commands import Actor
from golive.events import Event
from golive.words import Words

SEALED = (
    "stream",
    "seq",
    "at",
    "occurred_at",
    "actor",
    "actor_kind",
    "on_behalf_of",
    "method",
    "address",
    "action",
    "object",
    "subject_digest",
    "outcome",
    "reason",
    "payload",
    "words",
    "command_id",
    "prev_hash",
)
"""The columns under the hash. `at` is the database's time, `occurred_at` the workflow's."""


@dataclass(frozen=True, slots=True)
class Appended:
    """The hash of each event's row, in order; `fresh` is False when every one of them stood there already."""

    hashes: tuple[str, ...]
    fresh: bool


def moment_text(at: datetime) -> str:
    """Write a time as the sealed rows do: RFC 3339 in UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sealed(row: dict[str, Any]) -> tuple[bytes, str]:
    """Return the canonical bytes of a row and their hash, in hex. Raises Unrecordable: it is not JSON."""
    members = {name: row[name] for name in SEALED}
    for name in ("at", "occurred_at"):
        members[name] = moment_text(row[name]) if row[name] else None
    try:
        written = canonical(members)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as wrong:
        raise Unrecordable(f"row {row['seq']} of {row['stream']} is not JSON: {wrong}") from wrong
    return written, hash_of(written)


async def append(
    session: Session, stream: str, events: Sequence[Event], at: datetime | None = None
) -> Appended:
    """Append the events of a run to its stream, or find them there; `at` instead of the database's time.

    Raises JournalBehind when numbers before them are missing, JournalConflict when a number exists with other content,
    and Unrecordable when a payload is not JSON.
    """
    if not events:
        return Appended((), fresh=True)
    head = await locked_head(session, stream)
    _refuse_gaps(stream, head, events)
    known = await _stored(session, stream, events, head)
    hashes = [_same(event, stream, known[event.seq]) for event in events if event.seq <= head.seq]
    new = [event for event in events if event.seq > head.seq]
    if new:
        hashes += await _write(session, stream, head, new, at)
    return Appended(tuple(hashes), fresh=bool(new))


async def ends_with(session: Session, stream: str, events: Sequence[Event]) -> bool:
    """Tell whether these events are the last of the stream, with the same content; it cannot move meanwhile."""
    head = await locked_head(session, stream)
    if events[-1].seq != head.seq:
        return False
    known = await _stored(session, stream, events, head)
    try:
        for event in events:
            _same(event, stream, known[event.seq])
    except JournalConflict:
        return False
    return True


@asynccontextmanager
async def administering(database: Database) -> AsyncIterator[Session]:
    """Write administration: users, tokens, templates. One at a time over all processes, so what was read stays true.

    Each such transaction adds to golive's own stream; its head, locked from the start, is the lock.
    """
    async with database.transaction() as session:
        await locked_head(session, ADMIN)
        yield session


async def append_admin(  # noqa: PLR0913 - each is a column of the journal
    session: Session,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002 - the journal's own word
    *,
    outcome: str = "done",
    reason: Words | None = None,
    payload: dict[str, Any] | None = None,
) -> tuple[int, str]:
    """Append a row to golive's own stream, in the transaction of what it tells; return number and hash."""
    head = await locked_head(session, ADMIN)
    at = await database_time(session)
    found: dict[str, Words] = {}
    row = _by(actor) | {
        "stream": ADMIN,
        "seq": head.seq + 1,
        "at": at,
        "occurred_at": None,
        "action": action,
        "object": object,
        "subject_digest": None,
        "outcome": outcome,
        "reason": keep(reason, found) if reason else None,
        "payload": payload or {},
        "words": {},
        "command_id": None,
        "on_behalf_of": None,
    }
    await save(session, found)
    last = await _chain(session, head, [row])
    return last.seq, last.hash


async def locked_head(session: Session, stream: str) -> Head:
    """Return the head of the stream, which no other transaction can move until this one ends."""
    start = {"stream": stream, "seq": 0, "hash": GENESIS}
    found = select(stream_heads.c.seq, stream_heads.c.hash).where(stream_heads.c.stream == stream)
    row = (await session.execute(found.with_for_update())).one_or_none()
    if row is None:
        await session.execute(insert_into(session, stream_heads).on_conflict_do_nothing(), start)
        row = (await session.execute(found.with_for_update())).one()
    return Head(row.seq, row.hash)


def _refuse_gaps(stream: str, head: Head, events: Sequence[Event]) -> None:
    first = events[0].seq
    if first > head.seq + 1:
        raise JournalBehind(
            f"stream {stream} ends at {head.seq}; a batch that begins at {first} leaves a gap. The database was "
            "restored from an older backup: `golive db recover` writes what is missing"
        )
    if [event.seq for event in events] != list(range(first, first + len(events))) or first < 1:
        raise JournalConflict(f"the numbers of a batch for stream {stream} do not follow each other")


async def _stored(session: Session, stream: str, events: Sequence[Event], head: Head) -> dict[int, Any]:
    if events[0].seq > head.seq:
        return {}
    between = journal.c.seq.between(events[0].seq, events[-1].seq)
    found = select(journal.c.seq, journal.c.at, journal.c.prev_hash, journal.c.hash)
    return {row.seq: row for row in await session.execute(found.where(journal.c.stream == stream, between))}


def _same(event: Event, stream: str, stored: Any) -> str:
    """Return the stored hash, after sealing the event anew with the stored time and link."""
    row = _row(event, stream, stored.at, {}) | {"prev_hash": stored.prev_hash}
    if sealed(row)[1] != stored.hash:
        raise JournalConflict(
            f"number {event.seq} of stream {stream} exists with other content than {event.type}: "
            "the run was reset, or somebody else writes under its name"
        )
    return str(stored.hash)


async def _write(
    session: Session, stream: str, head: Head, events: Sequence[Event], at: datetime | None
) -> list[str]:
    at = at or await database_time(session)
    found: dict[str, Words] = {}
    rows = [_row(event, stream, at, found) for event in events]
    await save(session, found)
    await _chain(session, head, rows)
    return [row["hash"] for row in rows]


def hash_at(event: Event, stream: str, prev_hash: str, at: datetime) -> str:
    """Return the hash of the event's row if it follows `prev_hash` and was written `at` then."""
    return sealed(_row(event, stream, at, {}) | {"prev_hash": prev_hash})[1]


async def head(session: Session, stream: str) -> Head:
    """Return the last row of a stream, as it is now."""
    found = select(stream_heads.c.seq, stream_heads.c.hash).where(stream_heads.c.stream == stream)
    row = (await session.execute(found)).one_or_none()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


async def _chain(session: Session, head: Head, rows: list[dict[str, Any]]) -> Head:
    """Seal the rows one after the other, insert them and move the head."""
    for row in rows:
        row["prev_hash"] = head.hash
        row["canonical"], row["hash"] = sealed(row)
        head = Head(row["seq"], row["hash"])
    await session.execute(insert(journal), rows)
    moved = update(stream_heads).where(stream_heads.c.stream == rows[0]["stream"])
    await session.execute(moved.values(seq=head.seq, hash=head.hash))
    return head


def _row(event: Event, stream: str, at: datetime, found: dict[str, Words]) -> dict[str, Any]:
    told = {name: keep(text, found) for name, text in event.words.items()}
    return _by(event.actor) | {
        "stream": stream,
        "seq": event.seq,
        "at": at,
        "occurred_at": event.at,
        "on_behalf_of": event.payload.get("on_behalf_of"),
        "action": event.type,
        "object": event.object,
        "subject_digest": event.digest,
        "outcome": "done",
        "reason": told.pop("reason", None),
        "payload": event.payload,
        "words": told,
        "command_id": event.command_id,
    }


def _by(actor: Actor) -> dict[str, Any]:
    return {
        "actor": actor.name,
        "actor_kind": actor.kind,
        "method": actor.method,
        "address": actor.address,
    }
