"""Approvals and decisions, as asked for and as shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.given import Given, Id, Instant, Password, Prose, Reason
from api.schemas.named import (
    ApprovalId,
    Asks,
    Chained,
    CommandId,
    FunctionName,
    GroupName,
    Nth,
    Number,
    Person,
    RunId,
    Sha256,
    Source,
)
from api.schemas.shown import Moment, Shown, WaitShown
from api.schemas.subject import SignedShown
from db.glass import BrokenGlass
from db.signed import Signed
from db.views import ApprovalView
from golive.plan import AppliedRow
from golive.recording import DecisionView, RuleView
from golive.sources import named
from golive.vocabulary import ApprovalStateName, DecisionName, Meaning, RuleMode, UserName
from golive.words import Language
from language import tell

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
    password: Password = None


class WithdrawGiven(Given):
    """Why a decision is taken back."""

    reason: Reason = Field(examples=["The report that I signed on was of another build."])
    password: Password = None


class DelegateGiven(Given):
    """Who decides instead, from when until when; `to: null` takes back what was handed over."""

    to: UserName | None = Field(examples=["cleo"])
    since: Instant | None = Field(
        default=None, examples=["2027-01-11T09:00:00Z"], description="Without it, from now on."
    )
    until: Instant | None = Field(default=None, examples=["2027-01-15T17:00:00Z"])
    reason: Reason = Field(examples=["I am away until Friday."])


class AddSignersGiven(Given):
    """Who signs as well, before you do or after."""

    people: Annotated[list[UserName], Field(min_length=1, max_length=20)] = Field(examples=[["cleo"]])
    place: Literal["before", "after"]
    reason: Reason = Field(examples=["The change touches the ledger, which cleo owns."])


class InformGiven(Given):
    """Who is told what becomes of the approval, without a vote."""

    people: Annotated[list[UserName], Field(min_length=1, max_length=50)] = Field(examples=[["dora"]])
    comment: Prose | None = Field(default=None, examples=["Your service calls this one."])


class DelegationShown(Shown):
    """A seat that somebody else fills for a time: `to` for `by`."""

    by: Person
    to: Person
    functions: list[Source]
    since: Moment
    until: Moment
    stands: Literal["planned", "running", "over"] = Field(examples=["running"])


class AddedShown(Shown):
    """Somebody whom a signer added, to sign before them or after."""

    by: Person
    name: Person
    place: Literal["before", "after"] = Field(examples=["before"])


class RuleShown(Shown):
    """How far a rule is met. `decisions` are the ids of those that fill its slots.

    It asks in one way, `asks` tells it in words: the members of `function` or of `group`, the manager of somebody, the
    owners of the service, or, as where somebody added a signer, `people` alone. Beside a function `people` are those
    who were found.
    """

    source: Source
    asks: Asks
    function: FunctionName | None
    group: GroupName | None
    manager_of: Literal["release_manager", "authors"] | None = Field(examples=["release_manager"])
    owner_of_service: bool
    people: list[Person]
    added_by: Person | None
    mode: RuleMode
    min: Nth
    met: bool
    expires_at: Moment | None = Field(
        description="When it closes the approval, unless it is met by then. Never as a yes."
    )
    decisions: list[CommandId]

    @classmethod
    def of(cls, rule: RuleView, language: Language) -> RuleShown:
        """Return `rule` for a reader of `language`."""
        return cls.taken(rule, asks=tell(named(rule.source), language))


class AppliedRowShown(Shown):
    """Which row of a decision table gave an approval its rules; `row` is null where none fits, and others apply."""

    row: Nth | None
    count: Nth = Field(description="How many rows the table has.")
    why: Annotated[str, Field(examples=["row 2 of 3: Class of the change is major, Risk is 8 (>= 7)"])]

    @classmethod
    def of(cls, applied: AppliedRow, language: Language) -> AppliedRowShown:
        """Return `applied` for a reader of `language`."""
        return cls.taken(applied, why=tell(applied.why, language))


class AuthenticatedShown(Shown):
    """That somebody proved again who they are for one act: by their password, or at the OpenID provider."""

    method: Literal["password", "oidc"] = Field(examples=["password"])
    at: Moment


class BrokenGlassShown(Shown):
    """That an approval was granted against its rules, in an emergency; somebody else reviews it before the run ends."""

    by: Person
    at: Moment
    reason: str | None = Field(
        examples=["payments fail for everybody, and ops is on a plane"],
        description="Null when it was erased.",
    )
    reviewed_by: Person | None = Field(description="Who looked at it afterwards; null until somebody has.")
    reviewed_at: Moment | None


class DecisionShown(Shown):
    """An immutable decision; `stale` when what it covered has changed since, or when it was `withdrawn`."""

    id: CommandId
    by: Person
    on_behalf_of: Person | None = Field(description="Who had handed over the seat that the decision fills.")
    functions: list[Source]
    decision: DecisionName
    meaning: Meaning = Field(examples=["approved"])
    digest: Sha256
    at: Moment
    stale: bool
    withdrawn: bool
    seq: Number
    authenticated: AuthenticatedShown | None = Field(
        description="How its maker proved again who they are, where they did."
    )
    comment: str | None = Field(
        description="What the person wrote; null when nothing, when erased, and in lists."
    )

    @classmethod
    def of(cls, decision: DecisionView, comment: str | None) -> DecisionShown:
        """Return `decision` with every field."""
        proof = decision.authenticated
        return cls.taken(decision, comment=comment, authenticated=proof and AuthenticatedShown.taken(proof))


class ApprovalShown(Shown):
    """A request for decisions. Sign with the `digest` shown here: it names exactly the `subject`."""

    id: ApprovalId
    run_id: RunId
    stage: Annotated[str, Field(examples=["sign-off"])]
    key: Annotated[str, Field(examples=["release"])]
    title: Annotated[str, Field(examples=["Release sign-off"])]
    state: ApprovalStateName = Field(examples=["pending"])
    meaning: Meaning
    reauthenticate: bool = Field(
        description="Whoever signs proves again who they are, for that act: by `password` in its body, or at the "
        "provider on the page of the approval."
    )
    rules: list[RuleShown]
    applied: AppliedRowShown | None = Field(
        description="The row of the decision table that the rules come from; null where the template names them."
    )
    decisions: list[DecisionShown]
    waiting_for: list[Person]
    delegations: list[DelegationShown]
    added: list[AddedShown]
    informed: list[Person] = Field(description="Who is told what becomes of it, without a vote.")
    glass_broken_by: Person | None = Field(description="Who granted it against its rules, in an emergency.")
    broken_glass: BrokenGlassShown | None = Field(
        description="When and why that was, and who reviewed it; null where the glass is whole, and in lists."
    )
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
    gone_in: int | None = Field(
        examples=[2], description="Since which version of the plan it is in it no more; null while it is."
    )

    @classmethod
    def of(
        cls,
        approval: ApprovalView,
        language: Language,
        *,
        comments: Mapping[int, str | None] = NOTHING,
        signed: Signed | None = None,
        glass: BrokenGlass | None = None,
    ) -> ApprovalShown:
        """Return `approval` for a reader of `language`; `comments` are the texts of decisions by `seq`."""
        return cls.taken(
            approval,
            title=approval.title.in_language(language),
            rules=[RuleShown.of(rule, language) for rule in approval.rules],
            applied=AppliedRowShown.of(approval.applied, language) if approval.applied else None,
            decisions=[DecisionShown.of(made, comments.get(made.seq)) for made in approval.decisions],
            waiting_for=approval.waiting_for,
            delegations=[DelegationShown.taken(each) for each in approval.panel.delegations],
            added=[AddedShown.taken(each) for each in approval.panel.added],
            informed=approval.panel.informed,
            glass_broken_by=approval.panel.glass_broken_by,
            broken_glass=BrokenGlassShown.taken(glass) if glass else None,
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
