"""How traffic moved, who moved it, and what was measured on the way."""

from __future__ import annotations

from collections import defaultdict

from activities.report.document import Block, Cell, Section, State, table
from activities.report.told import Told, phrase, reason_of
from activities.report.waits import time_of
from db.measurements import Measurement
from db.story import watch_keys
from db.views import JournalRow
from golive.words import N_, Sentence, say

_MOVES = (
    "TrafficShifted",
    "TrafficReturned",
    "StableConfirmed",
    "ShiftFailed",
    "RolloutStepStarted",
    "RolloutPromoted",
    "RolloutPromotedFull",
    "RolloutRestarted",
    "VerdictChanged",
    "ServiceLocked",
    "ServiceLockWaiting",
    "ServiceLockReleased",
)


def traffic(told: Told) -> Section | None:
    """Tell the history of the traffic; None where the plan moves none."""
    if not any(stage.rollout for stage in told.run.plan.stages):
        return None
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            _what(row),
            row.payload.get("weight"),
            row.actor,
            reason_of(row),
        )
        for row in told.events(*_MOVES)
    ]
    columns = (
        say(N_("time")),
        say(N_("what")),
        say(N_("new version, %")),
        say(N_("who")),
        say(N_("why")),
    )
    blocks: list[Block] = [table(say(N_("Traffic")), columns, rows, none=say(N_("No traffic was moved.")))]
    if told.story.measurements:
        blocks.append(_measured(told))
    return Section("traffic", say(N_("Traffic")), tuple(blocks))


def _what(row: JournalRow) -> Cell:
    if row.action == "RolloutStepStarted":
        what = phrase(row.payload.get("what"))
        return say(
            N_("step {n}: {what}"),
            n=int(row.payload["step"]),
            what=what if isinstance(what, Sentence) else "",
        )
    if row.action == "VerdictChanged":
        return State(str(row.payload.get("verdict")))
    told = {
        "TrafficShifted": N_("traffic shifted"),
        "TrafficReturned": N_("traffic returned to stable"),
        "StableConfirmed": N_("stable read back once more"),
        "ShiftFailed": N_("shift failed"),
        "RolloutPromoted": N_("promoted"),
        "RolloutPromotedFull": N_("promoted to the end"),
        "RolloutRestarted": N_("started over"),
        "ServiceLocked": N_("the run got the service"),
        "ServiceLockWaiting": N_("another run had the service"),
        "ServiceLockReleased": N_("the run gave the service back"),
    }
    return say(told[row.action])


def _measured(told: Told) -> Block:
    steps = {key: seq for seq, key in watch_keys(told.run.id, told.story.events).items()}
    started = {row.seq: row for row in told.events("RolloutStepStarted")}
    series: dict[tuple[int, str], list[Measurement]] = defaultdict(list)
    for one in told.story.measurements:
        series[steps[one.key], one.metric].append(one)
    rows = [_series(started[seq], metric, series[seq, metric]) for seq, metric in sorted(series)]
    columns = (
        say(N_("step")),
        say(N_("metric")),
        say(N_("measured")),
        say(N_("successful")),
        say(N_("failed")),
        say(N_("no answer")),
        say(N_("lowest")),
        say(N_("highest")),
        say(N_("last")),
    )
    return table(say(N_("Measurements")), columns, rows, none=say(N_("Nothing was measured.")))


def _series(step: JournalRow, metric: str, measured: list[Measurement]) -> tuple[Cell, ...]:
    values = [one.value for one in measured if one.value is not None]
    counted = {name: sum(one.outcome == name for one in measured) for name in ("successful", "failed")}
    return (
        _what(step),
        metric,
        len(measured),
        counted["successful"],
        counted["failed"],
        len(measured) - sum(counted.values()),
        min(values, default=None),
        max(values, default=None),
        values[-1] if values else None,
    )
