"""Amendments of a running run's plan, as asked for, as foreseen and as shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.language import tell
from api.schemas.given import Given, Instant, Prose, Reason, Values
from api.schemas.named import (
    AmendmentId,
    Chained,
    CommandId,
    FunctionName,
    Nth,
    Number,
    Person,
    RunId,
    Sha256,
)
from api.schemas.shown import Moment, Shown
from db.amendments import AmendmentDecision, AmendmentView
from golive.foreseeing import Foreseen
from golive.impact import Impact, Moved, Touched
from golive.replanning import Changes
from golive.vocabulary import AmendmentClass, AmendmentStateName, Digest, Function, UserName
from golive.words import Language

Told = Annotated[str, Field(examples=["“Share of tests that pass” must be >= 0.98, no longer >= 1."])]
Kind = Annotated[AmendmentClass, Field(examples=["major"])]
Patch = Annotated[
    list[dict[str, Any]],
    Field(
        description="What makes the plan to follow out of the present one, as JSON Patch (RFC 6902).",
        examples=[[{"op": "replace", "path": "/parameters/pass_rate", "value": 98}]],
    ),
]


class ChangesGiven(Given):
    """What is to change in the plan of a run. What is not named stays as it is.

    `parameters` are planned with anew, `people` replace those of the functions that they name, and `template_version`
    is a later version of the run's own template.
    """

    parameters: Values = Field(default={}, examples=[{"pass_rate": 98}])
    people: dict[Function, Annotated[list[UserName], Field(max_length=200)]] = Field(
        default={},
        max_length=100,
        examples=[{"ops": ["bo", "cleo"]}],
        json_schema_extra={"additionalProperties": False},
    )
    go_live_at: Instant | None = None
    template_version: int | None = Field(default=None, ge=1, le=1_000_000)

    def changes(self) -> Changes:
        """Return what planning is asked for."""
        return Changes(
            parameters=self.parameters,
            people={function: tuple(names) for function, names in self.people.items()},
            go_live_at=self.go_live_at,
            template_version=self.template_version,
        )


class AmendGiven(ChangesGiven):
    """What is to change in the plan of a run, and why."""

    reason: Reason = Field(examples=["The payment provider moved its window to Thursday."])


class AmendmentDecisionGiven(Given):
    """Whether the amendment with `digest` is to be followed. A rejection needs a comment."""

    decision: Literal["approved", "rejected"]
    comment: Prose | None = Field(default=None, examples=["The tests say the same."])
    digest: Digest = Field(examples=["sha256:" + "ab" * 32])


class WithdrawAmendmentGiven(Given):
    """Why the amendment is taken back."""

    reason: Reason = Field(examples=["The window stays as it was."])


class TouchedShown(Shown):
    """A stage, task, gate or approval that changes. `people` are those whose decisions on it become stale."""

    ref: Annotated[str, Field(examples=["uat.test"])]
    title: Annotated[str, Field(examples=["Test the payment by card"])]
    people: list[Person]

    @classmethod
    def of(cls, touched: Touched, language: Language) -> TouchedShown:
        """Return `touched` for a reader of `language`."""
        return cls.taken(touched, title=touched.title.in_language(language), people=list(touched.people))


class MovedShown(Shown):
    """A time that moves: when a task or approval is due or, as `go_live`, the planned go-live."""

    ref: Annotated[str, Field(examples=["go_live"])]
    title: str | None = Field(examples=["Test the payment by card"])
    before: Moment | None
    now: Moment | None

    @classmethod
    def of(cls, moved: Moved, language: Language) -> MovedShown:
        """Return `moved` for a reader of `language`."""
        return cls.taken(moved, title=moved.title and moved.title.in_language(language))


class ImpactShown(Shown):
    """What happens when the amendment takes effect: what is new, gone or open again, and which dates move."""

    new_stages: list[TouchedShown]
    gone_stages: list[TouchedShown]
    reopened_stages: list[TouchedShown]
    new_tasks: list[TouchedShown]
    gone_tasks: list[TouchedShown]
    reopened_tasks: list[TouchedShown]
    gates: list[TouchedShown] = Field(description="Gates of stages under way that are judged again.")
    new_approvals: list[TouchedShown]
    gone_approvals: list[TouchedShown]
    asked_again: list[TouchedShown] = Field(description="Approvals that are asked for again.")
    dates: list[MovedShown]

    @classmethod
    def of(cls, impact: Impact, language: Language) -> ImpactShown:
        """Return `impact` for a reader of `language`."""
        parts = {
            name: [TouchedShown.of(each, language) for each in getattr(impact, name)]
            for name in cls.model_fields
            if name != "dates"
        }
        return cls.taken(impact, **parts, dates=[MovedShown.of(each, language) for each in impact.dates])


class ForeseenShown(Shown):
    """What an amendment would change and do, and who would have to approve it. Nothing has happened."""

    kind: Kind = Field(
        description="`minor`: people, dates and words, in force with the asking; `major`: everything else."
    )
    changes: list[Told]
    patch: Patch
    impact: ImpactShown
    functions: list[FunctionName] = Field(description="One person of each approves a major one.")
    asked: list[Person] = Field(description="Who can approve it.")
    expires_at: Moment | None

    @classmethod
    def of(cls, foreseen: Foreseen, language: Language) -> ForeseenShown:
        """Return `foreseen` for a reader of `language`."""
        return cls.taken(
            foreseen,
            changes=[tell(each, language) for each in foreseen.changes],
            patch=list(foreseen.patch),
            impact=ImpactShown.of(foreseen.impact, language),
            functions=list(foreseen.functions),
            asked=list(foreseen.asked),
        )


class AmendmentDecisionShown(Shown):
    """A decision on an amendment."""

    by: Person
    decision: Literal["approved", "rejected"]
    functions: list[FunctionName]
    at: Moment
    seq: Number
    comment: str | None

    @classmethod
    def of(cls, decision: AmendmentDecision) -> AmendmentDecisionShown:
        """Return `decision` with every field."""
        return cls.taken(decision, functions=list(decision.functions))


class AmendmentShown(Shown):
    """A change of a run's plan: what it changes and does, and what was decided on it."""

    id: AmendmentId
    run_id: RunId
    base: Nth = Field(description="The version of the plan that it changes, counted from 1.")
    kind: Kind
    state: AmendmentStateName = Field(examples=["requested"])
    by: Person
    reason: str | None = Field(examples=["The payment provider moved its window to Thursday."])
    digest: Sha256
    changes: list[Told]
    patch: Patch
    impact: ImpactShown = Field(description="What it would do, as foreseen when it was asked for.")
    functions: list[FunctionName]
    waiting_for: list[Person]
    decisions: list[AmendmentDecisionShown]
    requested_at: Moment
    expires_at: Moment | None
    closed_at: Moment | None
    closed_by: Person | None
    comment: str | None = Field(description="What was said when it was rejected or withdrawn.")
    seq: Number

    @classmethod
    def of(cls, amendment: AmendmentView, language: Language) -> AmendmentShown:
        """Return `amendment` for a reader of `language`."""
        return cls.taken(
            amendment,
            changes=[tell(each, language) for each in amendment.changes],
            patch=list(amendment.patch),
            impact=ImpactShown.of(amendment.impact, language),
            functions=list(amendment.functions),
            waiting_for=list(amendment.waiting_for),
            decisions=[AmendmentDecisionShown.of(each) for each in amendment.decisions],
        )


class AmendmentReceipt(Shown):
    """The receipt of an act on an amendment: its number and hash in the run's journal, and what it came to."""

    command_id: CommandId
    seq: Number
    hash: Chained
    amendment: AmendmentShown
