"""Break-glass: the only way round an approval that nobody can give in an emergency (破窗).

It has a permission of its own and asks for a reason that says something. Everybody who takes part is told at once, and
the run cannot end before somebody else has looked at what was done.
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.asking import approval_page
from golive.commands import Actor, BreakGlass
from golive.deciding import check_digest, known, not_open
from golive.errors import Conflict, Invalid
from golive.reauthentication import check_authenticated, proof
from golive.recording import Wait
from golive.run import Run
from golive.sign_off import grant
from golive.span import Span
from golive.state import ActionState
from golive.subject import difference, part_digests, subject_of, whole_digest
from golive.vocabulary import ApprovalStateName
from golive.words import N_, say
from golive.working_time import add_working

LEAST_REASON = 20
"""Characters of a reason that says what the emergency is."""
REVIEWED_WITHIN = Span(days=1)
"""Working time in which somebody else looks at what was done."""
BREAKABLE: tuple[ApprovalStateName, ...] = ("pending", "rejected", "expired")


def check_break_glass(run: Run, actor: Actor, act: BreakGlass) -> None:
    """Raise why there is nothing to break, or too little was said about why."""
    stage, approval, state = known(run, act.approval)
    if state.state not in BREAKABLE:
        raise not_open(approval, state)
    if len(act.reason.text.strip()) < LEAST_REASON:
        raise Invalid(
            "reason_short",
            N_("Say in at least {least} characters what the emergency is; everybody will read it."),
            least=LEAST_REASON,
        )
    check_digest(act.digest, approval, state)
    parts = part_digests(subject_of(run, stage, approval))
    if changed := difference(state.parts, parts):
        raise Conflict(
            "stale_subject",
            N_(
                "“{title}” is now about another subject than the one that was asked about ({changed}); "
                "{manager} has to resume the run, so that it is asked about as it is."
            ),
            facts={"digest": whole_digest(parts), "changed": changed},
            title=approval.title,
            changed=", ".join(changed),
            manager=run.plan.release_manager,
        )
    check_authenticated(run, actor, approval)


def break_glass(run: Run, actor: Actor, act: BreakGlass) -> None:
    """Grant the approval, tell everybody, and have it reviewed by somebody else before the run can end."""
    stage, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    state.glass_broken_by, state.again = actor.name, False
    run.emit(
        "GlassBroken",
        f"approval:{act.approval}",
        words={"reason": act.reason},
        digest=act.digest,
        title=approval.title,
        parts=dict(state.parts),
        round=state.round,
        **proof(actor),
    )
    grant(run, stage, approval)
    _have_it_reviewed(run, actor, act)
    told = say(
        N_("{who} broke the glass: “{title}” is granted against its rules. Why: {reason}"),
        who=actor.name,
        title=approval.title,
        reason=act.reason.text,
    )
    run.tell(_concerned(run), told, approval_page(run, act.approval))


def _concerned(run: Run) -> tuple[str, ...]:
    return tuple(dict.fromkeys((run.plan.release_manager, run.state.started_by, *run.plan.everybody())))


def _have_it_reviewed(run: Run, actor: Actor, act: BreakGlass) -> None:
    review = f"{run.state.run_id}-a{run.state.seq + 1}"
    owner = next((name for name in _concerned(run) if name != actor.name), actor.name)
    run.state.actions.append(ActionState(id=review, owner=owner, reviews=actor.name, since=run.now))
    due_at = add_working(run.plan.calendar, run.now, REVIEWED_WITHIN)
    run.emit(
        "ActionAdded",
        words={"text": act.reason},
        action=review,
        owner=owner,
        due_at=due_at,
        reviews=actor.name,
    )


def review_waits(run: Run) -> Iterator[Wait]:
    """Yield what was done in an emergency and nobody else has looked at yet."""
    for action in run.state.actions:
        if action.open and action.reviews:
            who = tuple(name for name in _concerned(run) if name != action.reviews)
            since = action.since or run.state.started_at or run.now
            yield Wait(what="review", object=f"action:{action.id}", who=who, since=since)


def reviewed(run: Run) -> bool:
    """Tell whether somebody else has looked at all that was done in an emergency."""
    return not any(action.open and action.reviews for action in run.state.actions)
