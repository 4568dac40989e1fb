"""Timeouts and retries of activities, named once."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

_GOES_ON = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=10),
)


class Options(TypedDict, total=False):
    """The keyword arguments of `workflow.start_activity` that golive sets."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


RECORD: Options = {"start_to_close_timeout": timedelta(seconds=20), "retry_policy": _GOES_ON}
"""Tried until SQL takes it: nothing is answered before."""

LOOK_UP: Options = RECORD
"""As without a row, nothing goes on without knowing who can sign."""

NOTIFY: Options = {
    "start_to_close_timeout": timedelta(seconds=30),
    "schedule_to_close_timeout": timedelta(hours=1),
    "retry_policy": _GOES_ON,
}
RETURN: Options = {
    "start_to_close_timeout": timedelta(seconds=15),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=2)
    ),
}
"""The way back to stable is tried for ever, and often."""

REPORT: Options = {"start_to_close_timeout": timedelta(minutes=2), "retry_policy": _GOES_ON}
MEASURE: Options = {
    "start_to_close_timeout": timedelta(seconds=30),
    "schedule_to_close_timeout": timedelta(minutes=2),
    "retry_policy": _GOES_ON,
}
WATCH: Options = {
    "start_to_close_timeout": timedelta(days=30),
    "heartbeat_timeout": timedelta(seconds=30),
    "retry_policy": _GOES_ON,
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}
SUPERSEDE: Options = {"start_to_close_timeout": timedelta(seconds=30), "retry_policy": _GOES_ON}


def shift(timeout: int) -> Options:
    """Return the options of a shift that ends within `timeout` seconds, with all its tries."""
    return {
        "start_to_close_timeout": timedelta(seconds=timeout),
        "schedule_to_close_timeout": timedelta(seconds=timeout * 4),
        "retry_policy": _GOES_ON,
    }
