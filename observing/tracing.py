"""Whether traces are asked for, by the variables that OpenTelemetry defines. Nothing of it is imported unless they are.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from observing.spans import Tracing

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"


class WrongTracing(Exception):
    """The variables ask for what golive does not have; the message says which and what to do."""


def traced(service: str) -> Tracing | None:
    """Return the traces of this process, named `service` unless the variables name it; None when not asked for.

    Raises WrongTracing.
    """
    if not asked_for(os.environ):
        return None
    from observing.spans import Tracing  # noqa: PLC0415 - half a second that nobody pays who did not ask

    return Tracing(service)


def asked_for(variables: Mapping[str, str]) -> bool:
    """Tell whether `variables` ask for traces. Raises WrongTracing."""
    if variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "").strip()
    if exporter == "none" or not (exporter or any(variables.get(name) for name in _ENDPOINTS)):
        return False
    if exporter not in ("", "otlp"):
        raise WrongTracing(
            f"OTEL_TRACES_EXPORTER is {exporter}; golive sends traces as otlp only. Set it to otlp or none."
        )
    for name in _PROTOCOLS:
        if (protocol := variables.get(name)) and protocol != _SPOKEN:
            raise WrongTracing(
                f"{name} is {protocol}; golive speaks {_SPOKEN} only. Set it to that, or remove it."
            )
    return True
