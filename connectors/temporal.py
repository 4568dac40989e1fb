"""What golive asks Temporal of a namespace and of a run's workflow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from golive.names import OURS, workflow_id

COMPLETED = "completed"
UNKNOWN = "unknown to Temporal"
RUNNING = "ExecutionStatus = 'Running'"
"""Finds what goes on in Temporal's list."""
_GOES_ON = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)


class NoNamespace(TemporalError):
    """There is no such namespace, so Temporal can tell nothing of any run."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Temporal has no namespace {name}; correct TEMPORAL_NAMESPACE or TEMPORAL_ADDRESS")


async def namespace_id(client: Client) -> str:
    """Return the id of the namespace that golive is connected to; another one of the same name has another id.

    Raises NoNamespace, RPCError.
    """
    try:
        return await _id(client, DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        raise _told_apart(client, error) from error


async def has_namespace(client: Client, namespace: str) -> bool:
    """Tell whether the server has a namespace with this id. Raises RPCError."""
    try:
        await _id(client, DescribeNamespaceRequest(id=namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def every_run(client: Client, which: str = "") -> AsyncIterator[str]:
    """Give the id of every run that Temporal lists, once; of those that `which` finds in its language for lists.

    The list lags a moment behind. Raises RPCError.
    """
    seen: set[str] = set()
    async for execution in client.list_workflows(f"{OURS} AND {which}" if which else OURS):
        if execution.id not in seen:
            seen.add(execution.id)
            yield execution.id.removeprefix(workflow_id(""))


async def executions(client: Client, run_id: str) -> list[WorkflowHandle[Any, Any]]:
    """Return each execution of a run's workflow, from the first to the last. Raises RPCError."""
    found = client.list_workflows(f"WorkflowId = '{workflow_id(run_id)}'")
    chain = sorted([(each.start_time, each.run_id) async for each in found])
    return [client.get_workflow_handle(workflow_id(run_id), run_id=number) for _, number in chain]


async def how_it_ended(client: Client, run_id: str) -> str | None:
    """Return how a run's workflow ended, UNKNOWN when the namespace does not know it, None while it goes on.

    Raises NoNamespace, RPCError.
    """
    try:
        status = (await client.get_workflow_handle(workflow_id(run_id)).describe()).status
    except RPCError as error:
        told = _told_apart(client, error)
        if told is error and error.status is RPCStatusCode.NOT_FOUND:
            return UNKNOWN
        raise told from error
    return None if status is None or status in _GOES_ON else status.name.lower()


async def _id(client: Client, asked: DescribeNamespaceRequest) -> str:
    return str((await client.workflow_service.describe_namespace(asked)).namespace_info.id)


def _told_apart(client: Client, error: RPCError) -> TemporalError:
    missing = any(detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in error.grpc_status.details)
    return NoNamespace(client.namespace) if missing else error
