"""What the worker shows of itself: the run of each log line, and how long recording takes and how often it fails."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import perf_counter
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.runtime import Runtime
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

from golive.recording import Batch
from observing.facts import work
from observing.temporal import runtime
from settings import Settings

DURATION, FAILURES, EVENTS = "golive_record_duration", "golive_record_failures", "golive_events_recorded"
LOG = logging.getLogger("golive.worker")
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
"""An attempt to record may take 20."""


class PortTaken(Exception):
    """Nothing can listen where metrics are asked for; the message says which variable names it."""


def measured(settings: Settings) -> Runtime:
    """Return the runtime of the worker's client, which offers metrics where a port is set. Raises PortTaken."""
    port, host = settings.worker_prometheus_port, settings.metrics_host
    if port is None:
        return runtime()
    try:
        return runtime(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", {DURATION: _SECONDS})
    except (RuntimeError, ValueError) as taken:
        raise PortTaken(
            f"Metrics cannot be offered at {host}, port {port} ({taken}). Set GOLIVE_WORKER_PROMETHEUS_PORT to a "
            "free port and GOLIVE_PROMETHEUS_HOST to an IP address of this machine."
        ) from taken


class Observing(Interceptor):
    """Watches activities. Without a port for metrics what is measured goes nowhere, at no cost worth naming."""

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Stand before the activity."""
        return _Observed(next)


class _Observed(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity with its facts at hand."""
        info = activity.info()
        batch = input.args[0] if input.args else None
        run_id = getattr(batch, "run_id", None)
        about = {"run": run_id} if isinstance(run_id, str) else {}
        with work(
            workflow=info.workflow_id or "", activity=info.activity_type, attempt=info.attempt, **about
        ) as facts:
            if not isinstance(batch, Batch):
                return await super().execute_activity(input)
            facts.update(_act_of(batch))
            return await self._recorded(input, batch)

    async def _recorded(self, input: ExecuteActivityInput, batch: Batch) -> Any:
        """Count what was recorded, how long it took, or why it was not."""
        meter = activity.metric_meter()
        began = perf_counter()
        try:
            answer = await super().execute_activity(input)
        except Exception as failed:
            cause = failed.type if isinstance(failed, ApplicationError) else type(failed).__name__
            failures = meter.create_counter(FAILURES, "Attempts to record that failed, by cause.")
            failures.add(1, {"cause": cause or "ApplicationError"})
            raise
        took = timedelta(seconds=perf_counter() - began)
        LOG.debug("recorded %d events in %.1f ms", len(batch.events), took.total_seconds() * 1000)
        meter.create_histogram_timedelta(DURATION, "Time to record a batch of events in SQL.").record(took)
        events = meter.create_counter(EVENTS, "Events recorded, by type.")
        for event in batch.events:
            events.add(1, {"type": event.type})
        return answer


def _act_of(batch: Batch) -> dict[str, str]:
    """Return who acted and the id of the act, when the batch records one."""
    for event in batch.events:
        if event.command_id:
            return {"actor": event.actor.name, "command": event.command_id}
    return {}
