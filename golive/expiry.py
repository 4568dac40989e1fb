"""When the rules of an approval expire: what is not met by then closes it. Time that is over never approves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from golive.engine import EXPIRES_BY_RULE
from golive.run import Run
from golive.signers import approvers_of, rule_views, seats_of, waiting_for
from golive.sources import kind_of
from golive.span import Span
from golive.state import ApprovalState
from golive.template_approvals import Approval
from golive.vocabulary import OnExpiry
from golive.words import N_, Sentence, say
from golive.working_time import add_working


def start_expiry(run: Run, approval: Approval, state: ApprovalState) -> None:
    """Set when each rule expires, in working time from now: what the approval says goes for those that say nothing."""

    def end(span: Span | None) -> datetime | None:
        return add_working(run.plan.calendar, run.now, span) if span else None

    state.expires_at = end(approval.expires_in)
    own = [end(rule.expires_in) for rule in approval.rules]
    state.rules_expire_at = [each or state.expires_at for each in own] if any(own) else []


def next_expiry(run: Run, ref: str) -> datetime | None:
    """Return when the first rule of an open approval expires that is not met; a rule that is met never does."""
    state = run.state.approvals[ref]
    if state.state != "pending" or not state.rules_expire_at:
        return state.expires_at
    moments = [state.expiry_of(n) for n in _unmet(run, ref)]
    return min((moment for moment in moments if moment is not None), default=None)


def _unmet(run: Run, ref: str) -> list[int]:
    _, approval = run.index.approvals[ref]
    views = rule_views(run, approval, run.state.approvals[ref])
    return [n for n, view in enumerate(views) if not view.met]


class Over(NamedTuple):
    """Rules whose time is over: what follows, and of each whom it asked and who was awaited under it."""

    then: OnExpiry
    rules: Sequence[tuple[str, tuple[str, ...]]]

    @property
    def words(self) -> str:
        """The rules as they are told: `ops (olga, otto), qa (–)`."""
        return ", ".join(f"{asks} ({', '.join(awaited) or '–'})" for asks, awaited in self.rules)


def what_is_over(run: Run, ref: str) -> Over:
    """Return the rules that were not met in time. One that counts as a no is enough for a no."""
    _, approval = run.index.approvals[ref]
    state = run.state.approvals[ref]
    over = [n for n in _unmet(run, ref) if (moment := state.expiry_of(n)) and moment <= run.now]
    views, awaited = rule_views(run, approval, state), waiting_for(run, approval, state)
    seats = seats_of(run, approval, state, approvers_of(state))
    rules = [(_asks(views[n].source), tuple(name for name in awaited if name in seats[n].able)) for n in over]
    rejects = any(_on_expiry(approval, n) == "reject" for n in over)
    return Over("reject" if rejects else "escalate", rules)


def _asks(source: str) -> str:
    """Return whom a rule asks as it is listed: functions and people by their names, others by their key."""
    kind, key = kind_of(source)
    return key.replace(",", ", ") if kind in ("function", "people") else source


def _on_expiry(approval: Approval, rule: int) -> OnExpiry:
    """Return what follows when a rule expires; of a signer whom a signer added, what the approval says."""
    own = approval.rules[rule].on_expiry if rule < len(approval.rules) else None
    return own or approval.on_expiry


def expired_words(run: Run, approval: Approval, over: Over) -> Sentence:
    """Say to the release manager what expired and, as runs do that know it, which rules awaited whom."""
    if run.state.engine < EXPIRES_BY_RULE:
        return say(N_("“{title}” expired without a decision"), title=approval.title)
    return say(N_("“{title}” expired without a decision of {rules}"), title=approval.title, rules=over.words)
