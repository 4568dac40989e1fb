"""Lends workflows the check of a command's signature, so that keys stay outside Temporal."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from golive.commands import Command, verify
from workflows.shell import CONTINUE_AFTER, VERIFY


class Lending(Interceptor):
    """Gives workflows two functions of the worker: `VERIFY` and `CONTINUE_AFTER`.

    `keys` verify commands, all of them, so that keys can be rotated; `continue_after` is a limit of events after
    which a run continues as new, or None for Temporal's own suggestion.
    """

    def __init__(self, keys: tuple[bytes, ...], continue_after: int | None = None) -> None:
        self._verify: Callable[[Command], bool] = lambda command: verify(command, command.signature, keys)
        self._continue_after = continue_after

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput  # noqa: A002 - the name of the overridden parameter
    ) -> type[WorkflowInboundInterceptor] | None:
        """Lend the functions; no call is intercepted."""
        input.unsafe_extern_functions[VERIFY] = self._verify
        input.unsafe_extern_functions[CONTINUE_AFTER] = lambda: self._continue_after
        return None
