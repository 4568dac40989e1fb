"""What people ask of a run. Each is one Temporal Update with one argument, signed by the API."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from golive.canonical import canonical
from golive.evidence import Evidence
from golive.model import Fact
from golive.plan import Plan, Release
from golive.vocabulary import DecisionName, Digest, Function, Key, Meaning, Role, UserName
from golive.words import Words


class Authenticated(Fact):
    """That somebody proved again who they are, for one act of theirs: in which way, and when."""

    method: Literal["password", "oidc"]
    at: AwareDatetime


class Actor(Fact):
    """Who acts, as the API read them when they acted; `authenticated` where they proved again that it is them.

    Their groups are read where an act depends on them.
    """

    name: UserName
    kind: Literal["person", "system"] = "person"
    roles: tuple[Role, ...] = ()
    functions: tuple[Function, ...] = ()
    groups: tuple[Key, ...] = ()
    enabled: bool = True
    method: str = "token"
    address: str = ""
    authenticated: Authenticated | None = None


GOLIVE = Actor(name="golive", kind="system", method="none")
"""golive itself, when a clock or a measurement acts."""


class StartTask(Fact):
    """Take an open task; it becomes the actor's."""

    do: Literal["start_task"] = "start_task"
    task: str


class ItemResult(Fact):
    """What came of one checklist item."""

    result: Literal["pass", "fail", "not_applicable"]
    remark: Words | None = None
    evidence: tuple[Evidence, ...] = ()


class CompleteTask(Fact):
    """Finish a task, with its evidence and the result of each item."""

    do: Literal["complete_task"] = "complete_task"
    task: str
    remark: Words | None = None
    evidence: tuple[Evidence, ...] = ()
    items: dict[str, ItemResult] = {}


class VerifyTask(Fact):
    """Confirm what another person did, or send it back."""

    do: Literal["verify_task"] = "verify_task"
    task: str
    result: Literal["pass", "fail"]
    remark: Words | None = None


class BlockTask(Fact):
    """Say that a task cannot go on, and why."""

    do: Literal["block_task"] = "block_task"
    task: str
    reason: Words


class ReopenTask(Fact):
    """Open a finished or blocked task again."""

    do: Literal["reopen_task"] = "reopen_task"
    task: str
    reason: Words


class ReassignTask(Fact):
    """Give a task to `to`, whose functions the API read; None offers it to the function again."""

    do: Literal["reassign_task"] = "reassign_task"
    task: str
    to: Actor | None
    reason: Words | None = None


class SetNotApplicable(Fact):
    """Say that a task does not apply to this release; its own fact, never `done`."""

    do: Literal["not_applicable"] = "not_applicable"
    task: str
    reason: Words


class Comment(Fact):
    """Say something about the run (`about` empty) or one of its tasks or approvals."""

    do: Literal["comment"] = "comment"
    about: str = ""
    text: Words


class Decide(Fact):
    """Decide on exactly the subject with `digest`. `task` is the one that `returned` sends back."""

    do: Literal["decide"] = "decide"
    approval: str
    decision: DecisionName
    meaning: Meaning = "approved"
    comment: Words | None = None
    digest: Digest
    task: str | None = None


class Withdraw(Fact):
    """Take back one's own decision while the gate is still closed (撤回)."""

    do: Literal["withdraw"] = "withdraw"
    approval: str
    reason: Words


class Delegate(Fact):
    """Hand over one's own seat to `to`, whose functions the API read, for a time (转交); None takes it back."""

    do: Literal["delegate"] = "delegate"
    approval: str
    to: Actor | None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    reason: Words


class AddSigners(Fact):
    """Have `people`, as the API read them, sign as well (加签): before oneself, or after."""

    do: Literal["add_signer"] = "add_signer"
    approval: str
    people: tuple[Actor, ...] = Field(min_length=1, max_length=20)
    place: Literal["before", "after"]
    reason: Words


class RemindSigners(Fact):
    """Remind those whose decision is awaited (催办)."""

    do: Literal["remind"] = "remind"
    approval: str


class Inform(Fact):
    """Keep `people` informed of an approval, without a vote (抄送)."""

    do: Literal["inform"] = "inform"
    approval: str
    people: tuple[UserName, ...] = Field(min_length=1, max_length=50)
    comment: Words | None = None


class RequestWaiver(Fact):
    """Ask for an exception to one check, `STAGE/GATE.CHECK`, of the present build, until `ends_at`."""

    do: Literal["request_waiver"] = "request_waiver"
    check: str
    reason: Words
    risk: Words
    mitigation: Words
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime


class DecideWaiver(Fact):
    """Grant an exception that somebody of another function asked for, or refuse it."""

    do: Literal["decide_waiver"] = "decide_waiver"
    waiver: str
    decision: Literal["approved", "rejected"]
    comment: Words | None = None


class BreakGlass(Fact):
    """Grant an approval against its rules, in an emergency, on exactly the subject with `digest`."""

    do: Literal["break_glass"] = "break_glass"
    approval: str
    digest: Digest
    reason: Words


class Promote(Fact):
    """Go on to the next step of the open rollout."""

    do: Literal["promote"] = "promote"
    reason: Words


class PromoteFull(Fact):
    """Skip the remaining steps of the open rollout, not its health checks."""

    do: Literal["promote_full"] = "promote_full"
    reason: Words


class RetryRollout(Fact):
    """Start the open rollout over, from its first step."""

    do: Literal["retry"] = "retry"
    reason: Words


class Hold(Fact):
    """Stop new steps and every clock of people's waits."""

    do: Literal["hold"] = "hold"
    reason: Words


class Resume(Fact):
    """Go on after a hold; ask again what was rejected or has expired."""

    do: Literal["resume"] = "resume"
    reason: Words


class Abort(Fact):
    """End the run. Traffic returns to stable at once."""

    do: Literal["abort"] = "abort"
    reason: Words


class Rollback(Fact):
    """Return traffic to stable, do the back-out tasks, and end the run."""

    do: Literal["rollback"] = "rollback"
    reason: Words


class NewBuild(Fact):
    """Replace the release by a new build: decisions on the old one become stale."""

    do: Literal["new_build"] = "new_build"
    release: Release
    reason: Words


class Amend(Fact):
    """Let the run follow `plan`, which was planned from version `base` of the present one.

    `patch` is their difference as JSON Patch, for programs; the API finds it, since it takes long in a large plan. The
    rules and the words for people go by the two plans.
    """

    do: Literal["amend"] = "amend"
    plan: Plan
    base: int
    patch: tuple[dict[str, Any], ...]
    reason: Words


class DecideAmendment(Fact):
    """Approve exactly the amendment with `digest`, or reject it."""

    do: Literal["decide_amendment"] = "decide_amendment"
    amendment: str
    decision: Literal["approved", "rejected"]
    comment: Words | None = None
    digest: Digest


class WithdrawAmendment(Fact):
    """Take back an amendment that one asked for and that is not decided yet."""

    do: Literal["withdraw_amendment"] = "withdraw_amendment"
    amendment: str
    reason: Words


class AddLesson(Fact):
    """Say what this go-live taught."""

    do: Literal["add_lesson"] = "add_lesson"
    text: Words


class AddAction(Fact):
    """Agree on an improvement with an owner and a date."""

    do: Literal["add_action"] = "add_action"
    text: Words
    owner: UserName
    due_at: AwareDatetime


class CloseAction(Fact):
    """Say that an agreed improvement is done."""

    do: Literal["close_action"] = "close_action"
    action: str
    remark: Words | None = None


Body = Annotated[
    StartTask
    | CompleteTask
    | VerifyTask
    | BlockTask
    | ReopenTask
    | ReassignTask
    | SetNotApplicable
    | Comment
    | Decide
    | Withdraw
    | Delegate
    | AddSigners
    | RemindSigners
    | Inform
    | BreakGlass
    | Amend
    | DecideAmendment
    | WithdrawAmendment
    | RequestWaiver
    | DecideWaiver
    | Promote
    | PromoteFull
    | RetryRollout
    | Hold
    | Resume
    | Abort
    | Rollback
    | NewBuild
    | AddLesson
    | AddAction
    | CloseAction,
    Field(discriminator="do"),
]


class Command(Fact):
    """One act of one person on one run. `id` is the update id: SHA-256 of principal, route and Idempotency-Key."""

    id: str
    run_id: str
    actor: Actor
    body: Body
    signature: str = ""


class Receipt(Fact):
    """What an acknowledged act gets: its number in the run's journal, the hash of that row, the run's state."""

    run_id: str
    command_id: str
    seq: int
    hash: str
    state: str
    known: bool = False
    """True when the act was acknowledged before the run continued as new: the journal has its number and hash."""


def sign(message: Fact, key: bytes) -> str:
    """Return the HMAC-SHA-256, in hex, of the canonical JSON of `message` without its signature."""
    return hmac.new(key, canonical(_unsigned(message)), sha256).hexdigest()


def verify(message: Fact, signature: str, keys: tuple[bytes, ...]) -> bool:
    """Tell whether one of `keys` signed `message`; every key is tried, so keys can be rotated."""
    written = canonical(_unsigned(message))
    return any(hmac.compare_digest(hmac.new(key, written, sha256).hexdigest(), signature) for key in keys)


def _unsigned(message: Fact) -> dict[str, Any]:
    return message.model_dump(mode="json", exclude={"signature"})
