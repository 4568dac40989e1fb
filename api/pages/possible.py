"""Which acts on a run are offered: those that its present state allows. The run itself decides when one is sent."""

from __future__ import annotations

from db.looking import Look
from db.views import RunWhole
from golive.recording import RolloutView
from golive.template import SetWeight, Stage
from golive.vocabulary import ENDED

WORDS = ("comment", "add_lesson", "add_action", "close_action")
"""What people say about a run, for as long as it goes on."""


def possible(look: Look) -> tuple[str, ...]:
    """Return the acts that are possible now, by their names in `golive.permissions`."""
    run = look.run
    if run.state in ENDED:
        return ()
    ways_back = _ways_back(look)
    if run.frozen:
        return ways_back  # nothing can be recorded, but traffic can always be returned
    if run.state == "rolling_back":
        return (*ways_back, *_words(look))
    return (*_going(run), *ways_back, *_build(run), *_words(look))


def _going(run: RunWhole) -> tuple[str, ...]:
    if run.state == "held":
        return ("resume",)
    return ("hold", *(_rollout(run) if run.state == "running" else ()))


def _rollout(run: RunWhole) -> tuple[str, ...]:
    under_way = [stage.rollout for stage in run.stages if stage.rollout and stage.state == "open"]
    moving = [one for one in under_way if one.state in ("running", "paused", "failed")]
    if not moving:
        return ()
    waits = any(wait.what == "promote" for wait in run.waits)
    again = any(one.state in ("paused", "failed") for one in moving)
    return (*(["promote"] if waits else []), "promote_full", *(["retry"] if again else []))


def _ways_back(look: Look) -> tuple[str, ...]:
    if look.run.state == "rolling_back":
        return ("abort",) if look.ending and look.ending.action == "RollbackStarted" else ()
    return ("abort",) if _no_way_back(look.run) else ("rollback", "abort")


def _no_way_back(run: RunWhole) -> bool:
    states = {task.ref: task.state for task in run.tasks}
    final = [
        f"{stage.id}.{task.key}"
        for stage in run.plan.stages
        for task in stage.tasks
        if task.point_of_no_return
    ]
    return any(states[ref] in ("done", "to_verify") for ref in final)


def _build(run: RunWhole) -> tuple[str, ...]:
    """A new build comes before traffic moves."""
    pairs = zip(run.plan.stages, run.stages, strict=True)
    moved = run.weight or any(_has_shifted(plan, stage.rollout) for plan, stage in pairs if stage.rollout)
    return () if moved else ("new_build",)


def _has_shifted(plan: Stage, rollout: RolloutView) -> bool:
    begun = plan.rollout.steps[: rollout.step + 1] if plan.rollout and rollout.state != "waiting" else ()
    return any(isinstance(step, SetWeight) for step in begun)


def _words(look: Look) -> tuple[str, ...]:
    still_open = any(action.closed_at is None for action in look.actions)
    return WORDS if still_open else WORDS[:-1]
