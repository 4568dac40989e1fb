"""Runs, as listed and as shown whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.language import whole
from api.schemas.approvals import ApprovalShown
from api.schemas.forecast import StageForecastShown
from api.schemas.given import Given, Prose, Reason
from api.schemas.named import (
    AmendmentId,
    Chained,
    CommandId,
    Environment,
    Nth,
    Number,
    Person,
    RunId,
    Service,
    TemplateName,
    Version,
)
from api.schemas.release import BuildShown, ReleaseGiven, ReleaseShown
from api.schemas.shown import Moment, Shown, WaitShown
from api.schemas.stages import StageShown
from api.schemas.tasks import TaskShown
from db.views import RunHeader, RunWhole
from golive.plan import Lesson
from golive.vocabulary import AmendmentClass, AmendmentStateName, Pace, RunStateName
from golive.words import Language


class NewBuildGiven(Given):
    """The new build and why there is one. Decisions on the old one become stale."""

    release: ReleaseGiven
    reason: Reason = Field(examples=["RC2 mends the rounding of the totals"])


class RunCommentGiven(Given):
    """What there is to say, about the run or, by its id, about one of its tasks or approvals."""

    text: Reason = Field(examples=["The window moves to Thursday."])
    about: str = Field(default="", max_length=300, examples=[""])


class LessonGiven(Given):
    """What this go-live taught."""

    text: Reason = Field(examples=["Warm the cache before the first step."])


class CloseActionGiven(Given):
    """How an agreed improvement was done."""

    remark: Prose | None = Field(default=None, examples=["The cache is warmed by the start script now."])


class RunLine(Shown):
    """A run in a list."""

    id: RunId
    title: Annotated[str, Field(examples=["checkout 1.4.0"])]
    state: RunStateName = Field(examples=["running"])
    service: Service
    version: Version
    environment: Environment
    template: TemplateName
    template_version: Nth
    template_title: Annotated[str, Field(examples=["Standard go-live of a service"])]
    plan_version: Nth = Field(description="1, and one more for each amendment that came into force.")
    release_manager: Annotated[str, Field(examples=["rm"])]
    blocked_by: str | None = Field(
        examples=["“Test the payment by card” waits for ann until Monday 17:00."],
        description="What is awaited, from whom and what happens next, in one sentence.",
    )
    weight: int = Field(examples=[5], description="Share of the traffic on the new version, in per cent.")
    start_at: Moment | None
    go_live_at: Moment | None
    started_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, run: RunHeader, language: Language) -> RunLine:
        """Return `run` for a reader of `language`."""
        return cls.taken(
            run,
            template_title=run.template_title.in_language(language),
            blocked_by=whole(run.blocked_by, language) if run.blocked_by else None,
        )


class LessonOfPlan(Shown):
    """What an earlier run of the same service taught."""

    run_id: RunId
    text: Annotated[str, Field(examples=["Warm the cache before the first step."])]
    by: Person
    at: Moment

    @classmethod
    def of(cls, lesson: Lesson) -> LessonOfPlan:
        """Return `lesson` with every field."""
        return cls.model_validate(lesson)


class AmendmentOfRun(Shown):
    """A change of the run's plan, in one line."""

    id: AmendmentId
    base: Nth
    kind: AmendmentClass = Field(examples=["major"])
    state: AmendmentStateName = Field(examples=["in_force"])
    by: Annotated[str, Field(examples=["rm"])]
    requested_at: Moment


class RunShown(RunLine):
    """A whole run."""

    workflow: str = Field(examples=["GoLive"], description="Temporal workflow type.")
    workflow_id: Annotated[str, Field(examples=["golive/8c2e4f6a8b0d2e4f6a8b"])]
    release: ReleaseShown
    builds: list[BuildShown]
    parameters: dict[str, str | int | float | bool]
    pace: Pace
    people: dict[str, list[str]] = Field(
        examples=[{"qa": ["ann"], "ops": ["bo"]}], description="Who acts in each function of this run."
    )
    stages: list[StageShown]
    tasks: list[TaskShown]
    approvals: list[ApprovalShown]
    gone_tasks: list[TaskShown] = Field(description="Tasks that an amendment took out of the plan.")
    gone_approvals: list[ApprovalShown] = Field(
        description="Approvals that an amendment took out of the plan."
    )
    amendments: list[AmendmentOfRun] = Field(description="Asked for in this run, the newest first.")
    waits: list[WaitShown]
    forecast: list[StageForecastShown] = Field(description="When each stage was planned to open and end.")
    lessons: list[LessonOfPlan] = Field(description="What earlier runs of the same service taught.")
    beside: list[str] = Field(
        examples=[["a1b2c3d4e5f60718293a"]],
        description="Other open runs of the service and environment; one moves its traffic at a time.",
    )
    no_return: str | None = Field(
        description="The point of no return that is passed; only forward fixes are left."
    )
    hold_reason: str | None
    started_by: Annotated[str, Field(examples=["rm"])]
    seq: int = Field(examples=[12], description="Number of the last event in the run's journal.")

    @classmethod
    def whole(
        cls, run: RunWhole, language: Language, forecast: list[StageForecastShown], workflow_id: str
    ) -> RunShown:
        """Return `run` for a reader of `language`."""
        return cls.taken(
            run,
            template_title=run.template_title.in_language(language),
            blocked_by=whole(run.blocked_by, language) if run.blocked_by else None,
            workflow_id=workflow_id,
            release=ReleaseShown.of(run.release),
            builds=[BuildShown.of(build) for build in run.builds],
            parameters=run.plan.parameters,
            pace=run.plan.pace,
            people={function: list(names) for function, names in run.plan.people.items()},
            stages=[
                StageShown.of(stage, language, planned)
                for stage, planned in zip(run.stages, run.plan.stages, strict=True)
            ],
            tasks=[TaskShown.of(task, language) for task in run.tasks],
            approvals=[ApprovalShown.of(approval, language) for approval in run.approvals],
            gone_tasks=[TaskShown.of(task, language) for task in run.gone_tasks],
            gone_approvals=[ApprovalShown.of(approval, language) for approval in run.gone_approvals],
            amendments=[AmendmentOfRun.taken(amendment) for amendment in run.amendments],
            waits=[WaitShown.of(wait, language) for wait in run.waits],
            forecast=forecast,
            beside=list(run.beside),
            no_return=no_return_of(run, language),
            lessons=[LessonOfPlan.of(lesson) for lesson in run.plan.lessons],
        )


def no_return_of(run: RunWhole, language: Language) -> str | None:
    """Return the point of no return that `run` has passed, None before one and without one."""
    passed = run.no_return
    return passed.title.in_language(language) if passed else None


class ReceiptShown(Shown):
    """Proof that an act was applied and recorded: its number and the hash of its row in the run's journal."""

    run_id: RunId
    command_id: CommandId
    seq: Number
    hash: Chained
    state: RunStateName = Field(examples=["running"], description="The run's state after the act.")
