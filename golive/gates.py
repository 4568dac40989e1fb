"""Gates: measured conditions that open or close a stage. Not run is never passed; no data is never a pass."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, timedelta

from golive.effects import Measure, Measured
from golive.recording import CheckView, GateView
from golive.run import Run
from golive.state import CheckState
from golive.template import Check, FactSource, Gate, MetricSource, Stage
from golive.vocabulary import CheckStateName, Compare
from golive.waivers import counted
from golive.words import N_, Sentence, Text, say

COMPARE: dict[Compare, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
PASSING = ("pass", "pass_with_waiver")
MEASURE_AGAIN = timedelta(seconds=60)
"""A measured check that did not pass is measured again after so long, and shown with when."""


def judge_gates(run: Run, stage: Stage, on: str, *, measure: bool = True) -> bool:
    """Judge every gate of a stage on `entry` or `exit`; tell whether all pass. Changes are journalled.

    Evidence is judged as soon as it is there; with `measure`, what a connector must measure is asked for as well.
    """
    verdicts = [
        _judge(run, stage, gate, check, measure=measure)
        for gate in stage.gates
        if gate.on == on
        for check in gate.checks
    ]
    return all(state in PASSING for state in verdicts)


def _judge(run: Run, stage: Stage, gate: Gate, check: Check, *, measure: bool) -> CheckStateName:
    key = f"{gate.key}.{check.key}"
    known = run.stage(stage.id).checks.setdefault(key, CheckState())
    if isinstance(check.source, FactSource):
        _keep(run, stage, check, key, _from_evidence(run, check, check.source))
    elif (
        measure
        and known.state != "running"
        and (_too_old(check, known.observed_at, run.now) or _due(known, run.now))
    ):
        _measure(run, stage, check.source, key)
    return counted(run, stage, key)


def _from_evidence(run: Run, check: Check, source: FactSource) -> CheckState:
    task = run.state.tasks[source.task]
    if task.state not in ("done", "to_verify") or task.done_at is None:
        return CheckState()
    if source.fact not in task.facts:
        cause = say(
            N_("the evidence of “{task}” does not say {fact}"),
            task=run.index.task(source.task).title,
            fact=source.fact,
        )
        return CheckState(state="error", observed_at=task.done_at, cause=cause)
    return _compared(check, task.facts[source.fact], task.done_at, run.now)


def _compared(check: Check, observed: float, at: datetime, now: datetime) -> CheckState:
    if observed != observed:  # noqa: PLR0124 - NaN is the one value that differs from itself
        return CheckState(state="error", observed_at=at, cause=say(N_("the measured value is not a number")))
    if _too_old(check, at, now):
        cause = say(N_("the value is older than {max_age}"), max_age=str(check.max_age))
        return CheckState(state="error", observed=observed, observed_at=at, cause=cause)
    if COMPARE[check.compare](observed, check.threshold):
        return CheckState(state="pass", observed=observed, observed_at=at)
    cause = say(
        N_("{observed} is not {compare} {threshold}"),
        observed=round(observed, 6),
        compare=check.compare,
        threshold=check.threshold,
    )
    return CheckState(state="fail", observed=observed, observed_at=at, cause=cause)


def _too_old(check: Check, at: datetime | None, now: datetime) -> bool:
    return at is not None and check.max_age is not None and now - at > check.max_age.on_the_clock


def _due(known: CheckState, now: datetime) -> bool:
    return known.state == "not_run" or (known.again_at is not None and known.again_at <= now)


def _measure(run: Run, stage: Stage, source: MetricSource, key: str) -> None:
    release, known = run.state.release, run.stage(stage.id).checks[key]
    asked = f"{run.state.run_id}/{stage.id}/{key}/{run.state.seq}"
    run.stage(stage.id).checks[key] = known.model_copy(
        update={"state": "running", "last": known.state, "asked": asked, "again_at": None}
    )
    run.ask(
        Measure(
            key=asked,
            run_id=run.state.run_id,
            about=f"{stage.id}/{key}",
            service=release.service,
            environment=release.environment,
            version=release.version,
            metric=source.metric,
        )
    )


def measured(run: Run, effect: Measure, result: Measured) -> None:
    """Judge a check by what was measured; what could not be measured is an error, never a pass."""
    stage_id, _, key = effect.about.partition("/")
    reached = run.state.stages.get(stage_id)
    known = reached.checks.get(key) if reached else None
    if known is None or known.asked != effect.key:
        return  # of a former build, or of a plan that the run does not follow any more
    stage = run.index.stages[stage_id]
    check = next(c for g in stage.gates for c in g.checks if f"{g.key}.{c.key}" == key)
    if result.value is None:
        cause = result.error or say(N_("{metric} has no data"), metric=effect.metric)
        judged = CheckState(state="error", observed_at=result.at, cause=cause)
    else:
        judged = _compared(check, result.value, result.at, run.now)
    if judged.state not in PASSING:
        judged.again_at = run.now + MEASURE_AGAIN
    _keep(run, stage, check, key, judged)


def _keep(run: Run, stage: Stage, check: Check, key: str, judged: CheckState) -> None:
    before = run.stage(stage.id).checks.get(key, CheckState())
    if judged == before:
        return
    former = before.last if before.state == "running" else before.state
    run.stage(stage.id).checks[key] = judged
    run.touched[stage.id] = None
    said = judged.cause or say(N_("observed {observed}"), observed=_number(judged.observed))
    run.emit(
        "CheckChanged",
        f"stage:{stage.id}",
        check=key,
        title=check.title,
        state=judged.state,
        observed=judged.observed,
        threshold=check.threshold,
        compare=check.compare,
        cause=said,
    )
    if judged.state in ("fail", "error") and judged.state != former:
        alert(run, stage, check.title, said, check.countermeasures)


def alert(
    run: Run, stage: Stage, title: Text, cause: Sentence, countermeasures: tuple[Text, ...] = ()
) -> None:
    """Raise an alert to the release manager, with what the template suggests to do."""
    suggested = [measure.model_dump() for measure in countermeasures]
    run.emit("AlertRaised", f"stage:{stage.id}", what=title, cause=cause, countermeasures=suggested)
    told = say(N_("Alert: {what}. {cause}"), what=title, cause=cause)
    run.tell((run.plan.release_manager,), told, f"/runs/{run.state.run_id}")


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def forget_measured(run: Run, stage: Stage) -> bool:
    """Forget what was measured on a former build; tell whether an exit gate is not run for that."""
    measured_now = [
        (gate, f"{gate.key}.{check.key}")
        for gate in stage.gates
        for check in gate.checks
        if isinstance(check.source, MetricSource)
    ]
    for _, key in measured_now:
        run.stage(stage.id).checks[key] = CheckState()
    return any(gate.on == "exit" for gate, _ in measured_now)


def next_judgement(run: Run, stage: Stage, on: str, *, measure: bool) -> list[datetime]:
    """Return when checks on `entry` or `exit` must be looked at again by the clock.

    Those that are not judged then are left out, as in `judge_gates`: the timer would ring for them for ever.
    """
    moments = []
    for gate in stage.gates:
        for check in gate.checks:
            known = run.stage(stage.id).checks.get(f"{gate.key}.{check.key}")
            if known is None or gate.on != on or (isinstance(check.source, MetricSource) and not measure):
                continue
            if known.again_at is not None:
                moments.append(known.again_at)
            if known.state in PASSING and known.observed_at and check.max_age:
                moments.append(known.observed_at + check.max_age.on_the_clock + timedelta(milliseconds=1))
    return moments


def gate_view(run: Run, stage: Stage, gate: Gate) -> GateView:
    """Return a gate as people see it. With any check not run, the gate is not run."""
    checks = tuple(_view(run, stage, check, f"{gate.key}.{check.key}") for check in gate.checks)
    return GateView(
        key=gate.key, title=gate.title, on=gate.on, state=overall([c.state for c in checks]), checks=checks
    )


def overall(states: list[CheckStateName]) -> CheckStateName:
    """Return the state of a gate from its checks': the worst news first, and pass only when all pass."""
    order: tuple[CheckStateName, ...] = ("fail", "error", "running", "not_run", "pass_with_waiver", "pass")
    return next((state for state in order if state in states), "not_run")


def _view(run: Run, stage: Stage, check: Check, key: str) -> CheckView:
    source, known = check.source, run.stage(stage.id).checks.get(key, CheckState())
    return CheckView(
        key=check.key,
        title=check.title,
        state=counted(run, stage, key),
        observed=known.observed,
        observed_at=known.observed_at,
        compare=check.compare,
        threshold=check.threshold,
        source=f"{source.task}: {source.fact}" if isinstance(source, FactSource) else source.metric,
        cause=known.cause,
    )
