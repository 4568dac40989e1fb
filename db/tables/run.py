"""The read model of runs: each row holds the present facts of one thing, as `record` was told them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from db.schema import facts, metadata, moment, one_of, rule, run_key, word
from golive.vocabulary import ApprovalStateName, Priority, RunStateName, TaskStateName, WaiverStateName
from golive.words import Language

runs = Table(
    "runs",
    metadata,
    word("id", primary_key=True),
    word("title"),
    word("state", index=True),
    word("service", index=True),
    word("environment"),
    word("version"),
    word("template", index=True),
    Column("template_version", Integer, nullable=False),
    facts("template_title"),
    word("workflow"),
    word("release_manager"),
    word("started_by"),
    facts("start_actor"),
    Column("engine", Integer, nullable=False),
    word("start_digest"),
    facts("plan"),
    moment("start_at", null=True),
    moment("go_live_at", null=True),
    Column("weight", Integer, nullable=False),
    facts("stages"),
    facts("waits"),
    facts("blocked_by", null=True),
    facts("builds"),
    word("hold_reason", null=True),
    moment("started_at"),
    moment("ended_at", null=True),
    moment("frozen_at", null=True),
    moment("unknown_at", null=True),
    word("unknown_in", null=True),
    word("namespace", null=True),
    moment("given_up_at", null=True),
    Column("plan_version", Integer, nullable=False, server_default="1"),
    one_of("state", RunStateName),
    rule("weight_is_a_share", "weight BETWEEN 0 AND 100"),
    rule("only_finished_runs_have_ended", "ended_at IS NULL OR state IN ('completed', 'aborted')"),
    Index("ix_runs_newest", "started_at", "id"),
)

run_people = Table(
    "run_people",
    metadata,
    run_key(primary_key=True),
    word("function", primary_key=True),
    word("name", primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_run_people_name", "name"),
)

tasks = Table(
    "tasks",
    metadata,
    word("id", primary_key=True),
    run_key(),
    word("ref"),
    Column("position", Integer, nullable=False),
    word("stage"),
    word("key"),
    facts("title"),
    facts("description", null=True),
    word("function"),
    word("priority"),
    Column("verify", Boolean, nullable=False),
    Column("back_out", Boolean, nullable=False),
    facts("depends_on"),
    facts("requires"),
    facts("items"),
    word("state"),
    word("assignee", null=True),
    moment("opened_at", null=True),
    moment("due_at", null=True),
    Column("overdue", Boolean, nullable=False),
    word("done_by", null=True),
    moment("done_at", null=True),
    word("verified_by", null=True),
    word("reason", null=True),
    facts("wait", null=True),
    facts("evidence"),
    facts("item_results"),
    Column("gone_in", Integer),
    UniqueConstraint("run_id", "ref"),
    Index("ix_tasks_of_run", "run_id", "position"),
    Index("ix_tasks_assignee", "assignee", "state"),
    Index("ix_tasks_offered", "run_id", "function", "state"),
    one_of("state", TaskStateName),
    one_of("priority", Priority),
    rule("done_by_somebody", "state <> 'done' OR done_by IS NOT NULL"),
    rule("verified_by_another", "verified_by IS NULL OR verified_by <> done_by"),
    rule("verified_before_done", "state <> 'done' OR NOT verify OR verified_by IS NOT NULL"),
)

approvals = Table(
    "approvals",
    metadata,
    word("id", primary_key=True),
    run_key(),
    word("ref"),
    Column("position", Integer, nullable=False),
    word("stage"),
    word("key"),
    facts("title"),
    word("meaning"),
    Column("reauthenticate", Boolean, nullable=False, server_default=false()),
    word("state", index=True),
    moment("requested_at", null=True),
    moment("due_at", null=True),
    moment("expires_at", null=True),
    word("digest", null=True),
    facts("subject", null=True),
    facts("rules"),
    facts("decisions"),
    facts("wait", null=True),
    facts("panel", null=True),
    facts("applied", null=True),
    Column("gone_in", Integer),
    UniqueConstraint("run_id", "ref"),
    Index("ix_approvals_of_run", "run_id", "position"),
    one_of("state", ApprovalStateName),
    rule("approved_on_a_digest", "state <> 'approved' OR digest IS NOT NULL"),
)

approval_waiting = Table(
    "approval_waiting",
    metadata,
    Column("approval_id", ForeignKey("approvals.id"), primary_key=True),
    word("name", primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_approval_waiting_name", "name"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("approval_id", ForeignKey("approvals.id"), primary_key=True),
    word("digest", primary_key=True),
    facts("subject"),
)
"""Every subject that an approval was asked for on: what decisions were made on stays to be read when it has changed."""

reports = Table(
    "reports",
    metadata,
    run_key(primary_key=True),
    word("language", primary_key=True),
    word("format", primary_key=True),
    word("kind", primary_key=True),
    Column("content", Text, nullable=False),
    word("digest"),
    moment("at"),
    one_of("language", Language),
    one_of("format", Literal["html", "md"]),
    one_of("kind", Literal["draft", "final"]),
)

histories = Table(
    "histories",
    metadata,
    run_key(primary_key=True),
    Column("gz", LargeBinary, nullable=False),
    moment("at"),
)


def _said(name: str, *more: Column[object]) -> Table:
    """Return a table of what people said in a run: journal number, who, when, digest of the words."""
    return Table(
        name,
        metadata,
        run_key(primary_key=True),
        Column("seq", Integer, primary_key=True, autoincrement=False),
        word("id"),
        word("text"),
        word("by"),
        moment("at"),
        *more,
        UniqueConstraint("run_id", "id"),
    )


lessons = _said("lessons")
actions = _said(
    "actions",
    word("owner"),
    moment("due_at"),
    word("reviews", null=True),
    word("closed_by", null=True),
    moment("closed_at", null=True),
)
comments = _said("comments", word("about"))

waivers = Table(
    "waivers",
    metadata,
    word("id", primary_key=True),
    run_key(index=True),
    Column("seq", Integer, nullable=False),
    word("about"),
    facts("title"),
    Column("build", Integer, nullable=False),
    word("by"),
    word("reason"),
    word("risk"),
    word("mitigation"),
    moment("requested_at"),
    moment("starts_at"),
    moment("ends_at"),
    word("state", index=True),
    word("decided_by", null=True),
    moment("decided_at", null=True),
    word("comment", null=True),
    one_of("state", WaiverStateName),
    rule("granted_by_another", "decided_by IS NULL OR decided_by <> by"),
)
"""Exceptions to the check `about`, `STAGE/GATE.CHECK`. What was said of it is kept as digests of words."""

waiver_waiting = Table(
    "waiver_waiting",
    metadata,
    Column("waiver_id", ForeignKey("waivers.id"), primary_key=True),
    word("name", primary_key=True),
    Index("ix_waiver_waiting_name", "name"),
)
