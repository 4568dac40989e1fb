"""Staged exposure: the steps by which traffic moves, and what people may do between them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from golive import service_lock
from golive.commands import Promote, PromoteFull, RetryRollout
from golive.effects import Shifted, ShiftTraffic, Verdict, Watch
from golive.ending import begin_rollback, no_return
from golive.errors import Conflict, need_words
from golive.gates import alert
from golive.looking_up import confirmed
from golive.possible import STOPPED
from golive.recording import RolloutView, Wait
from golive.rollout_words import step_words
from golive.run import Run
from golive.sign_off import refresh
from golive.state import RolloutState
from golive.template import Stage
from golive.template_rollouts import ApprovalStep, Bake, CheckStep, Pause, Rollout, SetWeight, Step
from golive.words import N_, say


def rollout_of(run: Run, stage: Stage) -> tuple[Rollout, RolloutState]:
    """Return the plan and the state of an entered rollout."""
    state = run.stage(stage.id).rollout
    if stage.rollout is None or state is None:
        raise AssertionError(f"stage {stage.id} has no rollout")
    return stage.rollout, state


def enter(run: Run, stage: Stage) -> None:
    """Begin to wait for the service."""
    run.stage(stage.id).rollout = RolloutState(since=run.now)
    service_lock.want(run)


def advance(run: Run, stage: Stage) -> None:
    """Start the next step when the present one is over."""
    plan, state = rollout_of(run, stage)
    if state.phase == "waiting":
        state.ready = run.state.lock.held and _still_signed(run, stage)
        if run.state.ending is None and not run.state.lock.held:
            service_lock.want(run)
    elif state.phase == "pausing":
        state.ready = state.ready or (state.until is not None and state.until <= run.now)
    elif state.phase == "approving":
        step = plan.steps[state.step]
        if isinstance(step, ApprovalStep):
            ref = f"{stage.id}.{step.approval}"
            asked = run.state.approvals[ref]
            state.ready = asked.state == "approved" and not asked.again and confirmed(run, ref)
    if state.ready and (run.state.shifted is not None or _still_signed(run, stage)):
        _next(run, stage, plan, state)


def _still_signed(run: Run, stage: Stage) -> bool:
    """Compare what was signed, by steps of this rollout too, once more right before traffic first moves."""
    if run.state.shifted is None:
        refresh(run, everything=True)
    plan, state = rollout_of(run, stage)
    own = {f"{stage.id}.{s.approval}" for s in plan.steps[: state.step + 1] if isinstance(s, ApprovalStep)}
    before = run.index.before[stage.id]
    return all(
        run.state.approvals[ref].state == "approved"
        for ref, (owner, _) in run.index.approvals.items()
        if owner.id in before or ref in own
    )


def _next(run: Run, stage: Stage, plan: Rollout, state: RolloutState) -> None:
    _stop_watch(run, stage, state)
    state.ready, state.verdict, state.cause, state.until = False, None, None, None
    state.step += 1
    while state.full and state.step < len(plan.steps) and _skipped(plan, state.step):
        state.step += 1
    state.since = run.now
    if state.step >= len(plan.steps):
        state.phase = "done"
        return
    step = plan.steps[state.step]
    run.emit("RolloutStepStarted", f"rollout:{stage.id}", step=state.step + 1, what=step_words(step))
    _begin(run, stage, plan, state, step)


def _skipped(plan: Rollout, n: int) -> bool:
    """Tell whether a promotion to the end leaves out step `n`: pauses and all weights but the last, no health check."""
    step = plan.steps[n]
    if isinstance(step, SetWeight):
        return any(isinstance(later, SetWeight) for later in plan.steps[n + 1 :])
    return isinstance(step, Pause)


def _begin(run: Run, stage: Stage, plan: Rollout, state: RolloutState, step: Step) -> None:
    match step:
        case SetWeight():
            state.phase = "shifting"
            _shift(run, stage, state, step.weight)
        case Pause():
            state.phase = "pausing"
            state.until = run.now + step.duration.on_the_clock if step.duration else None
            if plan.analyses and plan.metrics and run.state.weight:
                _watch(run, stage, plan, state, until=None)
        case Bake():
            state.phase = "baking"
            state.until = run.now + step.duration.on_the_clock
            _watch(run, stage, plan, state, until=state.until)
        case CheckStep():
            state.phase = "checking"
            _watch(run, stage, plan, state, until=None)
        case ApprovalStep():
            state.phase = "approving"
            asked = run.approval(f"{stage.id}.{step.approval}")
            asked.again, asked.confirmed_at = True, None


def _shift(run: Run, stage: Stage, state: RolloutState, weight: int) -> None:
    release = run.state.release
    run.state.shifted = release.version
    run.ask(
        ShiftTraffic(
            key=f"{run.state.run_id}/{stage.id}/{state.attempt}/{state.step}",
            run_id=run.state.run_id,
            stage=stage.id,
            service=release.service,
            environment=release.environment,
            version=release.version,
            weight=weight,
            generation=run.state.lock.generation,
        )
    )


def watch_key(run: Run, stage: Stage, state: RolloutState) -> str:
    """Return the key of the present step's watch: its measurements in SQL go by it."""
    return f"{run.state.run_id}/{stage.id}/{state.attempt}/{state.step}"


def _watch(run: Run, stage: Stage, plan: Rollout, state: RolloutState, *, until: datetime | None) -> None:
    run.ask(watch_of(run, stage, plan, state, until=until))


def watch_of(run: Run, stage: Stage, plan: Rollout, state: RolloutState, *, until: datetime | None) -> Watch:
    """Return the watch of the present step. A check step measures each analysis to its end, once by default."""
    once = state.phase == "checking"
    analyses = [
        one.model_copy(update={"interval": None}) if once and one.count is None else one
        for one in plan.analyses
    ]
    release = run.state.release
    return Watch(
        key=watch_key(run, stage, state),
        run_id=run.state.run_id,
        stage=stage.id,
        service=release.service,
        environment=release.environment,
        version=release.version,
        analyses=tuple(analyses),
        since=state.since or run.now,
        until=until,
    )


def running_watch(run: Run, stage: Stage) -> Watch | None:
    """Return the watch that ought to be running, so that it starts again after continue-as-new."""
    state = run.stage(stage.id).rollout
    plan = stage.rollout
    if (
        plan is None
        or state is None
        or run.stage(stage.id).state != "open"
        or run.state.ending
        or state.ready
    ):
        return None
    watching = state.phase in ("baking", "checking") or (
        state.phase == "pausing" and plan.analyses and plan.metrics and run.state.weight
    )
    if not watching:
        return None
    return watch_of(run, stage, plan, state, until=state.until if state.phase == "baking" else None)


def _stop_watch(run: Run, stage: Stage, state: RolloutState) -> None:
    if state.phase in ("pausing", "baking", "checking"):
        run.stopped.append(watch_key(run, stage, state))


def shifted(run: Run, stage: Stage, effect: ShiftTraffic, result: Shifted) -> None:
    """Follow a shift. One of a generation that an abort has ended does not count."""
    _, state = rollout_of(run, stage)
    if effect.generation != run.state.lock.generation or run.state.ending:
        return
    error = result.error
    if result.fenced:  # and nobody has aborted: the claim was ended outside this run
        run.state.lock.held = False
        error = say(N_("the run no longer holds its service; retry to claim it again"))
    if error is not None:
        state.phase, state.verdict, state.cause = "stopped", "inconclusive", error
        run.emit("ShiftFailed", f"rollout:{stage.id}", weight=effect.weight, cause=error)
        alert(run, stage, stage.title, error)
        return
    run.state.weight = result.weight
    run.emit("TrafficShifted", f"rollout:{stage.id}", weight=result.weight, version=effect.version)
    state.ready = True


def watched(run: Run, stage: Stage, effect: Watch, result: Verdict) -> None:
    """Follow a verdict: healthy goes on, unhealthy goes back, inconclusive waits for a person."""
    plan, state = rollout_of(run, stage)
    if effect.key != watch_key(run, stage, state) or run.state.ending or state.phase in ("stopped", "done"):
        return
    before, state.verdict, state.cause = state.verdict, result.verdict, result.cause
    if before != result.verdict:
        run.emit("VerdictChanged", f"rollout:{stage.id}", verdict=result.verdict, cause=result.cause)
    if result.verdict == "healthy":
        state.ready = state.ready or state.phase in ("baking", "checking")
    elif result.verdict == "unhealthy" and plan.on_unhealthy == "rollback" and not no_return(run):
        alert(run, stage, stage.title, result.cause)
        begin_rollback(run, say(N_("{stage} is unhealthy: {cause}"), stage=stage.title, cause=result.cause))
    else:
        state.phase, state.until = "stopped", None
        alert(run, stage, stage.title, result.cause)


# -- what people do ------------------------------------------------------------------------------------------


def open_rollout(run: Run) -> tuple[Stage, RolloutState] | None:
    """Return the rollout that is under way, if any."""
    for stage in run.plan.stages:
        state = run.stage(stage.id)
        if state.state == "open" and state.rollout is not None and state.rollout.phase != "done":
            return stage, state.rollout
    return None


def expect_rollout(run: Run) -> tuple[Stage, RolloutState]:
    """Return the rollout under way of a run that moves; else raise what stands in the way."""
    found = open_rollout(run)
    if found is None:
        raise Conflict("no_rollout", N_("No rollout of this run is open now."))
    if not run.moving:
        raise Conflict("run_held", N_("The run is {state}; resume it first."), state=run.state.state)
    return found


def check_promote(run: Run, act: Promote) -> None:
    """Raise why the rollout cannot go on to the next step."""
    need_words(act.reason)
    _, state = expect_rollout(run)
    if stands(state) not in STOPPED:
        raise Conflict(
            "not_paused",
            N_("The rollout is {phase}, which ends by itself; only a pause or a stop waits for a person."),
            phase=state.phase,
        )
    if run.state.lock.held is False:
        raise Conflict("no_lock", N_("The run does not hold its service yet."))


def promote(run: Run, act: Promote) -> None:
    """Go on to the next step."""
    stage, state = expect_rollout(run)
    run.emit("RolloutPromoted", f"rollout:{stage.id}", words={"reason": act.reason}, step=state.step + 1)
    _stop_watch(run, stage, state)
    state.ready = True
    if state.phase == "stopped":
        state.phase = "pausing"


def check_promote_full(run: Run, act: PromoteFull) -> None:
    """Raise why the rollout cannot go to its end."""
    need_words(act.reason)
    expect_rollout(run)
    if run.state.lock.held is False:
        raise Conflict("no_lock", N_("The run does not hold its service yet."))


def promote_full(run: Run, act: PromoteFull) -> None:
    """Skip the remaining pauses and weights, not the health checks; a bake under way ends first."""
    stage, state = expect_rollout(run)
    state.full = True
    run.emit("RolloutPromotedFull", f"rollout:{stage.id}", words={"reason": act.reason}, step=state.step + 1)
    if stands(state) in STOPPED:
        _stop_watch(run, stage, state)
        state.phase, state.ready = "pausing", True


def check_retry(run: Run, act: RetryRollout) -> None:
    """Raise why the rollout cannot start over."""
    need_words(act.reason)
    _, state = expect_rollout(run)
    if stands(state) not in STOPPED:
        raise Conflict(
            "not_paused", N_("The rollout is {phase}; wait until it pauses or stops."), phase=state.phase
        )


def retry(run: Run, act: RetryRollout) -> None:
    """Start over from the first step."""
    stage, state = expect_rollout(run)
    _stop_watch(run, stage, state)
    run.emit(
        "RolloutRestarted", f"rollout:{stage.id}", words={"reason": act.reason}, attempt=state.attempt + 2
    )
    run.stage(stage.id).rollout = RolloutState(attempt=state.attempt + 1, since=run.now)


def new_build(run: Run, stage: Stage) -> None:
    """Start over with a new build; no traffic has moved yet, or it would have been refused."""
    state = run.stage(stage.id).rollout
    if state is not None:
        _stop_watch(run, stage, state)
        run.stage(stage.id).rollout = RolloutState(attempt=state.attempt + 1, since=run.now)


# -- how it looks --------------------------------------------------------------------------------------------


def stands(state: RolloutState) -> Literal["waiting", "running", "paused", "done", "failed"]:
    """Return how a rollout stands, in the word that people read."""
    match state.phase:
        case "waiting" | "done":
            return state.phase
        case "pausing":
            return "paused"
        case "stopped":
            return "failed"
        case _:
            return "running"


def view(run: Run, stage: Stage) -> RolloutView | None:
    """Return how the rollout of a stage stands."""
    state = run.stage(stage.id).rollout
    if stage.rollout is None or state is None:
        return None
    word = "returned" if run.state.ending else stands(state)
    steps = stage.rollout.steps
    what = step_words(steps[state.step]) if 0 <= state.step < len(steps) else say(N_("not started"))
    if state.phase == "done":
        what = say(N_("done"))
    return RolloutView(
        step=min(max(state.step, 0), len(steps) - 1),
        steps=len(steps),
        what=what,
        weight=run.state.weight,
        verdict=state.verdict,
        cause=state.cause,
        state=word,
        since=state.since,
        until=state.until,
        claimed=run.state.lock.held,
        shifted=run.state.shifted is not None,
    )


def wait(run: Run, stage: Stage) -> Wait | None:
    """Return what the rollout awaits."""
    state = run.stage(stage.id).rollout
    if state is None or state.since is None or run.state.ending:
        return None
    manager = (run.plan.release_manager,)
    about = f"rollout:{stage.id}"
    if state.phase == "waiting":
        return Wait(what="lock", object=about, since=state.since) if run.state.lock.wanted else None
    if state.phase == "stopped" or (state.phase == "pausing" and state.until is None and not state.ready):
        return Wait(what="promote", object=about, who=manager, since=state.since) if run.moving else None
    if state.until is not None:
        says = say(N_("the next rollout step"))
        return Wait(what="bake", object=about, since=state.since, next=says, next_at=state.until)
    if state.phase in ("shifting", "checking"):
        what = "traffic" if state.phase == "shifting" else "check"
        return Wait(what=what, object=about, who=("golive",), since=state.since)
    return None


def next_due(run: Run, stage: Stage) -> datetime | None:
    """Return when a pause ends by itself. The end of a bake is its watch's to report."""
    state = run.stage(stage.id).rollout
    return state.until if state is not None and state.phase == "pausing" and not state.ready else None
