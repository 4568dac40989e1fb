"""Who may move traffic, and what was measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "measurements",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('successful', 'failed', 'inconclusive', 'error')",
            name=op.f("ck_measurements_outcome_is_known"),
        ),
        sa.PrimaryKeyConstraint("key", "metric", "n", name=op.f("pk_measurements")),
    )
    op.create_table(
        "notifications",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("recipients", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sentence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_run_id"), "notifications", ["run_id"])
    op.create_table(
        "lock_waiters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_lock_waiters_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_waiters")),
        sa.UniqueConstraint(
            "service", "environment", "run_id", name=op.f("uq_lock_waiters_service_environment_run_id")
        ),
    )
    op.create_table(
        "service_locks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("woken", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_service_locks_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_locks")),
    )
    op.create_index(op.f("ix_service_locks_run_id"), "service_locks", ["run_id"])
    op.create_index(
        "uq_service_locks_held",
        "service_locks",
        ["service", "environment"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("service_locks")
    op.drop_table("lock_waiters")
    op.drop_table("notifications")
    op.drop_table("measurements")
