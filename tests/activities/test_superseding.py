"""Superseding, against a real Temporal server and a workflow that answers as a run does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.superseding import Superseding
from golive.commands import Abort, Command, Receipt, verify
from golive.effects import Supersede
from golive.names import COMMAND, REFUSED, workflow_id
from settings import Settings

ORDER = Supersede(key="new/3", run_id="new", holder="superseding-old")


@workflow.defn
class Holder:
    """A run that takes one abort and refuses what comes after."""

    def __init__(self) -> None:
        self.got: list[Command] = []
        self.over = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.over)

    @workflow.update(name=COMMAND)
    def command(self, command: Command) -> Receipt:
        if self.got:
            raise ApplicationError("the run is ending", type=REFUSED)
        self.got.append(command)
        return Receipt(run_id=command.run_id, command_id=command.id, seq=9, hash="00", state="aborted")

    @workflow.query
    def received(self) -> list[Command]:
        return self.got

    @workflow.signal
    def end(self) -> None:
        self.over = True


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
async def client(temporal: WorkflowEnvironment) -> AsyncIterator[Client]:
    async with Worker(
        temporal.client,
        task_queue="superseding",
        workflows=[Holder],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield temporal.client


async def test_the_holder_is_aborted_once_and_visibly_by_golive(client: Client, settings: Settings) -> None:
    holder = await client.start_workflow(
        Holder.run, id=workflow_id("superseding-old"), task_queue="superseding"
    )
    superseding = Superseding(settings)
    await ActivityEnvironment(client).run(superseding.supersede, ORDER)
    (command,) = await holder.query(Holder.received)
    assert verify(command, command.signature, settings.keys("command"))
    assert (command.run_id, command.actor.name, command.actor.kind) == ("superseding-old", "golive", "system")
    assert isinstance(command.body, Abort)
    assert command.body.reason.text == "Superseded by run new, as its template says"

    # tried again after its answer was lost: the same command, so Temporal answers it from history
    await ActivityEnvironment(client).run(superseding.supersede, ORDER)
    assert len(await holder.query(Holder.received)) == 1

    # another waiter comes while the holder is ending: its refusal is no failure
    later = Supersede(key="newer/1", run_id="newer", holder="superseding-old")
    await ActivityEnvironment(client).run(superseding.supersede, later)
    await holder.signal(Holder.end)
    await holder.result()

    # and a holder that is over, or was never there, needs nothing
    await ActivityEnvironment(client).run(
        superseding.supersede, Supersede(key="new/4", run_id="new", holder="superseding-old")
    )
    await ActivityEnvironment(client).run(
        superseding.supersede, Supersede(key="new/5", run_id="new", holder="superseding-none")
    )
