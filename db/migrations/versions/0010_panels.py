"""Who signs for whom, whom signers added, and who is kept informed of an approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version; of older approvals nobody's seat was handed over."""
    op.add_column("approvals", sa.Column("panel", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("approvals", "panel")
