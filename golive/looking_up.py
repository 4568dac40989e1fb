"""Asking the directory about an approval: before its decisions are asked for, and right before its gate opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from golive.effects import LookUp
from golive.engine import LOOKS_UP
from golive.run import Run
from golive.sources import names_asked
from golive.state import ApprovalState
from golive.template_approvals import Approval

HOLDS_FOR = timedelta(minutes=1)
"""How long what the directory confirmed counts, if nobody has decided since: other gates may close meanwhile."""


def look_up(run: Run, ref: str, why: Literal["ask", "again", "open"]) -> None:
    """Ask the directory who can sign now, unless its answer is awaited already."""
    _, approval = run.index.approvals[ref]
    state = run.state.approvals[ref]
    if state.looking is not None or run.state.engine < LOOKS_UP:
        return
    state.looking = f"{run.state.run_id}/{ref}/{why}/{run.state.seq}"
    run.ask(
        LookUp(
            key=state.looking,
            run_id=run.state.run_id,
            approval=ref,
            why=why,
            names=_names(run, approval, state),
            groups=tuple(dict.fromkeys(rule.group for rule in approval.rules if rule.group)),
            service=run.state.release.service
            if any(rule.owner_of_service for rule in approval.rules)
            else None,
        )
    )


def _names(run: Run, approval: Approval, state: ApprovalState) -> tuple[str, ...]:
    """Return whom to ask about by name: who is asked, has decided, stands in or was added."""
    plan, authors = run.plan, run.state.release.authors
    asked = (
        plan.members(rule.function) if rule.function else names_asked(rule, plan.release_manager, authors)
        for rule in approval.rules
    )
    names = [name for of_rule in asked for name in of_rule]
    names += [decision.by for decision in state.decisions if not decision.stale]
    names += [each.to for each in state.delegations] + [each.name for each in state.added]
    return tuple(dict.fromkeys(names))


def forget_looks(run: Run) -> None:
    """Let answers that are awaited count for nothing: what was asked is no longer what has to be known."""
    for state in run.state.approvals.values():
        state.looking = state.looked_at = state.confirmed_at = None


def known_now(run: Run, ref: str) -> bool:
    """Tell whether it is known whom an approval asks; ask the directory where only that knows.

    Who acts in a function the plan knows: they are asked at once, and who stands in for them a moment later.
    """
    _, approval = run.index.approvals[ref]
    if run.state.engine < LOOKS_UP:
        return True
    if all(rule.function for rule in approval.rules) or run.state.approvals[ref].looked_at == run.now:
        return True
    look_up(run, ref, "ask")
    return False


def confirmed(run: Run, ref: str) -> bool:
    """Tell whether all whose decisions count for an approved approval can still sign; ask where that is not known."""
    state = run.state.approvals[ref]
    if run.state.engine < LOOKS_UP or state.glass_broken_by is not None:
        return True
    if state.confirmed_at is not None and run.now - state.confirmed_at < HOLDS_FOR:
        return True
    look_up(run, ref, "open")
    return False
