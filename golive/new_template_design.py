"""What a new template will be, before a line of it is written: what is used, where the two sign, who reads what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from golive.new_template_yaml import scalar
from golive.template_answers import ROLLOUTS, Answers


@dataclass(frozen=True)
class Signed:
    """The stage in which the two sign, and the key of the approval there."""

    stage: str
    key: str = "go"

    @property
    def ref(self) -> str:
        """The approval as tests name it."""
        return f"{self.stage}.{self.key}"


@dataclass(frozen=True)
class Design:
    """What follows from the answers."""

    answers: Answers

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The chosen stages in the order of a go-live."""
        return self.answers.in_order

    @cached_property
    def signed(self) -> Signed:
        """Where the two sign: in the sign-off, else right before traffic moves, else at the end."""
        if "sign-off" in self.stages:
            return Signed("sign-off")
        first = next((n for n, stage in enumerate(self.stages) if stage in ROLLOUTS), None)
        if first is None:
            work = [stage for stage in self.stages if stage != "review"] or list(self.stages)
            signed = work[-1]
        else:
            signed = self.stages[max(first - 1, 0)]
        used = {"uat": "accepted", "grey-release": "move-traffic"}
        return Signed(signed, used.get(signed, "go") if self._fitting(signed, signed) else "go")

    def uses(self, stage: str) -> str | None:
        """Return the bundled template that fits as it is: it asks the functions that were named, and no others."""
        return self._fitting(stage, self.signed.stage)

    def _fitting(self, stage: str, signed: str) -> str | None:
        doers, signers = set(self.answers.doers), set(self.answers.signers)
        watched = self.answers.watched
        fits = {
            "uat": signed == "uat"
            and signers == {"business", "qa"}
            and {"qa", "ops", "dev", "business"} <= doers,
            "sign-off": signers == {"ops", "qa"} and "release" in doers,
            "grey-release": signed == "grey-release"
            and signers == {"ops", "qa"}
            and {"ops", "support", "dev"} <= doers
            and [(each.metric, each.good.compare) for each in watched] == [("success_rate", ">=")]
            and 0 <= watched[0].good.threshold <= 1,
            "review": signed != "review" and "business" in signers and {"release", "dev"} <= doers,
        }
        names = {"sign-off": "dual-sign-off", "review": "post-launch-review"}
        return names.get(stage, stage) if fits.get(stage) else None

    def who(self, *preferred: str) -> str:
        """Return the first preferred function that does work here, as YAML."""
        doers = self.answers.doers
        return scalar(next((each for each in preferred if each in doers), doers[0]))

    @cached_property
    def is_watched(self) -> bool:
        """Whether traffic moves and metrics are watched meanwhile."""
        return bool(self.answers.watched and set(ROLLOUTS) & set(self.stages))

    def reads(self, stage: str) -> bool:
        """Tell whether a person reads the metrics in this stage: in hypercare, or where nothing else watches them."""
        if not self.answers.watched:
            return False
        if "hypercare" in self.stages:
            return stage == "hypercare"
        return not set(ROLLOUTS) & set(self.stages) and stage == self._last_written()

    def _last_written(self) -> str | None:
        """Return the last stage that is not the place of a bundled template."""
        return next((stage for stage in reversed(self.stages) if not self.uses(stage)), None)

    def weights(self, stage: str) -> tuple[int, ...]:
        """Return the weights that a rollout of this stage passes through."""
        if stage == "full-release":
            return (100,)
        return (5, 25, 50) if "full-release" in self.stages else (5, 25, 50, 100)
