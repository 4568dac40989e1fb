"""Waivers: authorised, reasoned, time-limited exceptions to one check, for one build (特批).

While one is in force a check that fails, or that could not be measured, is passed with it. A check that was never run
is not: not run is never passed. When its time is over the check blocks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from golive.commands import Actor, DecideWaiver, RequestWaiver
from golive.engine import CAPS_LISTS, CLOSES_REQUESTS
from golive.errors import Conflict, Invalid, NotFound, Refused, need_words
from golive.holding import hold_for_manager
from golive.plan import moment
from golive.recording import Wait
from golive.run import Run
from golive.state import CheckState, WaiverState
from golive.task_graph import open_again
from golive.template import Check, FactSource, Gate, Stage
from golive.vocabulary import CheckStateName, WaiverStateName
from golive.words import N_, say

WAIVABLE: tuple[CheckStateName, ...] = ("fail", "error")
MOST_WAIVERS = 100
"""Waivers that can be asked for in one run, those that were refused or are over counted."""
OPEN: tuple[WaiverStateName, ...] = ("requested", "granted")

# -- what a waiver does --------------------------------------------------------------------------------------


def counted(run: Run, stage: Stage, key: str) -> CheckStateName:
    """Return how a check, `GATE.CHECK`, counts: as it was judged, or passed with a waiver that is in force."""
    judged = run.stage(stage.id).checks.get(key, CheckState()).state
    if judged in WAIVABLE and any(in_force(run, each) for each in of_check(run, f"{stage.id}/{key}")):
        return "pass_with_waiver"
    return judged


def of_check(run: Run, check: str) -> Iterator[WaiverState]:
    """Yield the waivers of a check, `STAGE/GATE.CHECK`."""
    return (each for each in run.state.waivers if each.check == check)


def in_force(run: Run, waiver: WaiverState) -> bool:
    """Tell whether a waiver is granted, for the present build, and its time is now."""
    now, granted = waiver.starts_at <= run.now < waiver.ends_at, waiver.state == "granted"
    return granted and now and waiver.build == len(run.state.builds)


def in_force_of(run: Run, stages: Collection[str]) -> list[WaiverState]:
    """Return the waivers that are in force for checks of these stages."""
    return [
        each for each in run.state.waivers if each.check.partition("/")[0] in stages and in_force(run, each)
    ]


# -- asking for one ------------------------------------------------------------------------------------------


def check_request(run: Run, actor: Actor, act: RequestWaiver) -> None:
    """Raise why no waiver can be asked for: there is no such check, or it is not one that blocks."""
    for words in (act.reason, act.risk, act.mitigation):
        need_words(words)
    stage, _, check = _found(run, act.check)
    _check_takes_part(run, actor, check)
    judged = run.stage(stage.id).checks.get(_key(act.check), CheckState()).state
    if judged not in WAIVABLE:
        raise Conflict(
            "check_not_blocking",
            N_("“{check}” is {state}; only what fails, or cannot be measured, can be waived."),
            check=check.title,
            state=judged,
        )
    if any(each.state in OPEN and each.build == len(run.state.builds) for each in of_check(run, act.check)):
        raise Conflict(
            "waiver_open",
            N_("There is a waiver of “{check}” already, asked for or granted."),
            check=check.title,
        )
    if run.state.engine >= CAPS_LISTS and len(run.state.waivers) >= MOST_WAIVERS:
        msgid = N_("At most {most} waivers can be asked for in one run; mend what fails instead.")
        raise Conflict("too_many_waivers", msgid, most=MOST_WAIVERS)
    starts = act.starts_at or run.now
    if act.ends_at <= max(starts, run.now):
        raise Invalid(
            "waiver_times",
            N_("Say until when the waiver holds: a time after {start}."),
            start=moment(max(starts, run.now)),
        )
    if not deciders(run, act.check, actor.name, actor.functions):
        raise Conflict(
            "nobody_decides",
            N_(
                "Nobody of another function than yours takes part who could grant the waiver. Have it asked for by "
                "somebody of another function: {others}."
            ),
            others=", ".join(each for each in run.plan.everybody() if each != actor.name) or "—",
        )


def _found(run: Run, ref: str) -> tuple[Stage, Gate, Check]:
    stage = run.index.stages.get(ref.partition("/")[0])
    for gate in stage.gates if stage else ():
        for check in gate.checks:
            if stage is not None and f"{gate.key}.{check.key}" == _key(ref):
                return stage, gate, check
    raise NotFound("unknown_check", N_("This run has no check “{check}”."), check=ref)


def _key(ref: str) -> str:
    return ref.partition("/")[2]


def functions_here(run: Run, actor: Actor) -> tuple[str, ...]:
    """Return the functions in which somebody acts in this run."""
    return tuple(each for each in actor.functions if actor.name in run.plan.members(each))


def _check_takes_part(run: Run, actor: Actor, check: Check) -> None:
    """Refuse whoever does not act in the run: an exception is asked for by those who answer for the release."""
    taking_part = dict.fromkeys((run.plan.release_manager, *run.plan.everybody()))
    if actor.name not in taking_part:
        raise Refused(
            "may_not_waive",
            N_(
                "{who} may not ask for a waiver of “{check}”: {who} does not act in this run; who does: {others}."
            ),
            who=actor.name,
            check=check.title,
            others=", ".join(taking_part),
        )


def _workers(run: Run, check: str) -> set[str | None]:
    """Return whose own work a check judges: they grant no exception to it."""
    *_, judged = _found(run, check)
    if not isinstance(judged.source, FactSource):
        return set()
    task = run.state.tasks[judged.source.task]
    return {task.done_by, task.verified_by}


def deciders(run: Run, check: str, requester: str, functions: tuple[str, ...]) -> tuple[str, ...]:
    """Return who can decide on a waiver of a check: who signs in another function than any of the requester's."""
    others = (run.plan.signers(each) for each in run.plan.people if each not in functions)
    names = dict.fromkeys(name for group in others for name in group)
    apart = {requester, *_workers(run, check)}
    return tuple(name for name in names if name not in apart and not _shares(run, name, functions))


def _shares(run: Run, name: str, functions: tuple[str, ...]) -> bool:
    return any(name in run.plan.members(each) for each in functions)


def request(run: Run, actor: Actor, act: RequestWaiver) -> None:
    """Ask for a waiver, and tell those who can grant it."""
    *_, check = _found(run, act.check)
    waiver = WaiverState(
        id=f"{run.state.run_id}-w{run.state.seq + 1}",
        check=act.check,
        build=len(run.state.builds),
        by=actor.name,
        functions=actor.functions,
        evidence=_evidence(run, act.check),
        reason=act.reason.digest,
        risk=act.risk.digest,
        mitigation=act.mitigation.digest,
        requested_at=run.now,
        starts_at=act.starts_at or run.now,
        ends_at=act.ends_at,
    )
    run.state.waivers.append(waiver)
    run.emit(
        "WaiverRequested",
        _about(waiver),
        words={"reason": act.reason, "risk": act.risk, "mitigation": act.mitigation},
        waiver=waiver.id,
        check=act.check,
        title=check.title,
        build=waiver.build,
        asked=deciders(run, waiver.check, waiver.by, waiver.functions),
        starts_at=waiver.starts_at,
        ends_at=waiver.ends_at,
    )
    told = say(N_("{who} asks for a waiver of “{check}”; please decide."), who=actor.name, check=check.title)
    asked = deciders(run, waiver.check, waiver.by, waiver.functions)
    run.tell(asked, told, f"/waivers/{waiver.id}", asks=_request_of(run, waiver))


def _request_of(run: Run, waiver: WaiverState) -> str | None:
    return waiver.id if run.state.engine >= CLOSES_REQUESTS else None


def _about(waiver: WaiverState) -> str:
    return f"stage:{waiver.check.partition('/')[0]}"


def waiver_waits(run: Run) -> Iterator[Wait]:
    """Yield what was asked for and is not decided, with who can decide it."""
    for waiver in run.state.waivers:
        if waiver.state == "requested":
            who = deciders(run, waiver.check, waiver.by, waiver.functions)
            over = say(N_("the request is over"))
            yield Wait(
                what="waiver",
                object=f"waiver:{waiver.id}",
                who=who,
                since=waiver.requested_at,
                next=over,
                next_at=waiver.ends_at,
            )


# -- deciding on it ------------------------------------------------------------------------------------------


def check_decide(run: Run, actor: Actor, act: DecideWaiver) -> None:
    """Raise why somebody cannot decide on a waiver: it is theirs, their function's, or no longer open."""
    waiver = _known(run, act.waiver)
    *_, check = _found(run, waiver.check)
    if waiver.state == "requested" and waiver.ends_at <= run.now:
        msgid = N_(
            "The time for which a waiver of “{check}” was asked for is over; nothing is decided on it any more."
        )
        raise Conflict("waiver_closed", msgid, check=check.title)
    if waiver.state != "requested":
        raise Conflict(
            "waiver_closed",
            N_("The waiver of “{check}” is {state}, last by {who}; nothing is decided on it any more."),
            check=check.title,
            state=waiver.state,
            who=waiver.decided_by or waiver.by,
        )
    able = deciders(run, waiver.check, waiver.by, waiver.functions)
    if not _may(run, actor, waiver):
        raise Refused(
            "may_not_waive",
            N_("{who} may not decide on the waiver of “{check}”; who can: {others}."),
            who=actor.name,
            check=check.title,
            others=", ".join(able) or "—",
        )
    if act.decision == "rejected" and not (act.comment and act.comment.text.strip()):
        raise Invalid("reason_missing", N_("Say in the comment why you refuse the waiver."))


def _may(run: Run, actor: Actor, waiver: WaiverState) -> bool:
    """Tell whether somebody may, by what they are now: they act here, in no function of the requester's, nor did it."""
    theirs = set(actor.functions) & set(waiver.functions)
    apart = actor.name not in {waiver.by, *_workers(run, waiver.check)}
    return (
        apart
        and not theirs
        and not _shares(run, actor.name, waiver.functions)
        and bool(functions_here(run, actor))
    )


def _known(run: Run, waiver_id: str) -> WaiverState:
    found = next((each for each in run.state.waivers if each.id == waiver_id), None)
    if found is None:
        raise NotFound("unknown_waiver", N_("This run has no waiver “{waiver}”."), waiver=waiver_id)
    return found


def decide(run: Run, actor: Actor, act: DecideWaiver) -> None:
    """Grant or refuse a waiver."""
    waiver = _known(run, act.waiver)
    waiver.decided_by = actor.name
    granted = act.decision == "approved"
    _set(run, waiver, "granted" if granted else "rejected", comment=act)
    turn(run)
    told = (
        N_("The waiver of “{check}” was granted.") if granted else N_("The waiver of “{check}” was refused.")
    )
    *_, check = _found(run, waiver.check)
    to = tuple(dict.fromkeys((waiver.by, run.plan.release_manager)))
    run.tell(to, say(told, check=check.title), f"/runs/{run.state.run_id}")


_EVENTS: dict[WaiverStateName, str] = {
    "granted": "WaiverGranted",
    "rejected": "WaiverRejected",
    "expired": "WaiverExpired",
    "ended": "WaiverEnded",
}


def _set(
    run: Run, waiver: WaiverState, state: WaiverStateName, *, comment: DecideWaiver | None = None
) -> None:
    stage, _, check = _found(run, waiver.check)
    request = _request_of(run, waiver) if waiver.state == "requested" else None
    waiver.state = state
    run.touched[stage.id] = None
    said = comment.comment if comment else None
    run.emit(
        _EVENTS[state],
        _about(waiver),
        words={"comment": said} if said else {},
        waiver=waiver.id,
        check=waiver.check,
        title=check.title,
        ends_at=waiver.ends_at,
    )
    if request is not None:
        msgid = N_("The waiver of “{check}” is {state}, by {who}; your decision is not awaited any more.")
        why = say(msgid, check=check.title, state=state, who=run.actor.name)
        asked = deciders(run, waiver.check, waiver.by, waiver.functions)
        run.close_request(request, asked, why, f"/waivers/{waiver.id}")


# -- time, and a new build -----------------------------------------------------------------------------------


def turn(run: Run) -> None:
    """Let waivers begin and end by the clock, and with what they were for.

    A stage that passed by one that is over is open again, and one that it opened stops for the release manager; unless
    traffic has moved: then the signed facts stand, and what is left is the way back.
    """
    for waiver in run.state.waivers:
        if waiver.state in OPEN and _evidence(run, waiver.check) != waiver.evidence:
            _set(run, waiver, "ended")
        elif waiver.state in OPEN and waiver.ends_at <= run.now:
            _expire(run, waiver)
        elif waiver.state == "granted" and not waiver.begun and waiver.starts_at <= run.now:
            _begin(run, waiver)


def _evidence(run: Run, ref: str) -> str | None:
    """Return the digest of the evidence that a check reads; None for one that is measured."""
    *_, check = _found(run, ref)
    return run.state.tasks[check.source.task].evidence if isinstance(check.source, FactSource) else None


def _expire(run: Run, waiver: WaiverState) -> None:
    stage, gate, check = _found(run, waiver.check)
    _set(run, waiver, "expired")
    blocks = waiver.begun and counted(run, stage, _key(waiver.check)) in WAIVABLE
    if not blocks or run.state.shifted is not None or not run.moving:
        return
    if gate.on == "exit":
        open_again(run, stage)
    elif run.stage(stage.id).state == "open":
        hold_for_manager(run, say(N_("the waiver of “{check}” is over"), check=check.title))


def close(run: Run) -> None:
    """End what is still asked for when the run ends: nobody decides any more. What was granted stays a fact."""
    for waiver in run.state.waivers:
        if waiver.state == "requested":
            _set(run, waiver, "ended")


def _begin(run: Run, waiver: WaiverState) -> None:
    waiver.begun = True
    run.touched[_found(run, waiver.check)[0].id] = None


def turns(run: Run) -> Iterator[datetime]:
    """Yield when a waiver begins or ends."""
    for waiver in run.state.waivers:
        if waiver.state in OPEN:
            yield waiver.ends_at
        if waiver.state == "granted" and not waiver.begun:
            yield waiver.starts_at


def end_waivers(run: Run, checks: Collection[str]) -> None:
    """End what was asked for or granted for these checks, `STAGE/GATE.CHECK`: they are gone or judge otherwise."""
    for waiver in run.state.waivers:
        if waiver.state in OPEN and waiver.check in checks:
            _set(run, waiver, "ended")


def of_former_builds(run: Run) -> None:
    """End what was asked for or granted for a former build."""
    for waiver in run.state.waivers:
        if waiver.state in OPEN and waiver.build != len(run.state.builds):
            _set(run, waiver, "ended")
