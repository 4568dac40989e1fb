"""Temporal's tracing, in which the recording of an act belongs to the act's trace.

As it comes, the SDK hangs every activity below the span that started the workflow: an act would have its Update in
one trace and its `record` in that of a start that may be weeks old. Here an activity that records an act hangs below
the act's Update. Only headers of activities differ, never commands, so a history replays with tracing and without.
"""

from __future__ import annotations

from typing import Any

import opentelemetry.context as current
from opentelemetry.context import Context
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import (
    HandleUpdateInput,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle
from typing_extensions import override

from golive.commands import Command
from golive.recording import Batch


class ActTracing(TracingInterceptor):
    """The SDK's interceptor of client and worker, with ours for workflows."""

    @override
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        """Return the interceptor of workflows."""
        super().workflow_interceptor_class(input)
        return _Tracing


class _Tracing(TracingWorkflowInboundInterceptor):
    """The SDK's, which wraps ours: whoever is inside on the way in comes first on the way out."""

    def __init__(self, inner: WorkflowInboundInterceptor) -> None:
        super().__init__(_Acts(inner, self))


class _Acts(WorkflowInboundInterceptor):
    """Knows the trace of each act that is being handled."""

    def __init__(self, inner: WorkflowInboundInterceptor, tracing: TracingWorkflowInboundInterceptor) -> None:
        super().__init__(inner)
        self._tracing = tracing
        self._traces: dict[str, Context] = {}

    @override
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Recording(outbound, self))

    @override
    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        command = input.args[0] if input.args else None
        header = input.headers.get(self._tracing.header_key)
        if header is None or not isinstance(command, Command):
            return await super().handle_update_handler(input)
        (carrier,) = self._tracing.payload_converter.from_payloads([header])
        self._traces[command.id] = self._tracing.text_map_propagator.extract(carrier)
        try:
            return await super().handle_update_handler(input)
        finally:
            self._traces.pop(command.id, None)

    def trace_of(self, batch: Batch) -> Context | None:
        """Return the trace of the first act that `batch` records, None when it records none."""
        acts = (event.command_id for event in batch.events if event.command_id)
        return next((self._traces[act] for act in acts if act in self._traces), None)


class _Recording(WorkflowOutboundInterceptor):
    """Lets the SDK start what records an act in the act's trace."""

    def __init__(self, outer: WorkflowOutboundInterceptor, acts: _Acts) -> None:
        super().__init__(outer)
        self._acts = acts

    @override
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        batch = input.args[0] if input.args else None
        trace = self._acts.trace_of(batch) if isinstance(batch, Batch) else None
        if trace is None:
            return super().start_activity(input)
        before = current.attach(trace)
        try:
            return super().start_activity(input)
        finally:
            current.detach(before)
