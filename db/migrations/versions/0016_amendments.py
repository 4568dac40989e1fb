"""Amendments of plans, the plans that were followed before, and what is in a plan no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("runs", sa.Column("plan_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("tasks", sa.Column("gone_in", sa.Integer(), nullable=True))
    op.add_column("approvals", sa.Column("gone_in", sa.Integer(), nullable=True))
    op.create_table(
        "former_plans",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_former_plans_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "version", name=op.f("pk_former_plans")),
    )
    op.create_table(
        "amendments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("patch", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("impact", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("functions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('minor', 'major')", name=op.f("ck_amendments_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('requested', 'in_force', 'rejected', 'withdrawn', 'expired', 'undecided')",
            name=op.f("ck_amendments_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_amendments_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendments")),
    )
    op.create_index(op.f("ix_amendments_run_id"), "amendments", ["run_id"])
    op.create_index(op.f("ix_amendments_state"), "amendments", ["state"])
    op.create_table(
        "amendment_waiting",
        sa.Column("amendment_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["amendments.id"], name=op.f("fk_amendment_waiting_amendment_id_amendments")
        ),
        sa.PrimaryKeyConstraint("amendment_id", "name", name=op.f("pk_amendment_waiting")),
    )
    op.create_index("ix_amendment_waiting_name", "amendment_waiting", ["name"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("amendment_waiting")
    op.drop_table("amendments")
    op.drop_table("former_plans")
    op.drop_column("approvals", "gone_in")
    op.drop_column("tasks", "gone_in")
    op.drop_column("runs", "plan_version")
