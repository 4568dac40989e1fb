"""`python -m worker.alive`: exit code 0 while the worker of this machine asks Temporal for work.

A container's health check. Temporal names whoever asks as `PID@HOST`, and each container has a host name of its own: so
one replica that hangs is told apart from those that work, which the API's `/health` cannot do.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from connectors.leaving import leave
from golive.names import TASK_QUEUE
from settings import settings_or_exit
from worker.connection import connect

FRESH = timedelta(seconds=90)
"""A worker asks for work at least once a minute."""
PATIENCE = 8.0
"""Seconds for connecting and asking."""


async def last_asked(client: Client, host: str) -> datetime | None:
    """Return when a worker on `host` last asked for work, None when none is known. Raises RPCError."""
    queue = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    ours = [poller for poller in queue.pollers if poller.identity.partition("@")[2] == host]
    return max((poller.last_access_time.ToDatetime(tzinfo=UTC) for poller in ours), default=None)


async def main() -> int:
    """Ask, say what was found, and return the exit code."""
    host = socket.gethostname()
    try:
        async with asyncio.timeout(PATIENCE):
            seen = await last_asked(await connect(settings_or_exit(), counted=False), host)
    except (RuntimeError, RPCError, TimeoutError) as away:
        return _said(f"Temporal does not answer: {away!r}", 1)
    if seen is None:
        return _said(f"no worker on {host} has asked for work", 1)
    ago = datetime.now(UTC) - seen
    return _said(f"the worker on {host} asked for work {ago.total_seconds():.0f} s ago", int(ago > FRESH))


def _said(sentence: str, code: int) -> int:
    print(sentence, flush=True)  # noqa: T201 - the answer
    return code


if __name__ == "__main__":
    leave(asyncio.run(main()))
