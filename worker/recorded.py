"""What was recorded of runs, by Temporal's history: each batch is an activity's input, its answer the result."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle

from connectors.temporal import executions
from golive.recording import Batch, Recorded

RECORDERS = frozenset({"record", "open_tasks", "request_approval", "raise_alert"})
"""The activities that write a batch; see `activities.recording`."""


@dataclass(frozen=True)
class Written:
    """A batch as it was recorded: when Temporal asked for that and had the answer, and the answer."""

    batch: Batch
    answer: Recorded
    asked_at: datetime
    answered_at: datetime

    @property
    def last(self) -> int:
        """The number of its last event; 0 when it has none."""
        return self.batch.events[-1].seq if self.batch.events else 0


async def batches(client: Client, run_id: str) -> list[Written]:
    """Return every batch of a run that was recorded, in order, over all executions of its workflow."""
    handles = await executions(client, run_id)
    return [each for handle in handles async for each in _of_execution(client, handle)]


async def _of_execution(client: Client, handle: WorkflowHandle[object, object]) -> AsyncIterator[Written]:
    asked: dict[int, HistoryEvent] = {}
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            if event.activity_task_scheduled_event_attributes.activity_type.name in RECORDERS:
                asked[event.event_id] = event
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            number = event.activity_task_completed_event_attributes.scheduled_event_id
            if (scheduled := asked.pop(number, None)) is not None:
                yield await _written(client, scheduled, event)


async def _written(client: Client, scheduled: HistoryEvent, completed: HistoryEvent) -> Written:
    given = scheduled.activity_task_scheduled_event_attributes.input.payloads
    result = completed.activity_task_completed_event_attributes.result.payloads
    (batch,) = await client.data_converter.decode(given, [Batch])
    (answer,) = await client.data_converter.decode(result, [Recorded])
    asked_at, answered_at = (each.event_time.ToDatetime(tzinfo=UTC) for each in (scheduled, completed))
    return Written(batch, answer, asked_at, answered_at)
