"""The journal, chained and append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ACTS = ("UPDATE", "DELETE")


def _refuse_changes() -> None:
    """Let rows of the journal be added, never changed: on both databases a trigger aborts the statement."""
    if op.get_bind().dialect.name == "sqlite":
        for act in _ACTS:
            op.execute(
                f"CREATE TRIGGER journal_refuses_{act.lower()} BEFORE {act} ON journal "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION journal_refuses_changes() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = '23000'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuses_changes()"
    )


def _allow_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in _ACTS:
            op.execute(f"DROP TRIGGER journal_refuses_{act.lower()}")
        return
    op.execute("DROP TRIGGER journal_refuses_changes ON journal")
    op.execute("DROP FUNCTION journal_refuses_changes")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "journal",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("subject_digest", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("command_id", sa.String(), nullable=True),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name=op.f("ck_journal_outcome_is_known")),
        sa.CheckConstraint(
            "length(hash) = 64 AND length(prev_hash) = 64", name=op.f("ck_journal_hash_is_sha256")
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_journal_numbered_from_one")),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_journal")),
        sa.UniqueConstraint("stream", "command_id", name=op.f("uq_journal_stream_command_id")),
    )
    op.create_index("ix_journal_actor", "journal", ["actor", "at"])
    op.create_index("ix_journal_newest", "journal", ["at", "stream", "seq"])
    op.create_table(
        "refusals",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.CheckConstraint("written >= 0 AND counted >= 0", name=op.f("ck_refusals_counts_from_nothing")),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_refusals")),
    )
    op.create_table(
        "stream_heads",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_stream_heads_counts_from_nothing")),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_heads")),
    )
    op.create_table(
        "words",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(text IS NULL) = (salt IS NULL) AND (text IS NULL) = (erased_at IS NOT NULL)",
            name=op.f("ck_words_erased_whole"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_words")),
    )
    _refuse_changes()


def downgrade() -> None:
    """Take it back."""
    _allow_changes()
    op.drop_table("words")
    op.drop_table("stream_heads")
    op.drop_table("refusals")
    op.drop_table("journal")
