"""Runs: the read model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("template_title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("release_manager", sa.String(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("start_actor", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("engine", sa.Integer(), nullable=False),
        sa.Column("start_digest", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("go_live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("stages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("waits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("blocked_by", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("builds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("hold_reason", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR state IN ('completed', 'aborted')",
            name=op.f("ck_runs_only_finished_runs_have_ended"),
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'running', 'held', 'rolling_back', 'completed', 'aborted')",
            name=op.f("ck_runs_state_is_known"),
        ),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name=op.f("ck_runs_weight_is_a_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_newest", "runs", ["started_at", "id"])
    op.create_index(op.f("ix_runs_service"), "runs", ["service"])
    op.create_index(op.f("ix_runs_state"), "runs", ["state"])
    op.create_index(op.f("ix_runs_template"), "runs", ["template"])
    op.create_table(
        "actions",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_actions_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_actions")),
        sa.UniqueConstraint("run_id", "id", name=op.f("uq_actions_run_id_id")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("subject", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("wait", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR digest IS NOT NULL", name=op.f("ck_approvals_approved_on_a_digest")
        ),
        sa.CheckConstraint(
            "state IN ('locked', 'pending', 'approved', 'rejected', 'returned', 'expired', 'stale')",
            name=op.f("ck_approvals_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_approvals_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("run_id", "ref", name=op.f("uq_approvals_run_id_ref")),
    )
    op.create_index("ix_approvals_of_run", "approvals", ["run_id", "position"])
    op.create_index(op.f("ix_approvals_state"), "approvals", ["state"])
    op.create_table(
        "comments",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_comments_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_comments")),
        sa.UniqueConstraint("run_id", "id", name=op.f("uq_comments_run_id_id")),
    )
    op.create_table(
        "histories",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("gz", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_histories_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_histories")),
    )
    op.create_table(
        "lessons",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_lessons_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_lessons")),
        sa.UniqueConstraint("run_id", "id", name=op.f("uq_lessons_run_id_id")),
    )
    op.create_table(
        "reports",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("format IN ('html', 'md')", name=op.f("ck_reports_format_is_known")),
        sa.CheckConstraint("kind IN ('draft', 'final')", name=op.f("ck_reports_kind_is_known")),
        sa.CheckConstraint("language IN ('en', 'zh')", name=op.f("ck_reports_language_is_known")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reports_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "language", "format", "kind", name=op.f("pk_reports")),
    )
    op.create_table(
        "run_people",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_people_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "function", "name", name=op.f("pk_run_people")),
    )
    op.create_index("ix_run_people_name", "run_people", ["name"])
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("description", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("verify", sa.Boolean(), nullable=False),
        sa.Column("back_out", sa.Boolean(), nullable=False),
        sa.Column("depends_on", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("requires", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("wait", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("item_results", sa.JSON(none_as_null=True), nullable=False),
        sa.CheckConstraint("priority IN ('P0', 'P1', 'P2', 'P3')", name=op.f("ck_tasks_priority_is_known")),
        sa.CheckConstraint(
            "state <> 'done' OR NOT verify OR verified_by IS NOT NULL",
            name=op.f("ck_tasks_verified_before_done"),
        ),
        sa.CheckConstraint("state <> 'done' OR done_by IS NOT NULL", name=op.f("ck_tasks_done_by_somebody")),
        sa.CheckConstraint(
            "state IN ('locked', 'open', 'in_progress', 'blocked', 'to_verify', 'done', 'not_applicable')",
            name=op.f("ck_tasks_state_is_known"),
        ),
        sa.CheckConstraint(
            "verified_by IS NULL OR verified_by <> done_by", name=op.f("ck_tasks_verified_by_another")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_tasks_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("run_id", "ref", name=op.f("uq_tasks_run_id_ref")),
    )
    op.create_index("ix_tasks_assignee", "tasks", ["assignee", "state"])
    op.create_index("ix_tasks_of_run", "tasks", ["run_id", "position"])
    op.create_index("ix_tasks_offered", "tasks", ["run_id", "function", "state"])
    op.create_table(
        "approval_waiting",
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_waiting_approval_id_approvals")
        ),
        sa.PrimaryKeyConstraint("approval_id", "name", name=op.f("pk_approval_waiting")),
    )
    op.create_index("ix_approval_waiting_name", "approval_waiting", ["name"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("approval_waiting")
    op.drop_table("tasks")
    op.drop_table("run_people")
    op.drop_table("reports")
    op.drop_table("lessons")
    op.drop_table("histories")
    op.drop_table("comments")
    op.drop_table("approvals")
    op.drop_table("actions")
    op.drop_table("runs")
