"""How a stage of a new template moves traffic: what is measured, step by step, and the way back."""

from __future__ import annotations

from collections.abc import Iterator

from golive.new_template_design import Design
from golive.new_template_yaml import scalar, task
from golive.words import N_, Translate

_FULL = 100


def rollout_of(stage: str, design: Design, note: Translate) -> Iterator[str]:
    """Yield the lines of a stage's rollout; `note` translates their comments."""
    yield "    rollout:"
    if design.answers.watched:
        yield from _analyses(design, note)
    yield from _steps(stage, design, note)
    yield "    # " + note(N_("What a rollback asks of people, once traffic is back."))
    yield "    on_rollback:"
    yield from task("confirm-stable", _STABLE, design.who("ops"), "1h", "back-out")


def _analyses(design: Design, note: Translate) -> Iterator[str]:
    yield "      # " + note(N_("Measured all the time; too many failures bring all traffic back."))
    yield "      analyses:"
    for each in design.answers.watched:
        metric = scalar(each.metric)
        yield f'        - {{metric: {metric}, success: "{each.condition}", interval: 1m, failure_limit: 1}}'


def _steps(stage: str, design: Design, note: Translate) -> Iterator[str]:
    yield "      steps:"
    if design.signed.stage == stage:
        yield "        - {do: approval, approval: go}"
    for weight in design.weights(stage):
        yield f"        - {{do: set_weight, weight: {weight}}}"
        if design.answers.watched:
            yield '        - {do: bake, duration: "${bake}"}'
        elif weight < _FULL:
            yield "        - {do: pause}  # " + note(N_("until the release manager promotes it"))


_STABLE = "{en: Confirm that the old version serves everybody, zh: 确认全部流量已回到旧版本}"
