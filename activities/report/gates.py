"""What was measured: gates with their values, and the alerts that were raised."""

from __future__ import annotations

from activities.report.document import Block, Cell, Section, State, many, table
from activities.report.told import Told, phrase
from activities.report.waits import time_of
from golive.words import N_, say


def gates(told: Told) -> Section:
    """Tell each check as last judged, with threshold and value, and how it changed before."""
    blocks: list[Block] = [_present(told)]
    if told.events("CheckChanged"):
        blocks.append(_history(told))
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
