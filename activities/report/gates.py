"""What was measured: gates with their values, and the alerts that were raised."""

from __future__ import annotations

from datetime import datetime

from activities.report.document import Block, Cell, Section, State, many, table
from activities.report.told import Told, phrase
from activities.report.waits import time_of
from db.views import JournalRow
from golive.words import N_, say


def gates(told: Told) -> Section:
    """Tell each check as last judged, with threshold and value, and how it changed before."""
    blocks: list[Block] = [_present(told)]
    if told.events("CheckChanged"):
        blocks.append(_history(told))
    if told.events("WaiverRequested"):
        blocks.append(_waivers(told))
    return Section("gates", say(N_("Gates")), tuple(blocks))


def _present(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (
            stage.title,
            gate.title,
            check.title,
            State(check.state),
            check.observed,
            f"{check.compare} {check.threshold:g}",
            check.observed_at,
            check.source,
            check.cause,
        )
        for stage in told.run.stages
        for gate in stage.gates
        for check in gate.checks
    ]
    columns = (
        say(N_("stage")),
        say(N_("gate")),
        say(N_("check")),
        say(N_("state")),
        say(N_("value")),
        say(N_("wanted")),
        say(N_("observed")),
        say(N_("read from")),
        say(N_("why")),
    )
    return table(say(N_("Checks")), columns, rows, none=say(N_("The plan has no gates.")))


def _history(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            told.title(row.object),
            phrase(row.payload.get("title")),
            State(str(row.payload.get("state"))),
            row.payload.get("observed"),
            phrase(row.payload.get("cause")),
        )
        for row in told.events("CheckChanged")
    ]
    columns = (
        say(N_("time")),
        say(N_("stage")),
        say(N_("check")),
        say(N_("state")),
        say(N_("value")),
        say(N_("why")),
    )
    return table(say(N_("How they changed")), columns, rows, none=say(N_("None changed.")), folded=True)


def _waivers(told: Told) -> Block:
    """Tell each exception to a check: who asked for it and why, who decided, and when it was over."""
    ends = {
        row.payload["waiver"]: row
        for kind in ("WaiverGranted", "WaiverRejected", "WaiverExpired", "WaiverEnded")
        for row in told.events(kind)
    }
    decided = {
        row.payload["waiver"]: row
        for kind in ("WaiverGranted", "WaiverRejected")
        for row in told.events(kind)
    }
    rows: list[tuple[Cell, ...]] = [
        _waiver(told, row, decided.get(row.payload["waiver"]), ends.get(row.payload["waiver"]))
        for row in told.events("WaiverRequested")
    ]
    columns = (
        say(N_("time")),
        say(N_("stage")),
        say(N_("check")),
        say(N_("asked for by")),
        say(N_("reason")),
        say(N_("risk")),
        say(N_("mitigation")),
        say(N_("until")),
        say(N_("decided by")),
        say(N_("state")),
    )
    return table(say(N_("Waivers")), columns, rows, none=say(N_("Nothing was waived.")))


_STATES = {
    "WaiverGranted": "granted",
    "WaiverRejected": "rejected",
    "WaiverExpired": "expired",
    "WaiverEnded": "ended",
}


def _waiver(
    told: Told, asked: JournalRow, decided: JournalRow | None, last: JournalRow | None
) -> tuple[Cell, ...]:
    return (
        time_of(asked),
        told.title(asked.object),
        phrase(asked.payload.get("title")),
        asked.actor,
        asked.reason,
        asked.words.get("risk"),
        asked.words.get("mitigation"),
        datetime.fromisoformat(asked.payload["ends_at"]),
        decided.actor if decided else None,
        State(_STATES[last.action] if last else "requested"),
    )


def alerts(told: Told) -> Section:
    """Tell what golive raised the alarm about, and what it suggested."""
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            told.title(row.object),
            phrase(row.payload.get("what")),
            phrase(row.payload.get("cause")),
            many([phrase(measure) for measure in row.payload.get("countermeasures", ())]),
        )
        for row in told.events("AlertRaised")
    ]
    columns = (
        say(N_("time")),
        say(N_("stage")),
        say(N_("what")),
        say(N_("why")),
        say(N_("suggested")),
    )
    raised = table(say(N_("Alerts")), columns, rows, none=say(N_("No alert was raised.")))
    return Section("alerts", say(N_("Alerts")), (raised,))
