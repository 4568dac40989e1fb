"""Which acts the state of a run allows, whoever acts.

Only facts, whoever holds them: the rules refuse by them, and a page offers by them with what SQL says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from golive.commands import Actor
from golive.people import DOES
from golive.recording import StageView
from golive.run import Index
from golive.standing import before_traffic
from golive.template import Stage, Task
from golive.vocabulary import ACTIVE, ENDED

HOLDABLE = ("scheduled", "running")
FINAL = ("done", "to_verify")
"""Of what cannot be undone, the states from which there is no way back."""
FROM: Mapping[str, tuple[str, ...]] = {
    "start_task": ("open", "blocked"),
    "complete_task": ("open", "in_progress"),
    "verify_task": ("to_verify",),
    "block_task": ("open", "in_progress"),
    "not_applicable": ACTIVE,
    "reassign_task": ACTIVE,
    "reopen_task": ("done", "not_applicable", "to_verify", "blocked"),
}
"""In which states a task takes each act on it, by the act's name in `golive.permissions`."""
RETURNS_TRAFFIC = ("abort", "rollback")
"""Acts that a frozen run takes, too: traffic returns at once, also when nothing can be recorded."""
STOPPED = ("paused", "failed")
"""How a rollout stands that waits for a person."""
Fixed = Literal["back_out", "traffic_moved", "point_of_no_return"]


def no_return(stages: Iterable[Stage], state_of: Callable[[str], str]) -> Task | None:
    """Return the point of no return that a run of these stages has passed, if any: then only forward fixes are left."""
    planned = ((f"{stage.id}.{task.key}", task) for stage in stages for task in stage.tasks)
    passed = (task for ref, task in planned if task.point_of_no_return and state_of(ref) in FINAL)
    return next(passed, None)


def moved_on(index: Index, ref: str, *, shifted: bool) -> bool:
    """Tell whether traffic has moved on a subject that this task is part of."""
    return shifted and before_traffic(index, index.tasks[ref][0])


def fixed(index: Index, ref: str, state: str, *, shifted: bool) -> Fixed | None:
    """Return why a task stays as it is whoever would open it again, by the code of the refusal; None when it may be."""
    if ref not in index.tasks:
        return "back_out"
    if moved_on(index, ref, shifted=shifted):
        return "traffic_moved"
    final = index.tasks[ref][1].point_of_no_return and state in FINAL
    return "point_of_no_return" if final else None


def shifted_by(stages: Sequence[StageView]) -> bool:
    """Tell whether traffic was ever asked to move: from then on the signed subject stands."""
    return any(stage.rollout is not None and stage.rollout.shifted for stage in stages)


def steering(stands: str, *, claimed: bool) -> tuple[str, ...]:
    """Return what people can do with a rollout under way of a run that moves.

    `stands` is how it stands, as `RolloutView.state` says; `claimed` tells that the run holds its service.
    """
    stopped = stands in STOPPED
    can = {"promote": stopped and claimed, "promote_full": claimed, "retry": stopped}
    return tuple(act for act, possible in can.items() if possible)


@dataclass(frozen=True, kw_only=True)
class Work:
    """The facts of a task that say which acts on it are possible for whom.

    `people` do the work of its function in this run; `reopens`: nothing but its state keeps it from being opened again.
    """

    state: str
    function: str
    people: Sequence[str]
    assignee: str | None
    done_by: str | None
    reopens: bool

    def acts(self, who: Actor) -> tuple[str, ...]:
        """Return the acts that are possible for `who`, by their names in `golive.permissions`."""
        own, one_of_them, leads = self._own(who), self._one_of_them(who), "release_manager" in who.roles
        theirs = {
            "start_task": own,
            "complete_task": own,
            "verify_task": one_of_them and self.done_by != who.name,
            "block_task": own,
            "not_applicable": leads or own,
            "reassign_task": leads or one_of_them,
            "reopen_task": self.reopens and (leads or one_of_them),
        }
        return tuple(act for act, is_theirs in theirs.items() if is_theirs and self.state in FROM[act])

    def _one_of_them(self, who: Actor) -> bool:
        """Tell whether somebody does the work of the function in this run, today."""
        return DOES in who.roles and who.name in self.people and self.function in who.functions

    def _own(self, who: Actor) -> bool:
        """Tell whether the work is theirs or, while it is nobody's, offered to them."""
        if self.assignee is None:
            return self._one_of_them(who)
        return self.assignee == who.name and DOES in who.roles


@dataclass(frozen=True, kw_only=True)
class Footing:
    """The facts of a run that say which acts are possible. `ending` is how it ends before its time, if it does.

    `frozen`: nothing of it can be recorded; `unknown`: because Temporal does not know its workflow.
    """

    state: str
    ending: Literal["abort", "rollback"] | None
    stages: Sequence[StageView]
    no_return: bool
    frozen: bool = False
    unknown: bool = False

    def acts(self) -> tuple[str, ...]:
        """Return the acts on the run as a whole that are possible, by their names in `golive.permissions`."""
        if self.state in ENDED or self.unknown:
            return ()
        if self.frozen:
            return self._ways_back()
        return (*self._going(), *self._ways_back(), *self._build(), *self._amend())

    def _ways_back(self) -> tuple[str, ...]:
        """Return how the run can be ended: an abort always wins, and traffic returns before that is recorded."""
        if self.ending is not None:
            return ("abort",) if self.ending == "rollback" else ()
        return ("abort",) if self.no_return else ("rollback", "abort")

    def _going(self) -> tuple[str, ...]:
        if self.ending is not None:
            return ()
        if self.state == "held":
            return ("resume",)
        return ("hold", *(self._rollout() if self.state == "running" else ()))

    def _rollout(self) -> tuple[str, ...]:
        for stage in self.stages:
            rollout = stage.rollout
            if stage.state == "open" and rollout is not None and rollout.state != "done":
                return steering(rollout.state, claimed=rollout.claimed)
        return ()

    def _amend(self) -> tuple[str, ...]:
        return () if self.ending is not None else ("amend",)

    def _build(self) -> tuple[str, ...]:
        """A new build comes before traffic moves."""
        return () if self.ending is not None or shifted_by(self.stages) else ("new_build",)
