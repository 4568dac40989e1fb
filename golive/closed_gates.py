"""Gates that keep a stage closed now, in words: why, what opens them, and who can bring that about."""

from __future__ import annotations

from collections.abc import Iterator

from golive.recording import Wait
from golive.run import Run
from golive.stages import needs_met, only_gates_left
from golive.state import CheckState
from golive.tasks import traffic_moved_on
from golive.template import Check, FactSource, Gate, MetricSource, Stage
from golive.waivers import WAIVABLE, counted
from golive.words import N_, Sentence, say


def closed_gate(run: Run) -> Sentence | None:
    """Say which gate is closed, why, and what opens it; None when none is."""
    for stage, gate, check, known in _closed(run):
        closed = say(
            N_("Gate “{gate}” of “{stage}” is closed: {check}: {cause}."),
            gate=gate.title,
            stage=stage.title,
            check=check.title,
            cause=known.cause or say(N_("it did not pass")),
        )
        return _with_remedy(run, check, closed)
    return None


def _closed(run: Run) -> Iterator[tuple[Stage, Gate, Check, CheckState]]:
    """Yield each gate that is judged now and stays closed, with its first check that does not pass.

    While a task is done again its evidence is awaited, not the gate; what is measured is measured once only
    gates are left.
    """
    for stage in run.plan.stages:
        on = {"locked": "entry", "open": "exit"}.get(run.stage(stage.id).state)
        for gate in stage.gates if needs_met(run, stage) else ():
            for check in gate.checks if gate.on == on else ():
                known = run.stage(stage.id).checks.get(f"{gate.key}.{check.key}")
                blocks = counted(run, stage, f"{gate.key}.{check.key}") in WAIVABLE
                if known is not None and blocks and _is_judged(run, stage, check):
                    yield stage, gate, check, known
                    break


def _is_judged(run: Run, stage: Stage, check: Check) -> bool:
    if isinstance(check.source, FactSource):
        return run.state.tasks[check.source.task].state in ("done", "to_verify")
    return run.stage(stage.id).state == "locked" or only_gates_left(run, stage)


def _with_remedy(run: Run, check: Check, closed: Sentence) -> Sentence:
    """Add what opens a closed gate: the next measurement, other evidence, or nothing in this run any more."""
    if isinstance(check.source, MetricSource):
        return say(N_("{closed} It is measured again by itself."), closed=closed)
    task = check.source.task
    if traffic_moved_on(run, task):
        return say(
            N_("{closed} Traffic has moved on the signed evidence: only a rollback or an abort is left."),
            closed=closed,
        )
    return say(
        N_("{closed} It is judged again once “{task}” has been opened again and done; {who} can open it."),
        closed=closed,
        task=run.index.task(task).title,
        who=", ".join(_who_reopens(run, task)[:5]),
    )


def _who_reopens(run: Run, task: str) -> tuple[str, ...]:
    if traffic_moved_on(run, task):
        return ()
    return tuple(dict.fromkeys((run.plan.release_manager, *run.plan.doers(run.index.task(task).function))))


def gate_waits(run: Run) -> Iterator[Wait]:
    """Yield each closed gate with who can bring other evidence, or when it is measured again."""
    for stage, gate, check, known in _closed(run):
        again_at = known.again_at if run.moving else None
        yield Wait(
            what="gate",
            object=f"gate:{stage.id}.{gate.key}",
            who=_who_reopens(run, check.source.task) if isinstance(check.source, FactSource) else (),
            since=known.observed_at or run.stage(stage.id).opened_at or run.now,
            next=say(N_("measured again")) if again_at else None,
            next_at=again_at,
        )
