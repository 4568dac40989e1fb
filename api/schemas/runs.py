"""Runs, as listed and as shown whole."""

from __future__ import annotations

from pydantic import Field

from api.schemas.approvals import ApprovalShown
from api.schemas.forecast import StageForecastShown
from api.schemas.given import Given, Prose, Reason
from api.schemas.release import BuildShown, ReleaseGiven, ReleaseShown
from api.schemas.shown import Moment, Shown, WaitShown, told
from api.schemas.stages import StageShown
from api.schemas.tasks import TaskShown
from db.views import RunHeader, RunWhole
from golive.plan import Lesson
from golive.vocabulary import Pace, RunStateName
from golive.words import Language


class NewBuildGiven(Given):
    """The new build and why there is one. Decisions on the old one become stale."""

    release: ReleaseGiven
    reason: Reason


class RunCommentGiven(Given):
    """What there is to say, about the run or, by its id, about one of its tasks or approvals."""

    text: Reason
    about: str = Field(default="", max_length=300)


class LessonGiven(Given):
    """What this go-live taught."""

    text: Reason


class CloseActionGiven(Given):
    """How an agreed improvement was done."""

    remark: Prose | None = None


class RunLine(Shown):
    """A run in a list."""

    id: str
    title: str
    state: RunStateName
    service: str
    version: str
    environment: str
    template: str
    template_version: int
    template_title: str
    release_manager: str
    blocked_by: str | None = Field(
        description="What is awaited, from whom and what happens next, in one sentence."
    )
    weight: int = Field(description="Share of the traffic on the new version, in per cent.")
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
            blocked_by=told(run.blocked_by, language),
        )


class LessonOfPlan(Shown):
    """What an earlier run of the same service taught."""

    run_id: str
    text: str
    by: str
    at: Moment

    @classmethod
    def of(cls, lesson: Lesson) -> LessonOfPlan:
        """Return `lesson` with every field."""
        return cls.model_validate(lesson)


class RunShown(RunLine):
    """A whole run."""

    workflow: str = Field(description="Temporal workflow type.")
    workflow_id: str
    release: ReleaseShown
    builds: list[BuildShown]
    parameters: dict[str, str | int | float | bool]
    pace: Pace
    people: dict[str, list[str]] = Field(description="Who acts in each function of this run.")
    stages: list[StageShown]
    tasks: list[TaskShown]
    approvals: list[ApprovalShown]
    waits: list[WaitShown]
    forecast: list[StageForecastShown] = Field(description="When each stage was planned to open and end.")
    lessons: list[LessonOfPlan] = Field(description="What earlier runs of the same service taught.")
    beside: list[str] = Field(
        description="Other open runs of the service and environment; one moves its traffic at a time."
    )
    no_return: str | None = Field(
        description="The point of no return that is passed; only forward fixes are left."
    )
    hold_reason: str | None
    started_by: str
    seq: int = Field(description="Number of the last event in the run's journal.")

    @classmethod
    def whole(
        cls, run: RunWhole, language: Language, forecast: list[StageForecastShown], workflow_id: str
    ) -> RunShown:
        """Return `run` for a reader of `language`."""
        return cls.taken(
            run,
            template_title=run.template_title.in_language(language),
            blocked_by=told(run.blocked_by, language),
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
            waits=[WaitShown.of(wait, language) for wait in run.waits],
            forecast=forecast,
            beside=list(run.beside),
            no_return=_no_return(run, language),
            lessons=[LessonOfPlan.of(lesson) for lesson in run.plan.lessons],
        )


def _no_return(run: RunWhole, language: Language) -> str | None:
    states = {task.ref: task.state for task in run.tasks}
    planned = ((f"{stage.id}.{task.key}", task) for stage in run.plan.stages for task in stage.tasks)
    done = (
        task.title
        for ref, task in planned
        if task.point_of_no_return and states[ref] in ("done", "to_verify")
    )
    passed = next(done, None)
    return passed.in_language(language) if passed else None


class ReceiptShown(Shown):
    """Proof that an act was applied and recorded: its number and the hash of its row in the run's journal."""

    run_id: str
    command_id: str
    seq: int
    hash: str
    state: RunStateName = Field(description="The run's state after the act.")
