"""Events of runs and rows of the audit log, as shown."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.language import tell
from api.schemas.shown import Moment, Shown
from db.views import JournalRow
from golive import events
from golive.words import Language


class EventShown(Shown):
    """What happened in a run, as its journal has it."""

    seq: int
    at: Moment
    type: str
    actor: str
    object: str
    summary: str = Field(description="What happened, in one sentence in the reader's language.")
    payload: dict[str, Any]
    words: dict[str, str | None] = Field(description="What people wrote, by name; null where it was erased.")
    command_id: str | None
    hash: str

    @classmethod
    def of(cls, row: JournalRow, language: Language) -> EventShown:
        """Return `row` for a reader of `language`."""
        return cls(
            seq=row.seq,
            at=row.occurred_at or row.at,
            type=row.action,
            actor=row.actor,
            object=row.object,
            summary=summary(row, language),
            payload=row.payload,
            words=row.words,
            command_id=row.command_id,
            hash=row.hash,
        )


class AuditRow(Shown):
    """A row of the journal as it is chained. `stream` is the id of a run, or `golive` for administration."""

    stream: str
    seq: int
    at: Moment
    occurred_at: Moment | None
    actor: str
    actor_kind: str
    on_behalf_of: str | None
    method: str | None
    address: str | None
    action: str
    object: str
    summary: str
    subject_digest: str | None
    outcome: Literal["done", "refused"]
    reason: str | None
    payload: dict[str, Any]
    prev_hash: str
    hash: str

    @classmethod
    def of(cls, row: JournalRow, language: Language) -> AuditRow:
        """Return `row` for a reader of `language`."""
        return cls.taken(row, summary=summary(row, language))


class BadRow(Shown):
    """The first row that does not fit the chain."""

    stream: str
    seq: int
    what: str


class VerifiedShown(Shown):
    """Whether every row of every stream fits its chain."""

    ok: bool
    streams: int
    rows: int
    first_bad: BadRow | None


def summary(row: JournalRow, language: Language) -> str:
    """Return what `row` says in one sentence; acts of administration go by their name."""
    if row.action in events.SUMMARIES:
        return tell(events.summary(row.action, row.actor, row.payload), language)
    return f"{row.actor}: {row.action} {row.object}"
