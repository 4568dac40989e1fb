"""Groups, owners of services, managers, and who is away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "user_managers",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("manager_id", sa.String(), nullable=False),
        sa.CheckConstraint("manager_id <> user_id", name=op.f("ck_user_managers_manager_is_another")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_managers_user_id_users")),
        sa.ForeignKeyConstraint(["manager_id"], ["users.id"], name=op.f("fk_user_managers_manager_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_managers")),
    )
    op.create_table(
        "groups",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_groups")),
    )
    op.create_table(
        "group_members",
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_name"], ["groups.name"], name=op.f("fk_group_members_group_name_groups")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_group_members_user_id_users")),
        sa.PrimaryKeyConstraint("group_name", "user_id", name=op.f("pk_group_members")),
    )
    op.create_table(
        "service_owners",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_service_owners_user_id_users")),
        sa.PrimaryKeyConstraint("service", "user_id", name=op.f("pk_service_owners")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deputy_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("ck_absences_ends_after_it_began")),
        sa.CheckConstraint("deputy_id <> user_id", name=op.f("ck_absences_deputy_is_another")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users")),
        sa.ForeignKeyConstraint(["deputy_id"], ["users.id"], name=op.f("fk_absences_deputy_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_user_id", "absences", ["user_id", "until"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("absences")
    op.drop_table("service_owners")
    op.drop_table("group_members")
    op.drop_table("groups")
    op.drop_table("user_managers")
