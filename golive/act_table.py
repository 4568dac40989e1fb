"""What each act asks of a run before it may happen, and what it does then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from golive import acts, amendment, around_decisions, break_glass, panel, rollout, tasks, waivers
from golive import commands as c
from golive.deciding import check_decide, decide
from golive.errors import need_words
from golive.run import Run

Handle = Callable[[Run, c.Actor, Any], None]


class Handler(NamedTuple):
    """`check` raises why an act is refused and changes nothing; `act` lets it happen."""

    check: Handle
    act: Handle


def _whoever(handle: Callable[[Run, Any], None]) -> Handle:
    return lambda run, _, act: handle(run, act)


def _has_words(_: Run, __: c.Actor, act: c.AddLesson | c.AddAction) -> None:
    need_words(act.text)


HANDLERS: Mapping[type, Handler] = {
    c.StartTask: Handler(tasks.check_start, tasks.start),
    c.CompleteTask: Handler(tasks.check_complete, tasks.complete),
    c.VerifyTask: Handler(tasks.check_verify, tasks.verify),
    c.BlockTask: Handler(tasks.check_block, tasks.block),
    c.ReopenTask: Handler(tasks.check_reopen, tasks.reopen_task),
    c.ReassignTask: Handler(tasks.check_reassign, tasks.reassign),
    c.SetNotApplicable: Handler(tasks.check_not_applicable, tasks.set_not_applicable),
    c.Decide: Handler(check_decide, decide),
    c.Withdraw: Handler(around_decisions.check_withdraw, around_decisions.withdraw),
    c.Delegate: Handler(panel.check_delegate, panel.delegate),
    c.AddSigners: Handler(panel.check_add_signers, panel.add_signers),
    c.RemindSigners: Handler(_whoever(around_decisions.check_remind), around_decisions.remind),
    c.Inform: Handler(_whoever(around_decisions.check_inform), around_decisions.inform),
    c.BreakGlass: Handler(break_glass.check_break_glass, break_glass.break_glass),
    c.RequestWaiver: Handler(waivers.check_request, waivers.request),
    c.DecideWaiver: Handler(waivers.check_decide, waivers.decide),
    c.Amend: Handler(amendment.check_amend, amendment.amend),
    c.DecideAmendment: Handler(amendment.check_decide, amendment.decide),
    c.WithdrawAmendment: Handler(amendment.check_withdraw, amendment.withdraw),
    c.Comment: Handler(_whoever(acts.check_comment), _whoever(acts.comment)),
    c.Promote: Handler(_whoever(rollout.check_promote), _whoever(rollout.promote)),
    c.PromoteFull: Handler(_whoever(rollout.check_promote_full), _whoever(rollout.promote_full)),
    c.RetryRollout: Handler(_whoever(rollout.check_retry), _whoever(rollout.retry)),
    c.Hold: Handler(_whoever(acts.check_hold), acts.hold),
    c.Resume: Handler(_whoever(acts.check_resume), _whoever(acts.resume)),
    c.Abort: Handler(_whoever(acts.check_abort), acts.abort),
    c.Rollback: Handler(_whoever(acts.check_rollback), acts.rollback),
    c.AddLesson: Handler(_has_words, _whoever(acts.add_lesson)),
    c.AddAction: Handler(_has_words, _whoever(acts.add_action)),
    c.CloseAction: Handler(acts.check_close_action, _whoever(acts.close_action)),
}
"""All acts but a new build, for which the stages' processes are needed as well."""
