"""Waivers of checks with whom they wait for, and whose emergency an action reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("actions", sa.Column("reviews", sa.String(), nullable=True))
    op.create_table(
        "waivers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("mitigation", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'granted', 'rejected', 'expired', 'ended')",
            name=op.f("ck_waivers_state_is_known"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> by", name=op.f("ck_waivers_granted_by_another")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_waivers_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    op.create_index(op.f("ix_waivers_run_id"), "waivers", ["run_id"])
    op.create_index(op.f("ix_waivers_state"), "waivers", ["state"])
    op.create_table(
        "waiver_waiting",
        sa.Column("waiver_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["waiver_id"], ["waivers.id"], name=op.f("fk_waiver_waiting_waiver_id_waivers")
        ),
        sa.PrimaryKeyConstraint("waiver_id", "name", name=op.f("pk_waiver_waiting")),
    )
    op.create_index("ix_waiver_waiting_name", "waiver_waiting", ["name"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("waiver_waiting")
    op.drop_table("waivers")
    op.drop_column("actions", "reviews")
