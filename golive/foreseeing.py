"""What an amendment means before anybody is asked: its class, what it changes and does, and who approves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from golive import policy
from golive.commands import Amend
from golive.impact import Impact, impact_of
from golive.json_patch import patch
from golive.model import Fact
from golive.plan import Plan
from golive.plan_changes import class_of
from golive.plan_words import changes
from golive.policy import Seats
from golive.run import Run
from golive.span import Span
from golive.standing import bars
from golive.vocabulary import AmendmentClass
from golive.words import Sentence
from golive.working_time import add_working

WAITS = Span(days=5)
"""How long an amendment waits for its decisions where no approval of the plan says how long it does."""


class Foreseen(Fact):
    """What an amendment is, before anybody is asked: its class, what it changes, what it does, and who approves it.

    `patch` is the difference as JSON Patch. `asked` approve it, one of each of `functions`; both are empty for a minor
    one, which takes effect with the asking.
    """

    kind: AmendmentClass
    changes: tuple[Sentence, ...]
    patch: tuple[dict[str, Any], ...]
    impact: Impact
    functions: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    expires_at: datetime | None = None


def foresee(run: Run, act: Amend, asker: str) -> Foreseen:
    """Return what it would mean to follow another plan. Changes nothing."""
    plan = act.plan
    kind = class_of(run.plan, plan)
    told = Foreseen(
        kind=kind,
        changes=changes(run.plan, plan),
        patch=act.patch,
        impact=impact_of(run, plan),
    )
    if kind == "minor":
        return told
    return told.model_copy(
        update={
            "functions": functions_asked(run.plan),
            "asked": policy.waiting(asked_of(run, asker), {}, ()),
            "expires_at": _expires(run),
        }
    )


def _expires(run: Run) -> datetime:
    """Return until when decisions are awaited: as long as for the approval of the run that waits shortest."""
    spans = [each.expires_in for stage in run.plan.stages for each in stage.approvals if each.expires_in]
    return add_working(
        run.plan.calendar, run.now, min(spans, key=lambda span: span.on_the_clock, default=WAITS)
    )


def difference(before: Plan, now: Plan) -> tuple[dict[str, Any], ...]:
    """Return what makes one plan out of another, as JSON Patch."""
    return tuple(patch(before.model_dump(mode="json"), now.model_dump(mode="json")))


def functions_asked(plan: Plan) -> tuple[str, ...]:
    """Return the functions, groups and people whom the approvals of `plan` ask: they approve what changes it.

    Whom only the directory knows, managers and owners, are not asked: they may be others than at the start.
    """
    rules = (rule for stage in plan.stages for approval in stage.approvals for rule in approval.rules)
    known = (rule for rule in rules if not (rule.manager_of or rule.owner_of_service))
    return tuple(dict.fromkeys(rule.source for rule in known))


def asked_of(run: Run, asker: str) -> list[Seats]:
    """Return a seat for each function that signs, or one for all of them, and who may fill it; `asker` fills none."""
    out = {
        asker,
        *bars(
            started_by=run.state.started_by,
            authors=run.state.release.authors,
            editor=run.state.builds[-1].by,
            done=(),
        ),
    }
    groups = [run.plan.signers(each) for each in functions_asked(run.plan)]
    everybody = tuple(dict.fromkeys(name for each in run.plan.people for name in run.plan.signers(each)))
    return [
        Seats(able=tuple(name for name in group if name not in out), need=1)
        for group in groups or [everybody]
    ]
