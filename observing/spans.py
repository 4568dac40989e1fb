"""Traces by OpenTelemetry: a request, its Update, the activity that records it, and the SQL in between.

Imported only when traces are asked for: see `observing.tracing`.
"""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.metrics import NoOpMeter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from sqlalchemy import Engine

from observing.acts import ActTracing


class Tracing:
    """The traces of one process. Sampling and where they go are as the standard variables say."""

    def __init__(self, service: str) -> None:
        ours = Resource.create().merge(Resource({SERVICE_NAME: service}))
        self.provider = TracerProvider(
            resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.temporal = ActTracing(self.provider.get_tracer("golive.temporal"))
        """The interceptor of Temporal's client, and of the workers that use this client."""

    def listen(self, engine: Engine) -> None:
        """Make a span of each statement; the values that are bound to it stay out."""
        unused = NoOpMeter("golive").create_up_down_counter("connections")
        EngineTracer(self.provider.get_tracer("golive.db"), engine, unused)  # type: ignore[no-untyped-call]

    def facts(self) -> dict[str, str]:
        """Return the ids of the span at hand, for log lines; nothing where there is none."""
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        return {
            "trace_id": trace.format_trace_id(here.trace_id),
            "span_id": trace.format_span_id(here.span_id),
        }

    def close(self) -> None:
        """Send what was not sent yet."""
        self.provider.shutdown()
