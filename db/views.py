"""What the queries answer: the present facts of a run, a task, an approval, and the rows of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from db.amendments import AmendmentLine
from golive.plan import AppliedRow, Plan, Release
from golive.possible import no_return
from golive.recording import Build, DecisionView, Panel, RuleView, StageView, Wait
from golive.template import Requirement, Task
from golive.words import Sentence, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """A run in a list. `weight` is the share of the new version in per cent; `plan_version` counts amendments from 1.

    `frozen` says why nothing of it is recorded (see `db.freezing`), None while everything is; `unknown`: because
    Temporal does not know its workflow.
    """

    id: str
    title: str
    state: str
    service: str
    environment: str
    version: str
    template: str
    template_version: int
    template_title: Text
    workflow: str
    release_manager: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    start_at: datetime | None
    go_live_at: datetime | None
    engine: int
    weight: int
    plan_version: int
    blocked_by: Sentence | None
    frozen: Sentence | None
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """A checklist item and what came of it; `open` until its task was completed."""

    id: str
    text: Text
    required: bool
    requires: tuple[Requirement, ...]
    state: Literal["open", "pass", "fail", "not_applicable"]
    remark: str | None
    evidence: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task. `people` are those whom the plan names for its function; only whole views fill it.

    `depends_on` are public ids. `reason` and remarks are None where they were never given or were erased.
    """

    id: str
    run_id: str
    ref: str
    stage: str
    key: str
    title: Text
    description: Text | None
    state: str
    priority: str
    function: str
    assignee: str | None
    people: tuple[str, ...]
    opened_at: datetime | None
    due_at: datetime | None
    overdue: bool
    depends_on: tuple[str, ...]
    verify: bool
    back_out: bool
    requires: tuple[Requirement, ...]
    items: tuple[ItemView, ...]
    evidence: tuple[dict[str, Any], ...]
    done_by: str | None
    done_at: datetime | None
    verified_by: str | None
    reason: str | None
    wait: Wait | None
    gone_in: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """An approval. `digest` is of `subject`, which lists leave out."""

    id: str
    run_id: str
    ref: str
    stage: str
    key: str
    title: Text
    state: str
    meaning: str
    reauthenticate: bool
    rules: tuple[RuleView, ...]
    applied: AppliedRow | None
    decisions: tuple[DecisionView, ...]
    waiting_for: tuple[str, ...]
    panel: Panel
    digest: str | None
    subject: dict[str, Any] | None
    requested_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    wait: Wait | None
    gone_in: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWhole(RunHeader):
    """A run with all that belongs to it, in the plan's order. `seq` is the last number of its journal.

    `release` is the present build; `waits` are those of the run, its tasks and its approvals, longest first.
    `gone_tasks` and `gone_approvals` are no longer in the plan: each says since which version of it.
    `beside` are other open runs of the same service and environment: one of them moves its traffic at a time.
    """

    plan: Plan
    release: Release
    builds: tuple[Build, ...]
    stages: tuple[StageView, ...]
    tasks: tuple[TaskView, ...]
    approvals: tuple[ApprovalView, ...]
    gone_tasks: tuple[TaskView, ...]
    gone_approvals: tuple[ApprovalView, ...]
    amendments: tuple[AmendmentLine, ...]
    waits: tuple[Wait, ...]
    beside: tuple[str, ...]
    hold_reason: str | None
    seq: int

    @property
    def no_return(self) -> Task | None:
        """The point of no return that it has passed, if any."""
        return no_return(self.plan.stages, {task.ref: task.state for task in self.tasks}.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """A row of the journal and the texts that still exist. `at` is SQL's time, `occurred_at` the run's."""

    stream: str
    seq: int
    at: datetime
    occurred_at: datetime | None
    actor: str
    actor_kind: str
    on_behalf_of: str | None
    method: str
    address: str
    action: str
    object: str
    subject_digest: str | None
    outcome: str
    reason: str | None
    payload: dict[str, Any]
    words: dict[str, str | None]
    command_id: str | None
    prev_hash: str
    hash: str
