"""The contract between a run's workflow and SQL: batches of events with what they changed, and receipts.

A batch is one SQL transaction. The changes are the whole truth about each object that changed, so that the read
model needs no knowledge of the rules.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime

from golive.commands import Actor, Authenticated
from golive.events import Event
from golive.evidence import Evidence
from golive.model import Fact
from golive.plan import Plan, Release
from golive.template_approvals import Whom
from golive.vocabulary import (
    ApprovalStateName,
    CheckStateName,
    DecisionName,
    Digest,
    Meaning,
    RunStateName,
    StageStateName,
    TaskStateName,
    VerdictName,
)
from golive.words import Sentence, Text, Words


class Wait(Fact):
    """Something awaited: what, from whom, since when, and what happens next by itself and when.

    `what` is `task`, `verify`, `approval`, `waiver`, `amendment`, `promote`, `gate`, `lock`, `bake`, `observe`, `hold`,
    `back_out`, `traffic` or `start`; `object` names which one.
    """

    what: str
    object: str
    who: tuple[str, ...] = ()
    since: AwareDatetime
    next: Sentence | None = None
    next_at: AwareDatetime | None = None


class TaskChange(Fact):
    """The present facts of a task. `evidence` and `items` are set only when they were given with this change."""

    ref: str
    state: TaskStateName
    assignee: str | None = None
    opened_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    overdue: bool = False
    done_by: str | None = None
    done_at: AwareDatetime | None = None
    verified_by: str | None = None
    reason: Digest | None = None
    wait: Wait | None = None
    evidence: tuple[Evidence, ...] | None = None
    items: dict[str, Any] | None = None
    """item id -> {"result", "remark"?: Words, "evidence": [...]} as the completing command gave them."""


class DecisionView(Fact):
    """An immutable decision; `stale` when what it covered has changed since, or when it was `withdrawn`.

    `under` are the rules, by number, under which it may count; None in decisions of older code: all of the person's.
    `authenticated` tells how the person proved again who they are, where they did.
    """

    id: str
    by: str
    functions: tuple[str, ...]
    decision: DecisionName
    meaning: Meaning
    digest: Digest
    at: AwareDatetime
    stale: bool = False
    seq: int
    under: tuple[int, ...] | None = None
    on_behalf_of: str | None = None
    withdrawn: bool = False
    authenticated: Authenticated | None = None


class RuleView(Whom):
    """How far a rule of an approval is met. `decisions` are ids of those that fill its slots.

    It asks as the plan says; `people` are who was found, or whom it names: whom `added_by` added asks nobody else.
    """

    people: tuple[str, ...] = ()
    added_by: str | None = None
    mode: str
    min: int
    met: bool
    decisions: tuple[str, ...] = ()
    expires_at: AwareDatetime | None = None
    """When it expires unless it is met by then."""


class Delegation(Fact):
    """A seat that somebody else fills for a time (转交): `to` for `by`, in `functions`. It never goes on to a third.

    `functions` are sources of rules, as of `Whom.source`. `away`: nobody handed it over; it follows from an absence.
    """

    by: str
    to: str
    functions: tuple[str, ...]
    since: AwareDatetime
    until: AwareDatetime
    stands: Literal["planned", "running", "over"] = "planned"
    away: bool = False


class AddedSigner(Fact):
    """Somebody whom a signer added (加签), asked before the one who added them or after. They add nobody."""

    by: str
    name: str
    place: Literal["before", "after"]


class Panel(Fact):
    """Who stands in for whom, whom signers added, and who is kept informed without a vote (抄送).

    `glass_broken_by` granted the approval against its rules, in an emergency. `found` are those who belong to what its
    rules ask beside functions, by source, as the directory said last.
    """

    delegations: tuple[Delegation, ...] = ()
    added: tuple[AddedSigner, ...] = ()
    informed: tuple[str, ...] = ()
    glass_broken_by: str | None = None
    found: dict[str, tuple[str, ...]] = {}


class ApprovalChange(Fact):
    """The present facts of an approval. `subject` is set whenever `digest` changed: what the digest is of."""

    ref: str
    state: ApprovalStateName
    requested_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    digest: Digest | None = None
    subject: dict[str, Any] | None = None
    rules: tuple[RuleView, ...] = ()
    decisions: tuple[DecisionView, ...] = ()
    waiting_for: tuple[str, ...] = ()
    wait: Wait | None = None
    panel: Panel = Panel()


class CheckView(Fact):
    """A check as last judged, with its inputs."""

    key: str
    title: Text
    state: CheckStateName
    observed: float | None = None
    observed_at: AwareDatetime | None = None
    compare: str
    threshold: float
    source: str
    cause: Sentence | None = None


class GateView(Fact):
    """A gate and its checks; open when every check passes."""

    key: str
    title: Text
    on: Literal["entry", "exit"]
    state: CheckStateName
    checks: tuple[CheckView, ...]


class RolloutView(Fact):
    """Where a rollout stands: `step` counts from 0, `weight` is the share of the new version in per cent.

    `claimed`: the run holds its service. `shifted`: in this run traffic was asked to move, however that went.
    """

    step: int
    steps: int
    what: Sentence
    weight: int
    verdict: VerdictName | None = None
    cause: Sentence | None = None
    state: Literal["waiting", "running", "paused", "done", "failed", "returned"]
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    claimed: bool = True
    shifted: bool = False


class StageView(Fact):
    """A stage of a run, in the plan's order."""

    id: str
    process: str
    title: Text
    state: StageStateName
    opened_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    gates: tuple[GateView, ...] = ()
    rollout: RolloutView | None = None


class Build(Fact):
    """One build of the release; the last one is the present."""

    n: int
    release: Release
    at: AwareDatetime
    by: str


class RunChange(Fact):
    """The present facts of a run. `waits` are those of stages; tasks and approvals carry their own.

    Without `title` the run is called as its plan says.
    """

    state: RunStateName
    title: str | None = None
    stages: tuple[StageView, ...]
    blocked_by: Sentence | None = None
    waits: tuple[Wait, ...] = ()
    builds: tuple[Build, ...]
    hold_reason: Words | None = None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    weight: int = 0


class Start(Fact):
    """The authenticated start of a run: the input of its workflow. Verified by the first `record`.

    `continue_after` continues the run as new after so many events of history instead of when Temporal suggests it.
    It is part of the input because a replay must decide as the first time.
    """

    run_id: str
    plan: Plan
    actor: Actor
    engine: int
    command_id: str
    continue_after: int | None = None
    signature: str = ""


class AmendedPlan(Fact):
    """The plan that a run follows since an amendment, and its number; the first is 1."""

    version: int
    plan: Plan


class LockRequest(Fact):
    """Ask for, look again for, or give back the service and environment of the run."""

    do: Literal["take", "release"]
    service: str
    environment: str
    generation: int


class Batch(Fact):
    """What one call of `record` writes, in one transaction. `start` comes with the first batch only.

    `amended` is the plan that the run follows since the last batch. `after` is the number of the last event that was
    recorded before; None in batches of older code.
    """

    run_id: str
    start: Start | None = None
    events: tuple[Event, ...] = ()
    run: RunChange | None = None
    tasks: tuple[TaskChange, ...] = ()
    approvals: tuple[ApprovalChange, ...] = ()
    lock: LockRequest | None = None
    amended: AmendedPlan | None = None
    after: int | None = None


class Recorded(Fact):
    """What `record` answers: the hash of each event's row, in order; who holds the lock that was asked for.

    `lock_holder` is this run's id when it was granted. `waiting` are runs to wake after a release.
    """

    hashes: tuple[str, ...] = ()
    lock_holder: str | None = None
    lock_since: AwareDatetime | None = None
    waiting: tuple[str, ...] = ()
