"""Plans a running run anew: by the same template, or a later version of it, with the facts of the run's start."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime

from golive.errors import Invalid
from golive.feasibility import check_feasible
from golive.model import Fact
from golive.parameters import declared
from golive.people import People
from golive.plan import Plan, Release
from golive.plan_changes import FROZEN
from golive.planning import StartRequest, make_plan
from golive.template_checks import roles_asked
from golive.template_source import Library
from golive.vocabulary import Function, UserName
from golive.words import N_


class Changes(Fact):
    """What an amendment asks for. `template_version` is a version of the run's own template."""

    parameters: dict[str, str | int | float | bool] = {}
    people: dict[Function, tuple[UserName, ...]] = {}
    go_live_at: AwareDatetime | None = None
    template_version: int | None = None

    @property
    def by_template(self) -> bool:
        """Whether the template has to be read again: other people and another date need no template."""
        return bool(self.parameters) or self.template_version is not None


def with_others(before: Plan, release: Release, changes: Changes, people: People, now: datetime) -> Plan:
    """Return the plan with other people and another date, judged with the present build.

    Raises Invalid `start_time_invalid`, and those of feasibility.check_feasible.
    """
    if changes.go_live_at is not None and changes.go_live_at < now:
        raise Invalid(
            "start_time_invalid",
            N_("the planned go-live ({at}) lies in the past; choose a later one"),
            at=changes.go_live_at.isoformat(),
            facts={"field": "go_live_at"},
        )
    taking_part = people.within(roles_asked(before.stages))
    update = {
        "people": taking_part.members,
        "sign_only": taking_part.sign_only,
        "do_only": taking_part.do_only,
        "go_live_at": changes.go_live_at or before.go_live_at,
    }
    plan = before.model_copy(update=update)
    check_feasible(plan.model_copy(update={"release": release}))
    return plan


def planned_anew(  # noqa: PLR0913 - as make_plan, and the plan before
    before: Plan,
    release: Release,
    changes: Changes,
    people: People,
    library: Library,
    *,
    version: int,
    metrics: bool,
    now: datetime,
) -> Plan:
    """Return the plan that the template in `library` makes with the values of `before` and those that change.

    Values of parameters that the template has no more are left out. Raises as `make_plan`.
    """
    known = {each.key for each in declared(library.templates[before.template])}
    kept = {key: value for key, value in before.parameters.items() if key in known}
    request = StartRequest(
        template=before.template,
        title=before.title,
        parameters=kept | changes.parameters,
        release=release,
        go_live_at=changes.go_live_at,
    )
    plan = make_plan(
        library,
        request,
        people,
        version=version,
        release_manager=before.release_manager,
        metrics=metrics,
        now=now,
    )
    frozen = {name: getattr(before, name) for name in FROZEN if name not in ("template", "workflow")}
    return plan.model_copy(update=frozen | {"go_live_at": changes.go_live_at or before.go_live_at})


def measures(plan: Plan) -> bool | None:
    """Tell whether rollouts of the plan are watched by metrics; None when it has none to tell."""
    rollouts = [stage.rollout.metrics for stage in plan.stages if stage.rollout]
    return any(rollouts) if rollouts else None
