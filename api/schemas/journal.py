"""Events of runs and rows of the audit log, as shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.language import tell
from api.schemas.named import Chained, Many, Number, Person, RunId
from api.schemas.shown import Moment, Shown
from db.views import JournalRow
from golive import events
from golive.words import Language

_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


class EventShown(Shown):
    """What happened in a run, as its journal has it."""

    seq: Number
    at: Moment
    type: Annotated[str, Field(examples=["TaskCompleted"])]
    actor: Person
    object: Annotated[str, Field(examples=["task:uat.test"])]
    summary: str = Field(
        examples=["ann completed “Test the payment by card”."],
        description="What happened, in one sentence in the reader's language.",
    )
    payload: dict[str, Any]
    words: dict[str, str | None] = Field(description="What people wrote, by name; null where it was erased.")
    command_id: str | None
    hash: Chained

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

    stream: RunId
    seq: Number
    at: Moment
    occurred_at: Moment | None
    actor: Person
    actor_kind: Annotated[str, Field(examples=["user"])]
    on_behalf_of: str | None
    method: str | None
    address: str | None
    action: Annotated[str, Field(examples=["TaskCompleted"])]
    object: Annotated[str, Field(examples=["task:uat.test"])]
    summary: Annotated[str, Field(examples=["ann completed “Test the payment by card”."])]
    subject_digest: str | None
    outcome: Literal["done", "refused"]
    reason: str | None
    payload: dict[str, Any]
    prev_hash: Chained
    hash: Chained

    @classmethod
    def of(cls, row: JournalRow, language: Language) -> AuditRow:
        """Return `row` for a reader of `language`."""
        return cls.taken(row, summary=summary(row, language))


class BadRow(Shown):
    """The first row that does not fit the chain."""

    stream: RunId
    seq: Number
    what: Annotated[str, Field(examples=["its hash is not that of what it says"])]


class VerifiedShown(Shown):
    """Whether every row of every stream fits its chain."""

    ok: bool = Field(examples=[True])
    streams: Many
    rows: Annotated[int, Field(examples=[1204])]
    first_bad: BadRow | None = Field(examples=[None])


class KeyShown(Shown):
    """A public key (Ed25519), by which exports of this golive are known."""

    public_key: str = Field(examples=[f"ed25519:{_KEY}"])


def summary(row: JournalRow, language: Language) -> str:
    """Return what `row` says in one sentence; acts of administration go by their name."""
    if row.action in events.SUMMARIES:
        return tell(events.summary(row.action, row.actor, row.payload), language)
    return f"{row.actor}: {row.action} {row.object}"
