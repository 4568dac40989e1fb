"""Lends workflows the check of a command's signature, so that keys stay outside Temporal."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput
from typing_extensions import override

from golive.commands import Command, verify
from workflows.shell import VERIFY


class Lending(Interceptor):
    """Gives workflows the function `VERIFY`. Each of `keys` verifies, so that keys can be rotated."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._verify: Callable[[Command], bool] = lambda command: verify(command, command.signature, keys)

    @override
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """Lend the function; no call is intercepted."""
        input.unsafe_extern_functions[VERIFY] = self._verify
        return None
