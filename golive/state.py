"""The whole state of a run, as one object: what is carried through continue-as-new."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime

from golive.model import State
from golive.plan import Plan, Release
from golive.recording import AddedSigner, Build, DecisionView, Delegation
from golive.vocabulary import (
    ENDED,
    ApprovalStateName,
    CheckStateName,
    Digest,
    EndedName,
    RunStateName,
    StageStateName,
    TaskStateName,
    VerdictName,
    WaiverStateName,
)
from golive.words import Sentence, Words


class Clock(State):
    """The reminders of one wait: how far its ladder has been climbed and when it is next due."""

    since: AwareDatetime
    due_at: AwareDatetime
    rung: int = 0
    next_at: AwareDatetime | None = None


class TaskState(State):
    """A task as it stands. `unmet` counts needs that are not finished; `facts` are what gates judge.

    `reason` is the digest of what somebody said of it last; the text lies in SQL with the event that brought it.
    """

    state: TaskStateName = "locked"
    unmet: int = 0
    assignee: str | None = None
    opened_at: AwareDatetime | None = None
    done_by: str | None = None
    done_at: AwareDatetime | None = None
    verified_by: str | None = None
    reason: Digest | None = None
    evidence: Digest | None = None
    facts: dict[str, float] = {}
    clock: Clock | None = None
    overdue: bool = False
    waived: bool = False
    """Said not to apply, and waiting for a second person to confirm it."""


class ApprovalState(State):
    """An approval as it stands. `parts` are the digests of each part of the subject that `digest` is of.

    `again` asks once more as soon as all it needs is there, `redo` among it, the task that it was sent back to;
    `round` counts how often it was asked. `informed` are told what becomes of it and have no vote (抄送).
    `asked` are those for whom its request is open: who was told that they are awaited and not yet that they are not.
    `glass_broken_by` granted it against its rules, in an emergency.

    `found` are, by source of its rules, those who could sign when the directory was last asked, `looked_at`; `looking`
    is the key of the look that is awaited. `confirmed_at`: all whose decisions count could still sign then.
    """

    state: ApprovalStateName = "locked"
    round: int = 0
    asked: list[str] = []
    again: bool = True
    redo: str | None = None
    digest: Digest | None = None
    parts: dict[str, Digest] = {}
    seen: dict[str, dict[str, Digest]] = {}
    decisions: list[DecisionView] = []
    delegations: list[Delegation] = []
    added: list[AddedSigner] = []
    informed: list[str] = []
    glass_broken_by: str | None = None
    found: dict[str, tuple[str, ...]] = {}
    looking: str | None = None
    looked_at: AwareDatetime | None = None
    confirmed_at: AwareDatetime | None = None
    planned: dict[str, Any] | None = None
    """What of the plan was signed, where an amendment has changed the plan since and not what this is about."""
    requested_at: AwareDatetime | None = None
    reminded_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    rules_expire_at: list[AwareDatetime | None] = []
    """When each rule of the plan expires, where any of them says so itself."""
    clock: Clock | None = None

    def expiry_of(self, rule: int) -> datetime | None:
        """Return when a rule expires, by its number; one that says nothing, with the approval."""
        return self.rules_expire_at[rule] if rule < len(self.rules_expire_at) else self.expires_at

    def stop_clocks(self) -> None:
        """Let nothing be due any more: nobody is asked."""
        self.clock, self.expires_at, self.rules_expire_at = None, None, []


class CheckState(State):
    """A check of a gate as last judged. While it is measured (`running`) it keeps its former verdict in `last`.

    `asked` is the key of the measurement that is awaited: an older one, of a former build perhaps, does not count.
    """

    state: CheckStateName = "not_run"
    last: CheckStateName = "not_run"
    asked: str | None = None
    observed: float | None = None
    observed_at: AwareDatetime | None = None
    cause: Sentence | None = None
    again_at: AwareDatetime | None = None


RolloutPhase = Literal["waiting", "shifting", "pausing", "baking", "checking", "approving", "stopped", "done"]


class RolloutState(State):
    """Where a rollout stands. `stopped` waits for a person after a bad verdict or a failed shift.

    `ready`: the present step is over and the next may start, which a hold delays. `attempt` counts retries.
    """

    step: int = -1
    phase: RolloutPhase = "waiting"
    attempt: int = 0
    ready: bool = False
    full: bool = False
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    verdict: VerdictName | None = None
    cause: Sentence | None = None


class StageState(State):
    """A stage as it stands. `remaining` counts its tasks that are not finished."""

    state: StageStateName = "locked"
    opened_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    remaining: int = 0
    checks: dict[str, CheckState] = {}
    rollout: RolloutState | None = None
    report: Literal["", "asked", "written"] = ""


class HoldState(State):
    """Who stopped the run, why and since when. `words` are a person's, `cause` is golive's own reason."""

    by: str
    at: AwareDatetime
    words: Words | None = None
    cause: Sentence | None = None


class LockState(State):
    """The run's claim on its service and environment. Each abort raises `generation`, the fence of shifts."""

    wanted: bool = False
    held: bool = False
    generation: int = 1
    holder: str | None = None
    look_at: AwareDatetime | None = None


class EndingState(State):
    """How a run ends before its time: an abort, or a rollback, which does the back-out tasks as well.

    `traffic` is what the return of traffic has come to; `confirm_at` when stable is read back once more.
    """

    how: Literal["abort", "rollback"]
    by: str
    at: AwareDatetime
    cause: Sentence
    traffic: Literal["none", "wanted", "returning", "returned", "confirming", "confirmed"] = "none"
    confirm_at: AwareDatetime | None = None


class WaiverState(State):
    """An exception to one check (`STAGE/GATE.CHECK`) for one build and a time: one person asks, another grants it.

    `reason`, `risk` and `mitigation` are digests of what was said; `functions` are those that the requester has here.
    """

    id: str
    check: str
    build: int
    by: str
    functions: tuple[str, ...] = ()
    evidence: Digest | None = None
    reason: Digest
    risk: Digest
    mitigation: Digest
    requested_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    state: WaiverStateName = "requested"
    begun: bool = False
    decided_by: str | None = None


class AmendmentState(State):
    """A change of the plan that is asked for: version `base` is to be followed by `plan`.

    One person of each of `functions` approves it; without any, one of all who sign in the run. `digest` is of the
    version that it changes, of the plan and of the reason.
    """

    id: str
    base: int
    plan: Plan
    by: str
    digest: Digest
    functions: tuple[str, ...] = ()
    requested_at: AwareDatetime
    expires_at: AwareDatetime
    decisions: list[DecisionView] = []


class ActionState(State):
    """An agreed improvement; with `reviews`, that somebody else must look at what this person did in an emergency.

    `since` then is when they did it.
    """

    id: str
    owner: str
    open: bool = True
    reviews: str | None = None
    since: AwareDatetime | None = None


class RunState(State):
    """A run. `seq` is the number of its last event; `ledger` holds the ids of the commands it has acknowledged.

    The plan is not in it: it travels beside it, in the start; an `amendment` that waits for its decisions is. Dicts
    are looked up by reference and never ordered by: the JSON converter sorts their keys.
    """

    run_id: str
    started_by: str
    engine: int
    seq: int = 0
    state: RunStateName = "scheduled"
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    builds: list[Build] = []
    stages: dict[str, StageState] = {}
    tasks: dict[str, TaskState] = {}
    approvals: dict[str, ApprovalState] = {}
    hold: HoldState | None = None
    lock: LockState = LockState()
    weight: int = 0
    shifted: str | None = None
    """The version that traffic was last asked for; None while no shift was: then there is nothing to return."""
    ending: EndingState | None = None
    closing: Literal["", EndedName] = ""
    actions: list[ActionState] = []
    waivers: list[WaiverState] = []
    plan_version: int = 1
    amendment: AmendmentState | None = None
    ledger: list[str] = []
    told: int = 0
    """How many messages were sent: each has its number."""

    @property
    def release(self) -> Release:
        """The present build."""
        return self.builds[-1].release

    @property
    def ended(self) -> bool:
        """Tell whether the run takes no more acts."""
        return self.state in ENDED
