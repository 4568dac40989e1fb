"""What a plan foresees, as shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.language import tell
from api.schemas.named import Asks, FunctionName, Nth, Person, StageId, StageTitle, TaskTitle, TemplateName
from api.schemas.shown import Moment, Shown
from golive.forecast import Asked, Preview, RolloutForecast, StageForecast
from golive.vocabulary import Pace
from golive.words import Language


class StageForecastShown(Shown):
    """When a stage is expected to open and to end."""

    stage: StageId
    process: Annotated[str, Field(examples=["uat"])]
    title: StageTitle
    opens_at: Moment
    ends_at: Moment

    @classmethod
    def of(cls, stage: StageForecast, language: Language) -> StageForecastShown:
        """Return `stage` for a reader of `language`."""
        return cls.taken(stage, title=stage.title.in_language(language))


class AskedShown(Shown):
    """What is going to be asked of whom, and when."""

    ref: Annotated[str, Field(examples=["uat.test"])]
    what: Literal["task", "verify", "approval", "back_out"]
    stage: StageId
    title: TaskTitle
    function: FunctionName | None = Field(description="Null where a rule asks otherwise than by function.")
    asks: Asks
    count: Nth
    people: list[Person]
    at: Moment | None
    due_at: Moment | None

    @classmethod
    def of(cls, asked: Asked, language: Language) -> AskedShown:
        """Return `asked` for a reader of `language`."""
        return cls.taken(
            asked,
            title=asked.title.in_language(language),
            asks=tell(asked.asks, language),
            people=list(asked.people),
        )


class RolloutForecastShown(Shown):
    """How a grey release is going to move. Lengths are in seconds."""

    stage: Annotated[str, Field(examples=["grey"])]
    title: Annotated[str, Field(examples=["Grey release"])]
    steps: list[Annotated[str, Field(examples=["5 % of the traffic"])]]
    shortest: int = Field(examples=[5400], description="All steps when nobody waits.")
    to_full: int | None = Field(description="Shortest time until 100 %.")
    to_rollback: int | None = Field(description="Longest time from a failure's begin until traffic is back.")

    @classmethod
    def of(cls, rollout: RolloutForecast, language: Language) -> RolloutForecastShown:
        """Return `rollout` for a reader of `language`."""
        return cls.taken(
            rollout,
            title=rollout.title.in_language(language),
            steps=[tell(step, language) for step in rollout.steps],
        )


class PreviewShown(Shown):
    """The plan that a start would make now, with its dates."""

    template: TemplateName
    template_version: Nth
    title: Annotated[str, Field(examples=["checkout 1.4.0"])]
    pace: Pace
    start: Moment
    go_live_at: Moment | None
    first_traffic_at: Moment | None
    ends_at: Moment
    stages: list[StageForecastShown]
    asked: list[AskedShown]
    rollouts: list[RolloutForecastShown]
    shortest_to_full: int | None
    notes: list[Annotated[str, Field(examples=["The grey release waits for a person at each step."])]]

    @classmethod
    def of(cls, preview: Preview, language: Language) -> PreviewShown:
        """Return `preview` for a reader of `language`."""
        return cls.taken(
            preview,
            stages=[StageForecastShown.of(stage, language) for stage in preview.stages],
            asked=[AskedShown.of(asked, language) for asked in preview.asked],
            rollouts=[RolloutForecastShown.of(rollout, language) for rollout in preview.rollouts],
            notes=[tell(note, language) for note in preview.notes],
        )
