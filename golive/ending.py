"""How a run ends before its time: traffic returns to stable, back-out tasks are done, stable is confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from golive.effects import ReturnTraffic, Shifted
from golive.possible import no_return as passed
from golive.run import Run
from golive.service_lock import give_back
from golive.state import EndingState
from golive.task_graph import open_task
from golive.template import Task
from golive.vocabulary import AWAITED, FINISHED
from golive.words import N_, Sentence, say

MARGIN = timedelta(seconds=1)


def no_return(run: Run) -> Task | None:
    """Return the point of no return that the run has passed, if any: then only forward fixes are left."""
    return passed(run.plan.stages, lambda ref: run.state.tasks[ref].state)


def begin_abort(run: Run, by: str, cause: Sentence) -> None:
    """End the run: nothing else goes on, and traffic returns at once."""
    _begin(run, "abort", by, cause)


def begin_rollback(run: Run, cause: Sentence, by: str = "golive") -> None:
    """Return traffic to stable at once and open the back-out tasks of every stage that was reached."""
    run.emit("RollbackStarted", cause=cause)
    _begin(run, "rollback", by, cause)
    told = say(N_("The rollback of “{title}” has started: {cause}"), title=run.title, cause=cause)
    everybody = run.plan.everybody()
    run.tell(everybody, told, f"/runs/{run.state.run_id}")


def _begin(run: Run, how: Literal["abort", "rollback"], by: str, cause: Sentence) -> None:
    state = run.state
    before = state.ending
    state.ending = EndingState(how=how, by=by, at=run.now, cause=cause)
    if before is not None:  # an abort during a rollback: the traffic is already on its way back
        state.ending.traffic, state.ending.confirm_at = before.traffic, before.confirm_at
    state.hold = None
    state.state = "rolling_back"
    _close_everything(run)
    if before is None and run.state.shifted is not None:
        _claim_and_return(run)
    if state.ending.traffic == "none":
        give_back(run)  # nothing to return: back-out tasks need no claim on the service
    if how == "rollback":
        _open_back_out(run)


def _claim_and_return(run: Run) -> None:
    """Return traffic at once while the run holds its service; after a full release, claim the service first."""
    ending = run.state.ending
    if ending is None:
        return
    if run.state.lock.held:
        return_traffic(run)
    else:
        ending.traffic = "wanted"


def return_traffic(run: Run) -> None:
    """Ask for the return of traffic, before anything is recorded; the raised generation fences late shifts."""
    ending = run.state.ending
    if ending is None:
        return
    run.state.lock.generation += 1
    ending.traffic = "returning"
    run.ask(_return(run), at_once=True)


def _return(run: Run, *, confirm: bool = False) -> ReturnTraffic:
    generation, release = run.state.lock.generation, run.state.release
    return ReturnTraffic(
        key=f"{run.state.run_id}/return/{generation}/{'confirm' if confirm else 'first'}",
        run_id=run.state.run_id,
        service=release.service,
        environment=release.environment,
        version=run.state.shifted or release.version,
        generation=generation,
        confirm=confirm,
    )


def _close_everything(run: Run) -> None:
    """Close what is still asked of people: an ending run asks only for its back-out."""
    for ref, task in run.state.tasks.items():
        if task.clock is not None:
            run.task(ref).clock = None
        if task.state in AWAITED:
            run.task(ref).state = "locked"
    run.clocked.clear()
    for ref, approval in run.state.approvals.items():
        if approval.state == "pending":
            closed = run.approval(ref)
            closed.state = "stale"
            closed.stop_clocks()
    for stage in run.plan.stages:
        rollout = run.stage(stage.id).rollout
        if rollout is not None and rollout.phase != "done":
            run.stopped.append(f"{run.state.run_id}/{stage.id}/{rollout.attempt}/{rollout.step}")


def _open_back_out(run: Run) -> None:
    """Open the back-out tasks of the stages that were reached, the last stage's first, each after its needs."""
    wanted = back_out(run)
    for ref in wanted:
        task = run.task(ref)
        task.unmet = len([need for need in run.index.back_out[ref][1].needs if need in wanted])
        if not task.unmet:
            open_task(run, ref)


def returned(run: Run, effect: ReturnTraffic, result: Shifted) -> None:
    """Follow the return of traffic: read back once more after the longest shift, so that no late shift undoes it."""
    ending = run.state.ending
    if ending is None or effect.generation != run.state.lock.generation:
        return
    run.state.weight = result.weight
    if effect.confirm:
        ending.traffic = "confirmed"
        run.emit("StableConfirmed", weight=result.weight)
        give_back(run)
        return
    ending.traffic = "returned"
    ending.confirm_at = run.now + timedelta(seconds=run.plan.shift_timeout) + MARGIN
    run.emit("TrafficReturned", cause=ending.cause)


def advance(run: Run) -> None:
    """Go on with the ending as far as the clock and the lock allow."""
    ending = run.state.ending
    if ending is None:
        return
    if ending.traffic == "wanted" and run.state.lock.held:
        return_traffic(run)
    if ending.traffic == "returned" and ending.confirm_at is not None and ending.confirm_at <= run.now:
        ending.traffic = "confirming"
        run.ask(_return(run, confirm=True))


def done(run: Run) -> bool:
    """Tell whether traffic is confirmed on stable and, after a rollback, every back-out task is finished."""
    ending = run.state.ending
    if ending is None or ending.traffic not in ("none", "confirmed"):
        return False
    return ending.how == "abort" or all(run.state.tasks[ref].state in FINISHED for ref in back_out(run))


def back_out(run: Run) -> list[str]:
    """Return the back-out tasks of the stages that were reached, in the reverse of the plan's order."""
    return [
        f"{stage.id}.{task.key}"
        for stage in reversed(run.plan.stages)
        if run.stage(stage.id).opened_at is not None
        for task in stage.on_rollback
    ]
