"""Requests that are closed in every channel, and who proves again who they are before they sign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "requests",
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("asked_at_seq", sa.Integer(), nullable=True),
        sa.Column("closed_at_seq", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("request", "name", name=op.f("pk_requests")),
    )
    op.add_column(
        "approvals", sa.Column("reauthenticate", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("sessions", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("proven_for", sa.String(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("sessions", "proven_for")
    op.drop_column("sessions", "proven_at")
    op.drop_column("approvals", "reauthenticate")
    op.drop_table("requests")
