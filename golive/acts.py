"""Acts on a run as a whole: hold, resume, abort, rollback, a new build, lessons, actions, comments."""

from __future__ import annotations

from golive.clocks import later, shift_clock
from golive.commands import (
    Abort,
    Actor,
    AddAction,
    AddLesson,
    CloseAction,
    Comment,
    Hold,
    NewBuild,
    Resume,
    Rollback,
)
from golive.ending import begin_abort, begin_rollback, no_return
from golive.errors import Conflict, Invalid, NotFound, Refused, need_words
from golive.looking_up import forget_looks, look_up
from golive.possible import HOLDABLE
from golive.recording import Build
from golive.run import Run
from golive.sign_off import ask_again, refresh
from golive.stages import Processes, new_build
from golive.state import ActionState, HoldState
from golive.task_graph import reopen
from golive.tasks import TRAFFIC_MOVED
from golive.waivers import of_former_builds
from golive.words import N_, say


def check_hold(run: Run, act: Hold) -> None:
    """Raise why the run cannot be held."""
    need_words(act.reason)
    if run.state.state not in HOLDABLE:
        raise Conflict(
            "run_state", N_("The run is {state}; only a running one can be held."), state=run.state.state
        )


def hold(run: Run, actor: Actor, act: Hold) -> None:
    """Stop new steps and every clock of people's waits."""
    run.state.state = "held"
    run.state.hold = HoldState(by=actor.name, at=run.now, words=act.reason)
    run.emit("RunHeld", words={"reason": act.reason})


def check_resume(run: Run, act: Resume) -> None:
    """Raise why the run cannot be resumed."""
    need_words(act.reason)
    if run.state.hold is None:
        raise Conflict("run_state", N_("The run is {state}, not held."), state=run.state.state)


def resume(run: Run, act: Resume) -> None:
    """Go on: clocks get back the time that the hold took, and what was rejected or has expired is asked again."""
    held, run.state.hold = run.state.hold, None
    run.state.state = "scheduled"  # settling starts it at once, unless its start time is still to come
    run.emit("RunResumed", words={"reason": act.reason})
    if held is None:
        return
    for ref in run.clocked:
        clock = run.task(ref).clock
        if clock is not None:
            shift_clock(run.plan, clock, held.at, run.now)
    for ref, state in run.state.approvals.items():
        if state.state == "pending":
            look_up(run, ref, "again")
        if state.clock is not None:
            shift_clock(run.plan, state.clock, held.at, run.now)
        moments = (state.expires_at, *state.rules_expire_at)
        state.expires_at, *state.rules_expire_at = (
            at and later(run.plan.calendar, at, held.at, run.now) for at in moments
        )
        if state.state == "pending":
            run.approval(ref)
    if run.state.amendment is not None:
        amendment = run.state.amendment
        amendment.expires_at = later(run.plan.calendar, amendment.expires_at, held.at, run.now)
    ask_again(run)


def check_abort(run: Run, act: Abort) -> None:
    """Raise only when the same end is already under way: an abort always wins."""
    need_words(act.reason)
    if run.state.ending is not None and run.state.ending.how == "abort":
        raise Conflict("already_aborting", N_("{who} has already aborted the run."), who=run.state.ending.by)


def abort(run: Run, actor: Actor, act: Abort) -> None:
    """End the run."""
    run.emit("AbortRequested", words={"reason": act.reason})
    begin_abort(run, actor.name, say(N_("aborted by {who}"), who=actor.name))


def check_rollback(run: Run, act: Rollback) -> None:
    """Raise why the run cannot be rolled back."""
    need_words(act.reason)
    if run.state.ending is not None:
        raise Conflict(
            "already_ending", N_("The run is already ending: {cause}."), cause=run.state.ending.cause
        )
    if passed := no_return(run):
        raise Conflict(
            "point_of_no_return",
            N_("“{task}” is done, and behind it there is no way back: fix forward, or abort to end the run."),
            task=passed.title,
        )


def rollback(run: Run, actor: Actor, act: Rollback) -> None:
    """Return traffic and do the back-out tasks."""
    run.emit("RollbackRequested", words={"reason": act.reason})
    begin_rollback(run, say(N_("rolled back by {who}"), who=actor.name), by=actor.name)


def check_new_build(run: Run, act: NewBuild) -> None:
    """Raise why the build cannot be replaced."""
    need_words(act.reason)
    if run.state.ending is not None:
        raise Conflict(
            "already_ending", N_("The run is already ending: {cause}."), cause=run.state.ending.cause
        )
    if run.state.shifted is not None:
        raise Conflict("traffic_moved", TRAFFIC_MOVED)
    now = run.state.release
    if (act.release.service, act.release.environment) != (now.service, now.environment):
        raise Invalid(
            "other_release",
            N_("A new build is of the same service and environment: {service} in {environment}."),
            service=now.service,
            environment=now.environment,
        )
    if act.release == now:
        raise Conflict("same_build", N_("This is the build that the run already has."))


def replace_build(run: Run, actor: Actor, act: NewBuild, processes: Processes) -> None:
    """Keep the new build beside the old ones; what was done per build is done again, decisions become stale."""
    builds = run.state.builds
    builds.append(Build(n=len(builds) + 1, release=act.release, at=run.now, by=actor.name))
    run.emit(
        "BuildReplaced",
        words={"reason": act.reason},
        version=act.release.version,
        n=len(builds),
        release=act.release.model_dump(mode="json"),
    )
    for ref, (stage, task) in run.index.tasks.items():
        begun = run.state.tasks[ref].state not in ("locked", "open")
        if task.per_build and begun and run.stage(stage.id).state in ("open", "passed"):
            run.emit("TaskReopened", f"task:{ref}", title=task.title)
            reopen(run, ref)
    of_former_builds(run)
    forget_looks(run)
    new_build(run, processes)
    refresh(run, everything=True)


def check_comment(run: Run, act: Comment) -> None:
    """Raise what the comment is about that this run does not have."""
    need_words(act.text)
    if act.about and act.about not in run.state.tasks and act.about not in run.state.approvals:
        raise NotFound("unknown_subject", N_("This run has no task or approval “{about}”."), about=act.about)


def comment(run: Run, act: Comment) -> None:
    """Keep what somebody said."""
    about = "run"
    if act.about:
        about = f"{'task' if act.about in run.state.tasks else 'approval'}:{act.about}"
    run.emit("Commented", about, words={"comment": act.text})


def add_lesson(run: Run, act: AddLesson) -> None:
    """Keep what this go-live taught, for the next run of the service."""
    event_id = f"{run.state.run_id}-l{run.state.seq + 1}"
    run.emit("LessonAdded", words={"text": act.text}, lesson=event_id)


def add_action(run: Run, act: AddAction) -> None:
    """Keep an agreed improvement."""
    action = ActionState(id=f"{run.state.run_id}-a{run.state.seq + 1}", owner=act.owner)
    run.state.actions.append(action)
    run.emit("ActionAdded", words={"text": act.text}, action=action.id, owner=act.owner, due_at=act.due_at)


def check_close_action(run: Run, actor: Actor, act: CloseAction) -> None:
    """Raise why the action cannot be closed."""
    found = [action for action in run.state.actions if action.id == act.action]
    if not found:
        raise NotFound("unknown_action", N_("This run has no action “{action}”."), action=act.action)
    if not found[0].open:
        raise Conflict("action_closed", N_("This action is already closed."))
    if found[0].reviews == actor.name:
        raise Refused(
            "own_review",
            N_("{who} broke the glass, so somebody else reviews it and closes this."),
            who=actor.name,
        )


def close_action(run: Run, act: CloseAction) -> None:
    """Close an agreed improvement."""
    next(action for action in run.state.actions if action.id == act.action).open = False
    run.emit("ActionClosed", words={"remark": act.remark} if act.remark else {}, action=act.action)
