"""Waivers of checks and break-glass, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.given import Given, Id, Instant, Password, Prose, Reason
from api.schemas.named import CommandId, Number, Person, RunId, Sha256, WaiverId
from api.schemas.shown import Moment, Shown
from db.waivers import WaiverView
from golive.vocabulary import WaiverStateName
from golive.words import Language

CheckRef = Annotated[str, Field(max_length=300, examples=["uat/tests.pass-rate"])]


class WaiverGiven(Given):
    """An exception to one check of the present build: why, what it risks, what is done about that, until when.

    `check` is `STAGE/GATE.CHECK`, by the ids and keys that the run shows.
    """

    check: CheckRef
    reason: Reason = Field(examples=["The three failures are in a screen that stays switched off."])
    risk: Reason = Field(examples=["Somebody switches it on before the fix."])
    mitigation: Reason = Field(examples=["The switch is locked, and the fix comes on Thursday."])
    starts_at: Instant | None = Field(
        default=None, examples=["2027-01-11T09:00:00Z"], description="Without it, as soon as it is granted."
    )
    ends_at: Instant = Field(examples=["2027-01-15T17:00:00Z"])


class WaiverDecisionGiven(Given):
    """Whether the exception is granted. A refusal needs a comment."""

    decision: Literal["approved", "rejected"]
    comment: Prose | None = Field(default=None, examples=["Granted until the fix is in."])


class BreakGlassGiven(Given):
    """An approval that nobody can give in an emergency, on exactly the subject that `digest` names."""

    approval: Id = Field(examples=["8c2e4f6a8b0d2e4f6a8b.sign-off.release"])
    digest: Sha256
    reason: Reason = Field(examples=["Payments fail for everybody, and both of ops are on a plane."])
    password: Password = None


class WaiverShown(Shown):
    """An exception to a check. While it is in force the check counts as `pass_with_waiver`."""

    id: WaiverId
    run_id: RunId
    check: CheckRef
    title: Annotated[str, Field(examples=["Share of tests that pass"])]
    build: Number = Field(description="Which build of the run it is for, counted from 1.")
    state: WaiverStateName = Field(examples=["requested"])
    by: Person
    reason: str | None = Field(examples=["The three failures are in a screen that stays switched off."])
    risk: str | None = Field(examples=["Somebody switches it on before the fix."])
    mitigation: str | None = Field(examples=["The switch is locked, and the fix comes on Thursday."])
    requested_at: Moment
    starts_at: Moment
    ends_at: Moment
    waiting_for: list[Person]
    decided_by: Person | None
    decided_at: Moment | None
    comment: str | None
    seq: Number

    @classmethod
    def of(cls, waiver: WaiverView, language: Language) -> WaiverShown:
        """Return `waiver` for a reader of `language`."""
        return cls.taken(waiver, check=waiver.about, title=waiver.title.in_language(language))


class WaiverReceipt(Shown):
    """The receipt of an act on a waiver: its number and hash in the run's journal, and the waiver as it stands."""

    command_id: CommandId
    seq: Number
    hash: Annotated[str, Field(examples=["2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"])]
    waiver: WaiverShown
