"""What happened, chained; and the texts of people, apart from it, so that they can be erased."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from db.schema import facts, metadata, moment, rule, word

journal = Table(
    "journal",
    metadata,
    word("stream", primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    moment("at"),
    moment("occurred_at", null=True),
    word("actor"),
    word("actor_kind"),
    word("on_behalf_of", null=True),
    word("method"),
    word("address"),
    word("action"),
    word("object"),
    word("subject_digest", null=True),
    word("outcome"),
    word("reason", null=True),
    facts("payload"),
    facts("words"),
    word("command_id", null=True),
    word("prev_hash"),
    word("hash"),
    Column("canonical", LargeBinary, nullable=False),
    UniqueConstraint("stream", "command_id"),
    Index("ix_journal_newest", "at", "stream", "seq"),
    Index("ix_journal_actor", "actor", "at"),
    rule("numbered_from_one", "seq >= 1"),
    rule("outcome_is_known", "outcome IN ('done', 'refused')"),
    rule("hash_is_sha256", "length(hash) = 64 AND length(prev_hash) = 64"),
)

words = Table(
    "words",
    metadata,
    word("digest", primary_key=True),
    Column("text", Text, nullable=True),
    word("salt", null=True),
    moment("erased_at", null=True),
    rule("erased_whole", "(text IS NULL) = (salt IS NULL) AND (text IS NULL) = (erased_at IS NOT NULL)"),
)

stream_heads = Table(
    "stream_heads",
    metadata,
    word("stream", primary_key=True),
    Column("seq", Integer, nullable=False),
    word("hash"),
    rule("counts_from_nothing", "seq >= 0"),
)

refusals = Table(
    "refusals",
    metadata,
    word("actor", primary_key=True),
    moment("since"),
    Column("written", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    rule("counts_from_nothing", "written >= 0 AND counted >= 0"),
)
