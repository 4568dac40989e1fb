"""Every subject that an approval was asked for on; of those before this version, what is still known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "subjects",
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("subject", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_subjects_approval_id_approvals")
        ),
        sa.PrimaryKeyConstraint("approval_id", "digest", name=op.f("pk_subjects")),
    )
    op.execute(
        "INSERT INTO subjects (approval_id, digest, subject) SELECT id, digest, subject FROM approvals "
        "WHERE digest IS NOT NULL AND subject IS NOT NULL"
    )
    # Several people may have seen the same; JSON has no equality on PostgreSQL, so one look of them is chosen by name.
    op.execute(
        "INSERT INTO subjects (approval_id, digest, subject) SELECT l.approval_id, l.digest, l.subject FROM looks l "
        "WHERE l.user_id = (SELECT min(o.user_id) FROM looks o WHERE o.approval_id = l.approval_id "
        "AND o.digest = l.digest) AND NOT EXISTS (SELECT 1 FROM subjects s "
        "WHERE s.approval_id = l.approval_id AND s.digest = l.digest)"
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("subjects")
