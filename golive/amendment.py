"""Amendments: an explicit, approved change of the plan of a running run (变更).

Minor ones, of people, dates and words, take effect when the release manager asks for them, with a reason. Major ones
are approved by one person of each function that signs in the run, by distinct persons and not by who asked; one
rejection closes them, and so does silence. Nobody chooses the class: `plan_changes` finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from golive import policy
from golive.amendable import check_amendable
from golive.canonical import canonical, digest
from golive.commands import Actor, Amend, DecideAmendment, WithdrawAmendment
from golive.errors import Conflict, Invalid, Refused, need_words
from golive.foreseeing import asked_of, foresee, functions_asked
from golive.plan_changes import class_of
from golive.recording import DecisionView, Wait
from golive.run import Run
from golive.sources import all_named, holds
from golive.state import AmendmentState
from golive.taking_effect import follow_plan
from golive.words import N_, Sentence, say

MOST_BYTES = 256 * 1024
"""Size of the difference of an amendment as JSON: it stands in the journal."""

# -- asking for one ------------------------------------------------------------------------------------------


def check_amend(run: Run, actor: Actor, act: Amend) -> None:
    """Raise why the run can not follow this plan: nothing changes, it lies behind, or nobody could approve it."""
    need_words(act.reason)
    if run.state.amendment is not None:
        raise Conflict(
            "amendment_pending",
            N_("An amendment of {who} waits for its decisions; it is decided or withdrawn first."),
            who=run.state.amendment.by,
        )
    if act.base != run.state.plan_version:
        raise plan_changed(run.state.plan_version)
    if act.plan == run.plan:
        raise Conflict("nothing_amended", N_("The plan would stay as it is; say what is to change."))
    if len(canonical(list(act.patch))) > MOST_BYTES:
        raise Conflict(
            "amendment_too_large",
            N_(
                "The amendment changes more than can be read and approved at once; start another run instead."
            ),
        )
    check_amendable(run, act.plan)
    asked = asked_of(run, actor.name)
    if class_of(run.plan, act.plan) == "major" and not policy.can_be_met(asked):
        raise Conflict(
            "nobody_decides",
            N_(
                "Nobody is left who could approve the amendment for each function that signs: {functions}. Name more "
                "people for them first."
            ),
            functions=all_named(functions_asked(run.plan)),
        )


def plan_changed(version: int) -> Conflict:
    """Return the refusal of what was made from another plan than the present one."""
    return Conflict(
        "plan_changed",
        N_("The run follows version {version} of its plan by now; look at it and ask again."),
        version=version,
    )


def digest_of(run: Run, act: Amend) -> str:
    """Return what is approved: the digest of the plan to follow, of the version that it changes, and of the reason.

    The plan before is named by its number: a version of a run's plan never changes.
    """
    plan = act.plan.model_dump(mode="json")
    return digest({"run": run.state.run_id, "base": act.base, "amended": plan, "reason": act.reason.digest})


def amend(run: Run, actor: Actor, act: Amend) -> None:
    """Ask for an amendment, with what it changes and does; a minor one takes effect at once."""
    seen = foresee(run, act, actor.name)
    amendment = AmendmentState(
        id=f"{run.state.run_id}-m{run.state.seq + 1}",
        base=act.base,
        plan=act.plan,
        by=actor.name,
        digest=digest_of(run, act),
        functions=seen.functions,
        requested_at=run.now,
        expires_at=seen.expires_at or run.now,
    )
    run.emit(
        "AmendmentRequested",
        words={"reason": act.reason},
        digest=amendment.digest,
        amendment=amendment.id,
        base=act.base,
        why=say(N_("changes: {n}"), n=len(seen.changes)),
        **seen.model_dump(mode="json"),
    )
    if seen.kind == "minor":
        _take_effect(run, amendment)
    else:
        run.state.amendment = amendment
        asks = say(
            N_("{who} asks to amend the plan of “{title}”; please decide."), who=actor.name, title=run.title
        )
        run.tell(seen.asked, asks, f"/amendments/{amendment.id}")


def _take_effect(run: Run, amendment: AmendmentState) -> None:
    everybody = dict.fromkeys(run.plan.everybody())
    run.state.amendment = None
    run.emit("PlanAmended", amendment=amendment.id, version=run.state.plan_version + 1)
    follow_plan(run, amendment.plan)
    told = say(
        N_("The plan of “{title}” was amended by {who}; it is version {version} now."),
        title=run.title,
        who=amendment.by,
        version=run.state.plan_version,
    )
    to = (run.plan.release_manager, *everybody, *run.plan.everybody())
    run.tell(tuple(dict.fromkeys(to)), told, f"/amendments/{amendment.id}")


# -- deciding on it ------------------------------------------------------------------------------------------


def check_decide(run: Run, actor: Actor, act: DecideAmendment) -> None:
    """Raise why somebody can not decide so on the amendment, on this digest, now."""
    amendment = _pending(run, act.amendment)
    if act.digest != amendment.digest:
        raise Conflict(
            "stale_subject",
            N_("The amendment has another digest than the one you saw; read it and decide on that."),
            facts={"digest": amendment.digest, "changed": []},
        )
    if any(actor.name == each.by for each in amendment.decisions):
        raise Conflict("already_decided", N_("You have already decided on this amendment."))
    if not _under(run, amendment, actor):
        raise Refused(
            "may_not_amend",
            N_("{who} may not decide on the amendment; awaited: {others}."),
            who=actor.name,
            others=", ".join(awaited(run, amendment)) or "—",
        )
    if act.decision == "rejected" and not (act.comment and act.comment.text.strip()):
        raise Invalid("reason_missing", N_("Say in the comment why you reject the amendment."))
    if act.decision == "approved":
        check_amendable(run, amendment.plan)


def _pending(run: Run, amendment_id: str) -> AmendmentState:
    pending = run.state.amendment
    over = pending is not None and run.moving and pending.expires_at <= run.now
    if pending is None or pending.id != amendment_id or over:
        raise Conflict("amendment_closed", N_("Nobody decides on this amendment any more."))
    return pending


def _under(run: Run, amendment: AmendmentState, actor: Actor) -> list[int]:
    """Return the seats, by number, that somebody may fill: of a function that they have, here and today."""
    asked = [{source} for source in amendment.functions] or [set(run.plan.people)]
    seats = zip(asked_of(run, amendment.by), asked, strict=True)
    return [
        n
        for n, (seat, sources) in enumerate(seats)
        if actor.name in seat.able and any(holds(source, actor.functions, actor.groups) for source in sources)
    ]


def _voices(amendment: AmendmentState) -> policy.Voices:
    return {each.by: list(each.under or ()) for each in amendment.decisions if each.decision == "approved"}


def awaited(run: Run, amendment: AmendmentState) -> tuple[str, ...]:
    """Return whose approval would bring the amendment forward."""
    return policy.waiting(
        asked_of(run, amendment.by), _voices(amendment), [each.by for each in amendment.decisions]
    )


def decide(run: Run, actor: Actor, act: DecideAmendment) -> None:
    """Keep the decision for ever. The last approval lets the run follow the plan; a rejection closes the amendment."""
    amendment = _pending(run, act.amendment)
    approved, under = act.decision == "approved", _under(run, amendment, actor)
    functions = tuple(amendment.functions[n] for n in under if n < len(amendment.functions))
    seq = run.state.seq + 1
    amendment.decisions.append(
        DecisionView(
            id=run.command_id or f"{run.state.run_id}-{seq}",
            by=actor.name,
            functions=functions,
            under=tuple(under),
            decision=act.decision,
            meaning="approved" if approved else "rejected",
            digest=act.digest,
            at=run.now,
            seq=seq,
        )
    )
    _tell_decision(run, amendment, act, functions)
    if not approved:
        run.state.amendment = None
        _tell_all(run, amendment, say(N_("The amendment of “{title}” was rejected."), title=run.title))
    elif _met(run, amendment):
        _take_effect(run, amendment)


def _tell_decision(
    run: Run, amendment: AmendmentState, act: DecideAmendment, functions: Sequence[str]
) -> None:
    approved = act.decision == "approved"
    run.emit(
        "AmendmentApproved" if approved else "AmendmentRejected",
        words={"comment": act.comment} if act.comment else {},
        digest=act.digest,
        amendment=amendment.id,
        meaning="approved" if approved else "rejected",
        functions=tuple(functions),
        awaited=awaited(run, amendment) if approved else (),
    )


def _met(run: Run, amendment: AmendmentState) -> bool:
    filled = policy.fill(asked_of(run, amendment.by), _voices(amendment))
    return all(None not in seats for seats in filled)


def _tell_all(run: Run, amendment: AmendmentState, told: Sentence) -> None:
    """Tell who asked for it, the release manager and everybody who was asked: nobody need decide any more."""
    asked = (name for seat in asked_of(run, amendment.by) for name in seat.able)
    to = dict.fromkeys((amendment.by, run.plan.release_manager, *asked))
    run.tell(tuple(to), told, f"/amendments/{amendment.id}")


# -- closing it ----------------------------------------------------------------------------------------------


def check_withdraw(run: Run, actor: Actor, act: WithdrawAmendment) -> None:
    """Raise why somebody can not take the amendment back: only who asked for it can."""
    need_words(act.reason)
    amendment = _pending(run, act.amendment)
    if amendment.by != actor.name:
        raise Refused(
            "may_not_amend",
            N_("{asker} asked for the amendment, so only {asker} can withdraw it."),
            asker=amendment.by,
        )


def withdraw(run: Run, _: Actor, act: WithdrawAmendment) -> None:
    """Take back an amendment that is not decided yet."""
    amendment = _pending(run, act.amendment)
    run.state.amendment = None
    run.emit("AmendmentWithdrawn", words={"reason": act.reason}, amendment=amendment.id)
    _tell_all(run, amendment, say(N_("The amendment of “{title}” was withdrawn."), title=run.title))


def turn(run: Run) -> None:
    """Close the amendment that nobody decided on in time; it never takes effect by silence."""
    amendment = run.state.amendment
    if amendment is not None and amendment.expires_at <= run.now:
        run.state.amendment = None
        run.emit("AmendmentExpired", amendment=amendment.id)
        told = say(
            N_("The amendment of “{title}” expired without a decision, which is not a yes."), title=run.title
        )
        _tell_all(run, amendment, told)


def close(run: Run) -> None:
    """End what is still asked for when the run ends: nobody decides any more."""
    amendment, run.state.amendment = run.state.amendment, None
    if amendment is not None:
        run.emit("AmendmentEnded", amendment=amendment.id)


def amendment_waits(run: Run) -> Iterator[Wait]:
    """Yield the amendment that waits for its decisions, with whose."""
    amendment = run.state.amendment
    if amendment is not None:
        yield Wait(
            what="amendment",
            object=f"amendment:{amendment.id}",
            who=awaited(run, amendment),
            since=amendment.requested_at,
            next=say(N_("expiry, which is not a yes")),
            next_at=amendment.expires_at,
        )
