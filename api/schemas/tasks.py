"""Tasks, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.evidence import EvidenceGiven, EvidenceShown, evidence_shown
from api.schemas.given import Given, Id, Prose, Reason
from api.schemas.named import FunctionName, Nth, RunId, StageId, TaskId, TaskTitle
from api.schemas.shown import Moment, Shown, WaitShown
from db.views import ItemView, TaskView
from golive.template import Requirement
from golive.vocabulary import EvidenceType, Priority, TaskStateName, UserName
from golive.words import Language


class ItemGiven(Given):
    """What came of one checklist item."""

    result: Literal["pass", "fail", "not_applicable"]
    remark: Prose | None = None
    evidence: list[EvidenceGiven] = Field(default=[], max_length=100)


class CompleteGiven(Given):
    """The evidence of a finished task. `remark` counts as remark evidence."""

    remark: Prose | None = Field(default=None, examples=["All three cards pass on the release candidate."])
    evidence: list[EvidenceGiven] = Field(default=[], max_length=100)
    items: dict[Id, ItemGiven] = Field(default={}, max_length=500)


class VerifyGiven(Given):
    """Whether what another person did holds."""

    result: Literal["pass", "fail"]
    remark: Prose | None = Field(default=None, examples=["Checked against the bookings."])


class ReasonGiven(Given):
    """Why."""

    reason: Reason = Field(examples=["the database copy is not ready"])


class ReassignGiven(Given):
    """Who does the task now; null offers it to its function again."""

    to: UserName | None = Field(examples=["ann"])
    reason: Prose | None = Field(default=None, examples=["bo is away this week"])


class CommentGiven(Given):
    """What there is to say."""

    text: Reason = Field(examples=["Who has the test cards?"])


class RequirementShown(Shown):
    """Evidence that must be there at least `min` times. `example` is a value that would pass."""

    type: EvidenceType
    min: Nth
    name: str | None = Field(default=None, exclude_if=lambda value: value is None)
    example: float | str | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def of(cls, requirement: Requirement) -> RequirementShown:
        """Return `requirement` with every field that it has."""
        return cls(
            type=requirement.type, min=requirement.min, name=requirement.name, example=requirement.example
        )


class ItemShown(Shown):
    """One line of the task's checklist, and what came of it."""

    id: Annotated[str, Field(examples=["pays"])]
    text: Annotated[str, Field(examples=["A card payment is booked once"])]
    required: bool
    requires: list[RequirementShown]
    state: Literal["open", "pass", "fail", "not_applicable"]
    remark: str | None
    evidence: list[EvidenceShown]

    @classmethod
    def of(cls, item: ItemView, language: Language) -> ItemShown:
        """Return `item` for a reader of `language`."""
        return cls(
            id=item.id,
            text=item.text.in_language(language),
            required=item.required,
            requires=[RequirementShown.of(need) for need in item.requires],
            state=item.state,
            remark=item.remark,
            evidence=evidence_shown(item.evidence),
        )


class TaskShown(Shown):
    """One person's work."""

    id: TaskId
    run_id: RunId
    stage: StageId
    key: Annotated[str, Field(examples=["test"])]
    title: TaskTitle
    description: str | None
    state: TaskStateName = Field(examples=["in_progress"])
    priority: Priority = Field(examples=["P1"])
    function: FunctionName
    people: list[str] = Field(
        examples=[["ann"]], description="Who may do it: who the plan names for the function."
    )
    assignee: str | None = Field(examples=["ann"])
    opened_at: Moment | None
    due_at: Moment | None
    overdue: bool
    depends_on: list[str] = Field(
        examples=[["8c2e4f6a8b0d2e4f6a8b.preparation.plan"]], description="Ids of the tasks that come first."
    )
    verify: bool = Field(description="Done by one person, confirmed by another.")
    back_out: bool = Field(description="Done on rollback only.")
    requires: list[RequirementShown]
    items: list[ItemShown]
    evidence: list[EvidenceShown]
    done_by: str | None
    done_at: Moment | None
    verified_by: str | None
    reason: str | None = Field(description="Why it is blocked, open again or not applicable.")
    wait: WaitShown | None
    gone_in: int | None = Field(
        examples=[2], description="Since which version of the plan it is in it no more; null while it is."
    )

    @classmethod
    def of(cls, task: TaskView, language: Language) -> TaskShown:
        """Return `task` for a reader of `language`."""
        return cls.taken(
            task,
            title=task.title.in_language(language),
            description=task.description.in_language(language) if task.description else None,
            people=list(task.people),
            depends_on=list(task.depends_on),
            requires=[RequirementShown.of(need) for need in task.requires],
            items=[ItemShown.of(item, language) for item in task.items],
            evidence=evidence_shown(task.evidence),
            wait=WaitShown.of(task.wait, language) if task.wait else None,
        )
