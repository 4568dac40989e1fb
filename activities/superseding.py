"""Taking over a service from the run that holds it, where the template says so."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from golive.commands import GOLIVE, Abort, Command, Receipt, sign
from golive.effects import Supersede
from golive.names import COMMAND, REFUSED, workflow_id
from golive.words import N_, Words, say
from settings import Settings

ANSWER_WITHIN = timedelta(seconds=8)


class Superseding:
    """Sends commands of golive itself, signed as the API signs those of people."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @activity.defn
    async def supersede(self, order: Supersede) -> None:
        """Abort the holder in favour of the waiting run, visibly: its journal says for whom.

        A holder that is over by now, or that is ending and so refuses, gives the service back by itself.
        """
        command = self._abort(order)
        handle = activity.client().get_workflow_handle(workflow_id(order.holder))
        try:
            await handle.execute_update(
                COMMAND, command, id=command.id, result_type=Receipt, rpc_timeout=ANSWER_WITHIN
            )
        except RPCError as why:
            if why.status is not RPCStatusCode.NOT_FOUND:
                raise
            activity.logger.info("run %s is over, nothing to supersede", order.holder)
        except WorkflowUpdateFailedError as why:
            if not (isinstance(why.cause, ApplicationError) and why.cause.type == REFUSED):
                raise
            activity.logger.info("run %s is ending already: %s", order.holder, why.cause.message)

    def _abort(self, order: Supersede) -> Command:
        """Build the command: the same one however often it is tried, so that it is applied once."""
        (key, *_) = self.settings.keys("command")
        (salt, *_) = self.settings.keys("salt")
        reason = say(N_("Superseded by run {run}, as its template says"), run=order.run_id)
        command = Command(
            id=hashlib.sha256(f"golive\0supersede\0{order.key}\0{order.holder}".encode()).hexdigest(),
            run_id=order.holder,
            actor=GOLIVE,
            body=Abort(
                reason=Words(
                    text=str(reason), salt=hmac.new(salt, order.key.encode(), "sha256").hexdigest()[:32]
                )
            ),
        )
        return command.model_copy(update={"signature": sign(command, key)})
