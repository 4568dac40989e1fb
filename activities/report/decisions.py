"""Who decided what, on which digest, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from activities.report.around import around, withdrawal
from activities.report.document import Block, Cell, Code, Section, State, many, table
from activities.report.told import Told
from activities.report.waits import time_of
from db.lessons import review_after
from db.views import ApprovalView, JournalRow
from golive.recording import DecisionView, RuleView
from golive.sources import named
from golive.words import N_, Sentence, say


def decisions(told: Told) -> Section:
    """Tell every decision as the journal has it, those included that stand no more."""
    blocks: list[Block] = [_approvals(told), _made(told)]
    if (acts := around(told)) is not None:
        blocks.append(acts)
    if told.events("DecisionsStale"):
        blocks.append(_stale(told))
    if told.events("RuleExpired"):
        blocks.append(_expired(told))
    if told.events("GlassBroken"):
        blocks.append(_broken(told))
    return Section("decisions", say(N_("Decisions")), tuple(blocks))


def _approvals(told: Told) -> Block:
    asked: dict[str, list[datetime]] = defaultdict(list)
    for row in told.events("ApprovalRequested"):
        asked[row.object].append(time_of(row))
    granted = {row.object: time_of(row) for row in told.events("ApprovalGranted")}
    rows = [
        _approval(told, approval, asked[about], granted.get(about))
        for approval in told.run.approvals
        for about in (f"approval:{approval.ref}",)
    ]
    columns = (
        say(N_("approval")),
        say(N_("stage")),
        say(N_("state")),
        say(N_("rules")),
        say(N_("times asked")),
        say(N_("first asked")),
        say(N_("last request to approval")),
        say(N_("digest of the subject")),
    )
    return table(say(N_("Approvals")), columns, rows, none=say(N_("The plan asks for no approval.")))


def _approval(
    told: Told, approval: ApprovalView, asked: list[datetime], granted: datetime | None
) -> tuple[Cell, ...]:
    took = granted - asked[-1] if granted and asked and granted >= asked[-1] else None
    return (
        approval.title,
        told.titles.get(approval.stage),
        State(approval.state),
        many([*([approval.applied.why] if approval.applied else []), *map(_rule, approval.rules)]),
        len(asked),
        asked[0] if asked else None,
        took,
        Code(approval.digest) if approval.digest else None,
    )


def _rule(rule: RuleView) -> Sentence:
    if rule.mode == "all":
        return say(
            N_("everyone of {function}: {given} of {min}"),
            function=named(rule.source),
            given=len(rule.decisions),
            min=rule.min,
        )
    return say(
        N_("{function}: {given} of {min}"),
        function=named(rule.source),
        given=len(rule.decisions),
        min=rule.min,
    )


def _made(told: Told) -> Block:
    views = {decision.seq: decision for asked in told.run.approvals for decision in asked.decisions}
    asked = _requests(told)
    made = told.events("DecisionMade")
    proved = any("authenticated" in row.payload for row in made)
    rows = [
        (
            *_decision(told, row, asked),
            *(_proof(row) if proved else ()),
            *_worth(told, row, views.get(row.seq)),
        )
        for row in made
    ]
    columns = (
        say(N_("time")),
        say(N_("who")),
        say(N_("as")),
        say(N_("approval")),
        say(N_("decision")),
        say(N_("meaning")),
        say(N_("after")),
        *((say(N_("proved who they are")),) if proved else ()),
        say(N_("on digest")),
        say(N_("stands")),
        say(N_("comment")),
    )
    return table(say(N_("Decisions")), columns, rows, none=say(N_("Nobody has decided anything.")))


def _requests(told: Told) -> dict[tuple[str, int], datetime]:
    asked = told.events("ApprovalRequested")
    return {(row.object, int(row.payload.get("round", 1))): time_of(row) for row in asked}


def _decision(told: Told, row: JournalRow, asked: dict[tuple[str, int], datetime]) -> tuple[Cell, ...]:
    requested = asked.get((row.object, int(row.payload.get("round", 1))))
    who: Cell = row.actor
    if row.on_behalf_of:
        who = say(N_("{who} for {other}"), who=row.actor, other=row.on_behalf_of)
    return (
        time_of(row),
        who,
        many([named(source) for source in row.payload.get("functions", ())]),
        told.title(row.object),
        State(str(row.payload.get("decision"))),
        State(str(row.payload.get("meaning"))),
        time_of(row) - requested if requested else None,
    )


def _proof(row: JournalRow) -> tuple[Cell, ...]:
    """Tell how somebody proved again who they are, to sign."""
    proof = row.payload.get("authenticated")
    return (State(str(proof["method"])) if proof else None,)


def _worth(told: Told, row: JournalRow, view: DecisionView | None) -> tuple[Cell, ...]:
    return (Code(row.subject_digest or ""), _stands(told, row, view), row.words.get("comment"))


def _stands(told: Told, row: JournalRow, view: DecisionView | None) -> Cell:
    """Tell whether a decision stands, and of one that was taken back why; the view of one that is gone is None."""
    if view is not None and view.withdrawn:
        taken_back = withdrawal(told, row)
        return many([say(N_("no, withdrawn")), *([taken_back.reason] if taken_back else [])])
    return say(N_("yes")) if view is not None and not view.stale else say(N_("no, stale"))


def _stale(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (time_of(row), told.title(row.object), many([State(str(part)) for part in changed]))
        for row in told.events("DecisionsStale")
        for changed in (row.payload.get("changed", ()),)
    ]
    columns: tuple[Sentence, ...] = (say(N_("time")), say(N_("approval")), say(N_("what had changed")))
    return table(say(N_("Decisions that became stale")), columns, rows, none=say(N_("None became stale.")))


def _expired(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (time_of(row), told.title(row.object), row.payload["rule"], ", ".join(row.payload["awaited"]))
        for row in told.events("RuleExpired")
    ]
    columns = (say(N_("time")), say(N_("approval")), say(N_("rule")), say(N_("awaited")))
    return table(say(N_("Rules that expired")), columns, rows, none=say(N_("None expired.")))


def _broken(told: Told) -> Block:
    """Tell what was granted against its rules in an emergency, and who looked at it afterwards."""
    rows: list[tuple[Cell, ...]] = []
    for row in told.events("GlassBroken"):
        review = review_after(row.seq, told.story.actions)
        by = (review.closed_by if review else None) or say(N_("nobody yet"))
        rows.append((time_of(row), told.title(row.object), row.actor, row.reason, by))
    columns = (say(N_("time")), say(N_("approval")), say(N_("who")), say(N_("why")), say(N_("reviewed by")))
    return table(say(N_("Granted by breaking the glass")), columns, rows, none=say(N_("Nothing.")))
