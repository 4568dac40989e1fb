"""The runtime of Temporal's SDK: its log lines go where ours go, its metrics to Prometheus when asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from observing.logs import CORE

Buckets = Mapping[str, Sequence[float]]


def runtime(address: str | None = None, buckets: Buckets | None = None) -> Runtime:
    """Return a runtime; with an `address`, HOST:PORT, it answers there what the SDK and the worker measure.

    Durations are in seconds and names end in `_seconds` and `_total`, as Prometheus has it. Raises ValueError
    when nothing can listen at `address`.
    """
    metrics = None
    if address:
        metrics = PrometheusConfig(
            bind_address=address,
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
            histogram_bucket_overrides=buckets,
        )
    logs = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger(CORE)),
    )
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics, attach_service_name=False))
