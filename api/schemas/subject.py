"""What is signed, for a reader: the same facts as an approval's `subject`, in words and with their evidence."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.language import tell
from api.schemas.evidence import EvidenceShown, evidence_shown
from api.schemas.named import Nth, Sha256, StageId, StageTitle, TaskId, TaskTitle, TemplateName
from api.schemas.release import ReleaseShown
from api.schemas.shown import Moment, Shown
from api.schemas.stages import GateShown
from api.schemas.tasks import ItemShown
from api.schemas.waivers import WaiverShown
from db.signed import Signed, SignedGate, SignedWork
from golive.plan import Release
from golive.rollout_words import analysis_words, policy_words, step_words
from golive.template_rollouts import Rollout
from golive.vocabulary import TaskStateName
from golive.words import Language

_AS_SIGNED = Field(description="False: it has changed since the subject was put together.")


class PlanSigned(Shown):
    """Which template, with which values, laid down how this goes live."""

    template: TemplateName
    version: Nth
    hash: Sha256
    parameters: dict[str, str | int | float | bool]
    amended: int = Field(default=1, examples=[2], description="Which version of the run's plan it is of.")


class WorkSigned(Shown):
    """A task with its evidence, who did it and who confirmed it."""

    id: TaskId
    stage: StageId
    title: TaskTitle
    state: TaskStateName = Field(examples=["done"])
    done_by: str | None
    done_at: Moment | None
    verified_by: str | None
    reason: str | None
    items: list[ItemShown]
    evidence: list[EvidenceShown]
    as_signed: bool = _AS_SIGNED

    @classmethod
    def of(cls, work: SignedWork, language: Language) -> WorkSigned:
        """Return `work` for a reader of `language`."""
        return cls.taken(
            work.task,
            title=work.task.title.in_language(language),
            items=[ItemShown.of(item, language) for item in work.task.items],
            evidence=evidence_shown(work.task.evidence),
            as_signed=work.as_signed,
        )


class GateSigned(Shown):
    """A gate with what it asked for and observed."""

    stage: StageTitle
    gate: GateShown
    as_signed: bool = _AS_SIGNED

    @classmethod
    def of(cls, signed: SignedGate, language: Language) -> GateSigned:
        """Return `signed` for a reader of `language`."""
        return cls(
            stage=signed.stage.in_language(language),
            gate=GateShown.of(signed.gate, language),
            as_signed=signed.as_signed,
        )


class RolloutSigned(Shown):
    """How traffic will move, and what is watched meanwhile."""

    stage: Annotated[str, Field(examples=["Grey release"])]
    steps: list[Annotated[str, Field(examples=["5 % of the traffic"])]]
    watched: list[Annotated[str, Field(examples=["success_rate stays above 0.99"])]]
    by_itself: list[str] = Field(
        examples=[["When health is bad, traffic returns to stable."]],
        description="What happens when health is bad, or another run holds the service.",
    )

    @classmethod
    def of(cls, planned: dict[str, Any], language: Language) -> RolloutSigned:
        """Return the rollout of a subject for a reader of `language`."""
        rollout = Rollout.model_validate({name: part for name, part in planned.items() if name != "stage"})
        return cls(
            stage=planned["stage"],
            steps=[tell(step_words(step), language) for step in rollout.steps],
            watched=[tell(analysis_words(analysis), language) for analysis in rollout.analyses],
            by_itself=[tell(sentence, language) for sentence in policy_words(rollout)],
        )


class SignedShown(Shown):
    """What the digest of an approval covers."""

    release: ReleaseShown
    plan: PlanSigned
    work: list[WorkSigned]
    gates: list[GateSigned]
    waivers: list[WaiverShown] = Field(description="The exceptions to checks that are signed with it.")
    rollout: list[RolloutSigned]

    @classmethod
    def of(cls, subject: dict[str, Any], signed: Signed, language: Language) -> SignedShown:
        """Return `subject` for a reader of `language`."""
        return cls(
            release=ReleaseShown.of(Release.model_validate(subject["release"])),
            plan=PlanSigned.model_validate(subject["plan"]),
            work=[WorkSigned.of(work, language) for work in signed.work],
            gates=[GateSigned.of(gate, language) for gate in signed.gates],
            waivers=[WaiverShown.of(waiver, language) for waiver in signed.waivers],
            rollout=[RolloutSigned.of(planned, language) for planned in subject["rollout"]],
        )
