"""How the plan was amended while the run went on: what changed, why, and who approved that."""

from __future__ import annotations

from activities.report.document import Cell, Code, Section, State, many, table
from activities.report.told import Told, phrase
from activities.report.waits import time_of
from db.views import JournalRow
from golive.words import N_, say

_CLOSES = {
    "PlanAmended": "in_force",
    "AmendmentRejected": "rejected",
    "AmendmentWithdrawn": "withdrawn",
    "AmendmentExpired": "expired",
    "AmendmentEnded": "undecided",
}


def amendments(told: Told) -> Section | None:
    """Tell every amendment that was asked for; None when there was none."""
    asked = told.events("AmendmentRequested")
    if not asked:
        return None
    columns = (
        say(N_("time")),
        say(N_("class")),
        say(N_("asked for by")),
        say(N_("why")),
        say(N_("what changes")),
        say(N_("approved by")),
        say(N_("state")),
        say(N_("version")),
        say(N_("digest")),
    )
    rows = [_amendment(told, row) for row in asked]
    listed = table(say(N_("Amendments of the plan")), columns, rows, none=say(N_("None.")))
    return Section("amendments", say(N_("Amendments of the plan")), (listed,))


def _amendment(told: Told, row: JournalRow) -> tuple[Cell, ...]:
    mine = row.payload["amendment"]
    approved = [each.actor for each in told.events("AmendmentApproved") if each.payload["amendment"] == mine]
    closed = [each for each in told.events(*_CLOSES) if each.payload["amendment"] == mine]
    return (
        time_of(row),
        State(row.payload["kind"]),
        row.actor,
        row.reason,
        many([phrase(change) for change in row.payload["changes"]]),
        ", ".join(approved) or None,
        State(_CLOSES[closed[-1].action] if closed else "requested"),
        closed[-1].payload.get("version") if closed else None,
        Code(row.subject_digest or ""),
    )
