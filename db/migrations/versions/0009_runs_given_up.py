"""Where a run's workflow lives, which namespace does not know it, and that golive has given a run up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version; the journal tells which runs were given up before."""
    op.add_column("runs", sa.Column("namespace", sa.String(), nullable=True))
    op.add_column("runs", sa.Column("unknown_in", sa.String(), nullable=True))
    op.add_column("runs", sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE runs SET given_up_at = ended_at WHERE state = 'aborted' AND 'run:' || id IN "
        "(SELECT object FROM journal WHERE stream = 'golive' AND action = 'RunLost')"
    )


def downgrade() -> None:
    """Take it back."""
    for column in ("given_up_at", "unknown_in", "namespace"):
        op.drop_column("runs", column)
