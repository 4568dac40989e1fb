"""What Temporal itself costs: a workflow that does nothing, on the same server. `python -m bench.bare PORT`."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from connectors.leaving import leave
from golive.model import Fact

QUEUE = "bench-bare"
WITHIN = timedelta(seconds=20)


class Steps(Fact):
    """How long a bare workflow lives: until `noted` updates have been noted and it has noted `alone` itself."""

    noted: int
    alone: int = 0


@activity.defn
async def note(text: str) -> int:
    """Do nothing, as a regular activity."""
    return len(text)


@workflow.defn
class Bare:
    """Answers updates."""

    def __init__(self) -> None:
        self._noted = 0

    @workflow.run
    async def run(self, steps: Steps) -> int:
        """Live until all steps are done."""
        for n in range(steps.alone):
            await workflow.execute_activity(note, f"step {n}", start_to_close_timeout=WITHIN)
        await workflow.wait_condition(lambda: self._noted >= steps.noted and workflow.all_handlers_finished())
        return self._noted

    @workflow.update
    async def answer(self, text: str) -> int:
        """Answer at once."""
        return len(text)

    @workflow.update
    async def noted(self, text: str) -> int:
        """Answer when a regular activity is through."""
        length = await workflow.execute_activity(note, text, start_to_close_timeout=WITHIN)
        self._noted += 1
        return length


async def main(port: int) -> None:
    """Run the worker until SIGTERM."""
    client = await Client.connect(f"127.0.0.1:{port}", data_converter=pydantic_data_converter)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Bare],
        activities=[note],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=300,
    )
    async with worker:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
    leave(0)
