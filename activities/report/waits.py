"""What a run waited for, and from whom: stretches of time read from its journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from activities.report.document import Cell
from activities.report.told import phrase, reason_of
from db.views import JournalRow, RunWhole
from golive.template import Stage
from golive.template_rollouts import Bake, CheckStep, Pause, SetWeight, Step
from golive.words import N_, say

Kind: TypeAlias = Literal[
    "hold", "lock", "clock", "promote", "approval", "task", "verify", "back_out", "gate", "traffic"
]
OF_PEOPLE: tuple[Kind, ...] = ("hold", "promote", "approval", "task", "verify", "back_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A stretch of waiting. `stage` is None for what stopped the whole run; `function` is set for tasks.

    `who` ended it or, while `open`, could: it had not ended when the report was written.
    """

    kind: Kind
    about: str
    stage: str | None
    title: Cell
    function: str | None = None
    who: tuple[str, ...] = ()
    start: datetime
    end: datetime
    open: bool = False


def time_of(row: JournalRow) -> datetime:
    """Return when something happened in the run, which may be a little before its row was written."""
    return row.occurred_at or row.at


def waits_of(run: RunWhole, events: Iterable[JournalRow], until: datetime) -> list[Wait]:
    """Return what the run waited for, in the order of its beginning; what goes on lasts `until` then."""
    reader = _Reader(run)
    for event in events:
        follow = _FOLLOW.get(event.action)
        if follow is not None:
            follow(reader, event)
    return sorted(reader.all(until), key=lambda wait: wait.start)


class _Reader:
    """The waits that are over and those that are not, while the journal is read."""

    def __init__(self, run: RunWhole) -> None:
        self.run = run
        self.stages: dict[str, Stage] = {stage.id: stage for stage in run.plan.stages}
        self.tasks = {task.ref: task for task in run.tasks}
        self.over: list[Wait] = []
        self.going: dict[tuple[Kind, str], Wait] = {}

    def begin(self, wait: Wait) -> None:
        """Wait from now on; what was awaited under the same name before never came to count."""
        self.going[wait.kind, wait.about] = wait

    def end(self, kind: Kind, about: str, event: JournalRow, *, by: str | None = None) -> None:
        """Wait no longer; `by` ended it."""
        wait = self.going.pop((kind, about), None)
        if wait is not None:
            self.over.append(replace(wait, end=time_of(event), who=(by,) if by else wait.who))

    def end_of_stage(self, stage: str, event: JournalRow, *kinds: Kind) -> None:
        """End what of these kinds is awaited in a stage."""
        for kind, about in [key for key, wait in self.going.items() if wait.stage == stage]:
            if kind in kinds:
                self.end(kind, about, event)

    def end_all(self, event: JournalRow) -> None:
        """End everything: the run awaits nothing of it any more."""
        for kind, about in list(self.going):
            self.end(kind, about, event)

    def all(self, until: datetime) -> list[Wait]:
        """Return what is over and what is not."""
        return [*self.over, *(replace(wait, end=until, open=True) for wait in self.going.values())]


def _ref(event: JournalRow) -> str:
    return event.object.partition(":")[2]


def _stage_of(ref: str) -> str:
    return ref.rpartition(".")[0]


# -- tasks ---------------------------------------------------------------------------------------------------


def _task_opened(reader: _Reader, event: JournalRow) -> None:
    ref, at = _ref(event), time_of(event)
    task = reader.tasks.get(ref)
    if task is None:
        return
    reader.end("verify", ref, event)
    wait = Wait(
        kind="back_out" if task.back_out else "task",
        about=ref,
        stage=_stage_of(ref),
        title=task.title,
        function=task.function,
        who=(task.assignee,) if task.assignee else (),
        start=at,
        end=at,
    )
    reader.begin(wait)


def _task_ended(reader: _Reader, event: JournalRow) -> None:
    ref, at = _ref(event), time_of(event)
    reader.end("task", ref, event, by=event.actor)
    reader.end("back_out", ref, event, by=event.actor)
    task = reader.tasks.get(ref)
    if task is not None and task.verify:
        reader.begin(
            Wait(
                kind="verify",
                about=ref,
                stage=_stage_of(ref),
                title=task.title,
                function=task.function,
                start=at,
                end=at,
            )
        )


def _task_verified(reader: _Reader, event: JournalRow) -> None:
    reader.end("verify", _ref(event), event, by=event.actor)


def _task_sent_back(reader: _Reader, event: JournalRow) -> None:
    _task_verified(reader, event)
    _task_opened(reader, event)


# -- approvals -----------------------------------------------------------------------------------------------


def _approval_requested(reader: _Reader, event: JournalRow) -> None:
    ref, at = _ref(event), time_of(event)
    who = tuple(str(name) for name in event.payload.get("waiting_for", ()))
    title = phrase(event.payload.get("title"))
    wait = Wait(kind="approval", about=ref, stage=_stage_of(ref), title=title, who=who, start=at, end=at)
    reader.begin(wait)


def _approval_ended(reader: _Reader, event: JournalRow) -> None:
    reader.end("approval", _ref(event), event)


# -- traffic -------------------------------------------------------------------------------------------------


def _step_started(reader: _Reader, event: JournalRow) -> None:
    stage_id, at = _ref(event), time_of(event)
    stage = reader.stages.get(stage_id)
    reader.end_of_stage(stage_id, event, "clock", "promote", "traffic")
    if stage is None or stage.rollout is None:
        return
    number = int(event.payload["step"]) - 1
    kind = _kind_of(stage.rollout.steps[number]) if number < len(stage.rollout.steps) else None
    if kind is not None:
        title = phrase(event.payload.get("what"))
        who = (reader.run.release_manager,) if kind == "promote" else ()
        reader.begin(Wait(kind=kind, about=stage_id, stage=stage_id, title=title, who=who, start=at, end=at))


def _kind_of(step: Step) -> Kind | None:
    match step:
        case SetWeight():
            return "traffic"
        case Pause(duration=None):
            return "promote"
        case Pause() | Bake() | CheckStep():
            return "clock"
        case _:
            return None


def _stopped(reader: _Reader, event: JournalRow) -> None:
    """A bad verdict or a failed shift stops a rollout until a person promotes or retries."""
    stage_id, at = _ref(event), time_of(event)
    if event.payload.get("verdict") == "healthy" or ("promote", stage_id) in reader.going:
        return
    reader.end_of_stage(stage_id, event, "clock", "traffic")
    title = phrase(event.payload.get("cause"))
    who = (reader.run.release_manager,)
    reader.begin(Wait(kind="promote", about=stage_id, stage=stage_id, title=title, who=who, start=at, end=at))


def _moved_on(reader: _Reader, event: JournalRow) -> None:
    reader.end("promote", _ref(event), event, by=event.actor)


# -- stages, gates, the run ----------------------------------------------------------------------------------


def _stage_opened(reader: _Reader, event: JournalRow) -> None:
    stage_id, at = _ref(event), time_of(event)
    stage = reader.stages.get(stage_id)
    if stage is not None and stage.observe is not None:
        title = say(N_("observation for {span}"), span=str(stage.observe))
        ends = at + stage.observe.on_the_clock
        reader.over.append(
            Wait(kind="clock", about=stage_id, stage=stage_id, title=title, start=at, end=ends)
        )


def _stage_ended(reader: _Reader, event: JournalRow) -> None:
    reader.end_of_stage(_ref(event), event, "clock", "promote", "traffic", "gate")


def _check_changed(reader: _Reader, event: JournalRow) -> None:
    stage_id, key, at = _ref(event), str(event.payload.get("check")), time_of(event)
    about = f"{stage_id}/{key}"
    if event.payload.get("state") in ("fail", "error"):
        if ("gate", about) not in reader.going:
            title = phrase(event.payload.get("title"))
            reader.begin(Wait(kind="gate", about=about, stage=stage_id, title=title, start=at, end=at))
    else:
        reader.end("gate", about, event)


def _held(reader: _Reader, event: JournalRow) -> None:
    at = time_of(event)
    why = reason_of(event)
    reader.begin(
        Wait(
            kind="hold",
            about="run",
            stage=None,
            title=why,
            who=(reader.run.release_manager,),
            start=at,
            end=at,
        )
    )


def _resumed(reader: _Reader, event: JournalRow) -> None:
    reader.end("hold", "run", event, by=event.actor)


def _lock_waits(reader: _Reader, event: JournalRow) -> None:
    at, payload = time_of(event), event.payload
    place = say(
        N_("{service} in {environment}"), service=payload["service"], environment=payload["environment"]
    )
    holder = str(payload.get("holder"))
    reader.end("lock", "run", event)
    reader.begin(Wait(kind="lock", about="run", stage=None, title=place, who=(holder,), start=at, end=at))


def _locked(reader: _Reader, event: JournalRow) -> None:
    reader.end("lock", "run", event)


def _ending(reader: _Reader, event: JournalRow) -> None:
    reader.end_all(event)


_FOLLOW: dict[str, Callable[[_Reader, JournalRow], None]] = {
    "TaskOpened": _task_opened,
    "TaskReopened": _task_opened,
    "TaskCompleted": _task_ended,
    "TaskNotApplicable": _task_ended,
    "TaskVerified": _task_verified,
    "TaskSentBack": _task_sent_back,
    "ApprovalRequested": _approval_requested,
    "ApprovalGranted": _approval_ended,
    "ApprovalRejected": _approval_ended,
    "ApprovalReturned": _approval_ended,
    "ApprovalExpired": _approval_ended,
    "DecisionsStale": _approval_ended,
    "RolloutStepStarted": _step_started,
    "VerdictChanged": _stopped,
    "ShiftFailed": _stopped,
    "RolloutPromoted": _moved_on,
    "RolloutPromotedFull": _moved_on,
    "RolloutRestarted": _moved_on,
    "StageOpened": _stage_opened,
    "StagePassed": _stage_ended,
    "StageFailed": _stage_ended,
    "CheckChanged": _check_changed,
    "RunHeld": _held,
    "RunResumed": _resumed,
    "ServiceLockWaiting": _lock_waits,
    "ServiceLocked": _locked,
    "AbortRequested": _ending,
    "RollbackStarted": _ending,
}
