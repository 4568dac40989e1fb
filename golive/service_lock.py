"""The claim of a run on its service and environment while its traffic moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from golive.effects import Supersede
from golive.events import Event
from golive.holding import hold_for_manager
from golive.recording import LockRequest, Recorded
from golive.run import Run
from golive.words import N_, say

LOOK_AGAIN = {"real": timedelta(seconds=60), "demo": timedelta(seconds=2)}
"""A waiting run is woken by the end of the holder; it also looks by itself, so that a lost wake costs a minute."""


def want(run: Run) -> None:
    """Ask for the lock, unless the run has it or has asked."""
    lock = run.state.lock
    if lock.held or lock.wanted:
        return
    lock.wanted, lock.holder, lock.look_at = True, None, None
    release = run.state.release
    run.emit("ServiceLockRequested", service=release.service, environment=release.environment)


def give_back(run: Run) -> None:
    """Release the lock; the next waiter is woken by whoever records this."""
    lock = run.state.lock
    if not (lock.held or lock.wanted):
        return
    lock.held, lock.wanted, lock.holder, lock.look_at = False, False, None, None
    release = run.state.release
    run.emit("ServiceLockReleased", service=release.service, environment=release.environment)


def request(run: Run, events: Sequence[Event]) -> LockRequest | None:
    """Return what a batch with `events` asks of the lock: to be taken, or, when it is given back there, released."""
    lock, release = run.state.lock, run.state.release
    do: Literal["take", "release"]
    if any(event.type == "ServiceLockReleased" for event in events):
        do = "release"
    elif lock.wanted and (lock.look_at is None or lock.look_at <= run.now):
        do = "take"
    else:
        return None
    return LockRequest(
        do=do, service=release.service, environment=release.environment, generation=lock.generation
    )


def answered(run: Run, answer: Recorded) -> None:
    """Follow what `record` said about the lock."""
    lock, release = run.state.lock, run.state.release
    if not lock.wanted or answer.lock_holder is None:
        return
    if answer.lock_holder == run.state.run_id:
        lock.held, lock.wanted, lock.holder, lock.look_at = True, False, None, None
        run.emit("ServiceLocked", service=release.service, environment=release.environment)
        return
    said = lock.holder == answer.lock_holder
    lock.holder = answer.lock_holder
    lock.look_at = run.now + LOOK_AGAIN[run.plan.pace]
    if not said:
        run.emit(
            "ServiceLockWaiting", service=release.service, environment=release.environment, holder=lock.holder
        )
        _conflict(run, lock.holder)


def _conflict(run: Run, holder: str) -> None:
    policy = _policy(run)
    if run.state.ending is not None or policy == "queue":
        return
    if policy == "refuse":
        run.state.lock.wanted = False
        hold_for_manager(
            run, say(N_("run {holder} holds the service and the template refuses to wait"), holder=holder)
        )
    else:
        run.ask(
            Supersede(key=f"{run.state.run_id}/supersede/{holder}", run_id=run.state.run_id, holder=holder)
        )


def _policy(run: Run) -> str:
    """Return what the rollout that waits for the service says about a conflict."""
    for stage in run.plan.stages:
        state = run.stage(stage.id).rollout
        if stage.rollout is not None and state is not None and state.phase == "waiting":
            return stage.rollout.on_conflict
    return "queue"
