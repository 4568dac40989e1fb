"""Approvals and decisions, as asked for and as shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.given import Given, Id, Prose
from api.schemas.named import ApprovalId, Chained, CommandId, FunctionName, Nth, Number, Person, RunId, Sha256
from api.schemas.shown import Moment, Shown, WaitShown
from api.schemas.subject import SignedShown
from db.signed import Signed
from db.views import ApprovalView
from golive.recording import DecisionView, RuleView
from golive.vocabulary import ApprovalStateName, DecisionName, Meaning, RuleMode
from golive.words import Language

NOTHING: Mapping[int, str | None] = MappingProxyType({})


class DecideGiven(Given):
    """A decision on exactly the subject that `digest` names: the digest of the approval as it was shown.

    `task` is the id of the task that `returned` sends back.
    """

    decision: DecisionName
    meaning: Meaning = "approved"
    comment: Prose | None = Field(default=None, examples=["The evidence is complete."])
    digest: Sha256
    task: Id | None = None


class RuleShown(Shown):
    """How far a rule is met. `decisions` are the ids of those that fill its slots."""

    function: FunctionName
    mode: RuleMode
    min: Nth
    met: bool
    decisions: list[CommandId]

    @classmethod
    def of(cls, rule: RuleView) -> RuleShown:
        """Return `rule` with every field."""
        return cls.model_validate(rule)


class DecisionShown(Shown):
    """An immutable decision; `stale` when what it covered has changed since."""

    id: CommandId
    by: Person
    functions: list[FunctionName]
    decision: DecisionName
    meaning: Meaning = Field(examples=["approved"])
    digest: Sha256
    at: Moment
    stale: bool
    seq: Number
    comment: str | None = Field(
        description="What the person wrote; null when nothing, when erased, and in lists."
    )

    @classmethod
    def of(cls, decision: DecisionView, comment: str | None) -> DecisionShown:
        """Return `decision` with every field."""
        return cls.taken(decision, comment=comment)


class ApprovalShown(Shown):
    """A request for decisions. Sign with the `digest` shown here: it names exactly the `subject`."""

    id: ApprovalId
    run_id: RunId
    stage: Annotated[str, Field(examples=["sign-off"])]
    key: Annotated[str, Field(examples=["release"])]
    title: Annotated[str, Field(examples=["Release sign-off"])]
    state: ApprovalStateName = Field(examples=["pending"])
    meaning: Meaning
    rules: list[RuleShown]
    decisions: list[DecisionShown]
    waiting_for: list[Person]
    digest: Sha256 | None = Field(
        examples=["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]
    )
    subject: dict[str, Any] | None = Field(
        description="What the digest is of; null in lists and before it is asked."
    )
    signed: SignedShown | None = Field(
        description="What the digest covers, in words and with the evidence itself; null where `subject` is."
    )
    requested_at: Moment | None
    due_at: Moment | None
    expires_at: Moment | None
    wait: WaitShown | None

    @classmethod
    def of(
        cls,
        approval: ApprovalView,
        language: Language,
        *,
        comments: Mapping[int, str | None] = NOTHING,
        signed: Signed | None = None,
    ) -> ApprovalShown:
        """Return `approval` for a reader of `language`; `comments` are the texts of decisions by `seq`."""
        return cls.taken(
            approval,
            title=approval.title.in_language(language),
            rules=[RuleShown.of(rule) for rule in approval.rules],
            decisions=[DecisionShown.of(made, comments.get(made.seq)) for made in approval.decisions],
            waiting_for=approval.waiting_for,
            signed=SignedShown.of(approval.subject, signed, language)
            if approval.subject and signed
            else None,
            wait=WaitShown.of(approval.wait, language) if approval.wait else None,
        )


class DecisionReceipt(Shown):
    """The receipt of a decision: its number and hash in the run's journal, and the approval as it stands."""

    decision_id: CommandId
    seq: Number
    hash: Chained
    approval: ApprovalShown
