"""A run in words: why it does not move, what it awaits, and how the Temporal UI shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from golive.amendment import amendment_waits
from golive.break_glass import review_waits
from golive.clocks import next_words
from golive.closed_gates import closed_gate, gate_waits
from golive.ending import done, no_return
from golive.engine import AWAITS_GATES
from golive.expiry import next_expiry
from golive.plan import moment
from golive.recording import Wait
from golive.run import Run
from golive.signers import waiting_for
from golive.stages import Processes, needs_met
from golive.state import CheckState, EndingState, HoldState
from golive.vocabulary import ACTIVE
from golive.waivers import waiver_waits
from golive.words import N_, Sentence, say

SHOWN = 20
"""How many waits the Temporal UI lists; a run of 1,000 tasks does not write 1,000 rows at every act."""


def blocked_by(run: Run, processes: Processes) -> Sentence | None:
    """Say in one sentence what the run awaits, from whom, since when, and what happens next by itself."""
    state = run.state
    if state.ended:
        return None
    if state.closing:
        return say(N_("Everything is done; golive writes the final report and then ends the run by itself."))
    return _stopped(run) or _first_wait(run, processes)


def _stopped(run: Run) -> Sentence | None:
    """Say what keeps the whole run from going on, if anything does."""
    state = run.state
    if state.ending is not None:
        return _ending(run, state.ending)
    if state.hold is not None:
        return _held(run, state.hold)
    if state.state == "scheduled" and run.plan.start_at is not None:
        return say(N_("The run starts at {at}."), at=moment(run.plan.start_at))
    return _locked(run) if state.lock.wanted and state.lock.holder is not None else None


def _ending(run: Run, ending: EndingState) -> Sentence:
    if ending.traffic == "wanted":
        return say(
            N_(
                "The run is ending ({cause}); it waits for {service}, held by run {holder}, to return traffic."
            ),
            cause=ending.cause,
            service=run.state.release.service,
            holder=run.state.lock.holder or "—",
        )
    if ending.traffic in ("returning", "returned", "confirming"):
        return say(N_("The run is ending ({cause}); traffic is returning to stable."), cause=ending.cause)
    if done(run):
        return _wait_words(run, next(review_waits(run)))
    return say(N_("The run is ending ({cause}); the back-out tasks are open."), cause=ending.cause)


def _held(run: Run, hold: HoldState) -> Sentence:
    why = hold.cause or (hold.words.text[:200] if hold.words else "")
    return say(
        N_("Held by {who} since {since}: {why}. {manager} can resume it."),
        who=hold.by,
        since=moment(hold.at),
        why=why,
        manager=run.plan.release_manager,
    )


def _locked(run: Run) -> Sentence:
    lock, release = run.state.lock, run.state.release
    return say(
        N_(
            "{service} in {environment} is held by run {holder}; it goes on by itself when that run ends its traffic."
        ),
        service=release.service,
        environment=release.environment,
        holder=lock.holder or "—",
    )


def _first_wait(run: Run, processes: Processes) -> Sentence | None:
    """Say the most telling wait: a failed gate, then a promotion, a decision, a task, a clock."""
    gate = closed_gate(run)
    if gate is not None:
        return gate
    few = [*stage_waits(run, processes), *approval_waits(run)]
    order = ("promote", "approval", "waiver", "amendment", "task", "bake", "observe", "traffic", "review")
    tasks = run.docket.awaited()
    if tasks and not any(wait.what in order[:2] for wait in few):
        few += [wait for wait in [task_wait(run, next(iter(tasks)))] if wait]
    if not few:
        return _open_check(run) or _report(run)
    first = min(few, key=lambda wait: order.index(wait.what) if wait.what in order else order.index("task"))
    more = len([wait for wait in few if not wait.object.startswith("task:")]) + len(tasks) - 1
    sentence = _wait_words(run, first)
    return say(N_("{first} And {more} more."), first=sentence, more=more) if more > 0 else sentence


def _open_check(run: Run) -> Sentence | None:
    """Say which check has not been run, once nothing else is awaited: no waiting is silent."""
    for stage in run.plan.stages:
        on = {"locked": "entry", "open": "exit"}.get(run.stage(stage.id).state)
        for gate in stage.gates if needs_met(run, stage) else ():
            for check in gate.checks if gate.on == on else ():
                known = run.stage(stage.id).checks.get(f"{gate.key}.{check.key}", CheckState())
                if known.state == "running":
                    return say(
                        N_("Gate “{gate}” of “{stage}” waits for “{check}” to be measured."),
                        gate=gate.title,
                        stage=stage.title,
                        check=check.title,
                    )
                if known.state == "not_run":
                    return say(
                        N_(
                            "Gate “{gate}” of “{stage}” is closed: “{check}” has nothing to judge; "
                            "{manager} can open its task again."
                        ),
                        gate=gate.title,
                        stage=stage.title,
                        check=check.title,
                        manager=run.plan.release_manager,
                    )
    return None


def _report(run: Run) -> Sentence | None:
    if any(stage.state == "open" and stage.report == "asked" for stage in run.state.stages.values()):
        return say(N_("golive writes the draft of the review report; the run goes on by itself."))
    if run.state.lock.wanted:
        return say(N_("The run asks for {service}; it goes on by itself."), service=run.state.release.service)
    return None


_TO_DECIDE = {
    "waiver": N_("A waiver waits since {since} for {who} to decide on it."),
    "amendment": N_("An amendment of the plan waits since {since} for {who} to decide on it."),
}


def _wait_words(run: Run, wait: Wait) -> Sentence:
    who = ", ".join(wait.who[:5]) or "—"
    since = moment(wait.since)
    match wait.what:
        case "promote":
            said = say(N_("The rollout waits since {since} for {who} to promote it."), who=who, since=since)
        case "approval":
            title = run.index.approvals[wait.object.partition(":")[2]][1].title
            said = say(N_("“{title}” waits since {since} for {who}."), title=title, who=who, since=since)
        case "waiver" | "amendment":
            said = say(_TO_DECIDE[wait.what], since=since, who=who)
        case "review":
            said = say(
                N_("The run ends once {who} has looked at how the glass was broken and closed that action."),
                who=who,
            )
        case "task" if run.state.tasks[wait.object.partition(":")[2]].state == "blocked":
            title = run.index.task(wait.object.partition(":")[2]).title
            said = say(N_("“{title}” is blocked; {who} can take it up again."), title=title, who=who)
        case "task" | "verify":
            title = run.index.task(wait.object.partition(":")[2]).title
            said = say(N_("“{title}” waits since {since} for {who}."), title=title, who=who, since=since)
        case "lock":
            said = say(
                N_("The run waits since {since} for {service}."),
                since=since,
                service=run.state.release.service,
            )
        case "observe":
            said = say(N_("The release is observed since {since}."), since=since)
        case _:
            said = say(N_("The rollout is on its way since {since}."), since=since)
    if wait.next is not None and wait.next_at is not None:
        return say(
            N_("{wait} Next by itself: {next} at {at}."), wait=said, next=wait.next, at=moment(wait.next_at)
        )
    return said


# -- waits ---------------------------------------------------------------------------------------------------


def all_waits(run: Run, processes: Processes) -> Iterator[Wait]:
    """Yield everything that the run awaits: the stages' own waits, approvals, tasks."""
    yield from stage_waits(run, processes)
    yield from approval_waits(run)
    for ref in run.docket.awaited():
        wait = task_wait(run, ref)
        if wait is not None:
            yield wait


def approval_waits(run: Run) -> Iterator[Wait]:
    """Yield what pending approvals await."""
    for ref in run.index.approvals:
        wait = approval_wait(run, ref)
        if wait is not None:
            yield wait


def stage_waits(run: Run, processes: Processes) -> Iterator[Wait]:
    """Yield what open stages await beyond tasks and approvals."""
    for stage in run.plan.stages:
        if run.stage(stage.id).state == "open":
            wait = processes[stage.process].wait(run, stage)
            if wait is not None:
                yield wait
    yield from gate_waits(run)
    yield from waiver_waits(run)
    yield from amendment_waits(run)
    yield from review_waits(run)


def task_wait(run: Run, ref: str) -> Wait | None:
    """Return what an open task awaits, or None."""
    task = run.state.tasks[ref]
    if task.state == "to_verify":
        since = task.done_at or run.now
        return Wait(what="verify", object=f"task:{ref}", who=_doers(run, ref), since=since)
    if task.state not in ACTIVE or task.opened_at is None:
        return None
    clock = task.clock
    return Wait(
        what="task",
        object=f"task:{ref}",
        who=_doers(run, ref),
        since=task.opened_at,
        next=next_words(run.plan.ladder, clock) if clock else None,
        next_at=clock.next_at if clock else None,
    )


def _doers(run: Run, ref: str) -> tuple[str, ...]:
    """Return who may do an open task, or verify one that was done."""
    task, members = run.state.tasks[ref], run.plan.doers(run.index.task(ref).function)
    if task.state == "to_verify":
        return tuple(name for name in members if name != task.done_by)
    return (task.assignee,) if task.assignee else members


def approval_wait(run: Run, ref: str) -> Wait | None:
    """Return what a pending approval awaits, or None."""
    state = run.state.approvals[ref]
    if state.state != "pending" or state.requested_at is None:
        return None
    _, approval = run.index.approvals[ref]
    nexts: list[tuple[datetime, Sentence]] = []
    if state.clock is not None and state.clock.next_at is not None:
        nexts.append((state.clock.next_at, next_words(run.plan.ladder, state.clock) or say(N_("reminder"))))
    if expires_at := next_expiry(run, ref):
        nexts.append((expires_at, say(N_("expiry, which is not a yes"))))
    at, what = min(nexts, key=lambda pair: pair[0], default=(None, None))
    return Wait(
        what="approval",
        object=f"approval:{ref}",
        who=waiting_for(run, approval, state),
        since=state.requested_at,
        next=what,
        next_at=at,
    )


# -- the Temporal UI -----------------------------------------------------------------------------------------


def current_details(run: Run, processes: Processes) -> str:
    """Return the run for the Temporal UI, in markdown: where it stands and a table of what is awaited."""
    state = run.state
    lines = [
        f"## {_cell(run.title)}: {state.state.replace('_', ' ')}",
        "",
        str(blocked_by(run, processes) or "Nothing is awaited."),
        "",
        "| stage | state | since |",
        "|---|---|---|",
    ]
    for stage in run.plan.stages:
        stands = state.stages[stage.id]
        since = stands.ended_at or stands.opened_at
        lines.append(f"| {_cell(stage.title.en)} | {stands.state} | {moment(since) if since else ''} |")
    if state.plan_version > 1:
        lines += ["", f"Plan: version {state.plan_version}"]
    waits = list(islice(all_waits(run, processes), SHOWN))
    if waits:
        lines += ["", "| awaited | from whom | since | next by itself |", "|---|---|---|---|"]
        lines += [_row(run, wait) for wait in waits]
    if passed := no_return(run):
        lines += ["", f"**No way back** since “{_cell(passed.title.en)}” is done."]
    if any(stage.rollout for stage in run.plan.stages):
        lines += ["", f"Traffic to {_cell(state.release.version)}: **{state.weight} %**"]
    return "\n".join(lines)


def _row(run: Run, wait: Wait) -> str:
    ref = wait.object.partition(":")[2]
    if wait.what in ("task", "verify"):
        what = f"{wait.what}: {run.index.task(ref).title.en}"
    elif wait.what == "approval":
        what = f"approval: {run.index.approvals[ref][1].title.en}"
    elif wait.what == "gate":
        what = f"gate: {ref}"
    else:
        what = wait.what
    coming = f"{wait.next}, {moment(wait.next_at)}" if wait.next and wait.next_at else ""
    return f"| {_cell(what)} | {_cell(', '.join(wait.who))} | {moment(wait.since)} | {coming} |"


_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "|\\`*_[]<>#"} | {"\n": " "})


def _cell(text: str) -> str:
    """Keep people's text from breaking the table or forming markup."""
    return text.translate(_ESCAPED)


def awaited_people(run: Run, processes: Processes) -> list[str]:
    """Return whom the run waits for, for the search attribute GoLiveWaitingFor: as many as Temporal takes.

    At most 50 names, and 1,500 bytes of the 2,048 that one attribute may have.
    """
    waits = [*stage_waits(run, processes), *approval_waits(run)]
    few = [wait.who for wait in waits if wait.what != "gate" or run.state.engine >= AWAITS_GATES]
    few += [_doers(run, ref) for ref in islice(run.docket.awaited(), 100)]
    names = list(dict.fromkeys(name for who in few for name in who))[:50]
    while len("____".join(names)) > 1500:  # noqa: PLR2004 - the four stand for quotes, comma and space
        names.pop()
    return sorted(names)  # the same people in another order would be written again, at every act


def next_due_words(run: Run, due: datetime) -> str:
    """Return what the one timer waits for, for its summary in the Temporal UI."""
    state = run.state
    if state.lock.wanted and state.lock.look_at == due:
        return f"look again for {state.release.service}, held by run {state.lock.holder}"
    if state.ending is not None:
        return "read back once more that all traffic is on stable"
    if state.state == "scheduled":
        return "the run starts"
    if state.amendment is not None and state.amendment.expires_at == due:
        return "next: the amendment of the plan expires"
    return next(_rings_at(run, due), "next: the end of a pause or an observation")


def _rings_at(run: Run, due: datetime) -> Iterator[str]:
    """Yield which reminders, escalations and expiries are due at that moment."""
    for ref in run.clocked:
        clock = run.state.tasks[ref].clock
        if clock is not None and clock.next_at == due:
            yield f"next: {next_words(run.plan.ladder, clock)} for “{run.index.task(ref).title.en}”"
    for ref, (_, approval) in run.index.approvals.items():
        stands = run.state.approvals[ref]
        if next_expiry(run, ref) == due:
            yield f"next: “{approval.title.en}” expires"
        if stands.clock is not None and stands.clock.next_at == due:
            yield f"next: {next_words(run.plan.ladder, stands.clock)} for “{approval.title.en}”"
