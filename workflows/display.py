"""How a run shows itself in the Temporal UI: current details, search attributes, summaries in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from golive import rules
    from golive.events import summary
    from golive.explain import awaited_people, current_details
    from golive.recording import Batch
    from golive.run import Run
    from golive.stages import Processes
    from workflows.search import DUE, RISK, SERVICE, STAGE, STATE, VERSION, WAITING_FOR

SUMMARY = 400
"""The most bytes of a summary that Temporal takes."""

NEVER = datetime(2999, 1, 1, tzinfo=UTC)
"""What GoLiveDue says while nothing is due: a search attribute cannot be compared when it is unset."""


class Display:
    """Writes what changed and nothing else, since each search attribute that is written is an event of history."""

    def __init__(self) -> None:
        self._shown: dict[str, object] = {}

    def show(self, run: Run, processes: Processes) -> None:
        """Show the run as it now stands."""
        workflow.set_current_details(current_details(run, processes))
        updates: list[SearchAttributeUpdate[Any]] = []
        for key, value in _attributes(run, processes):
            if self._shown.get(key.name) != value:
                self._shown[key.name] = value
                updates.append(key.value_set(value))
        if updates:
            workflow.upsert_search_attributes(updates)


def _attributes(run: Run, processes: Processes) -> list[tuple[SearchAttributeKey[Any], Any]]:
    state = run.state
    open_stages = [stage.id for stage in run.plan.stages if state.stages[stage.id].state == "open"]
    return [
        (SERVICE, state.release.service),
        (VERSION, state.release.version),
        (STAGE, open_stages[0][:200] if open_stages else "none"),
        (STATE, state.state),
        (WAITING_FOR, awaited_people(run, processes)),
        (DUE, rules.next_due(run, processes) or NEVER),
        (RISK, risk(run)),
    ]


def risk(run: Run) -> int:
    """Return how much is amiss: overdue tasks, and checks that fail or cannot be measured."""
    failing = sum(
        check.state in ("fail", "error")
        for stage in run.state.stages.values()
        for check in stage.checks.values()
    )
    return run.docket.overdue() + failing


def brief(words: str) -> str:
    """Return a summary that Temporal takes: at most 400 bytes, whatever the script. A longer one blocks the run."""
    if len(words.encode()) <= SUMMARY:
        return words
    return words.encode()[: SUMMARY - 3].decode(errors="ignore") + "…"


def batch_words(batch: Batch) -> str:
    """Return what a batch records, in words: the first event and how many follow."""
    if not batch.events:
        return "look again whether the service is free" if batch.lock else "update the read model"
    first = batch.events[0]
    said = str(summary(first.type, first.actor.name, first.payload))[:120]
    return brief(f"{said} (and {len(batch.events) - 1} more)" if len(batch.events) > 1 else said)
