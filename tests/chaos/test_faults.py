"""The check is itself checked: a golive with a planted fault is killed at the worst moment, and must be found out."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.service import RPCError

from db.session import Database
from demo.people import Cast
from golive.names import workflow_id
from tests.chaos.check import check_run
from tests.chaos.client import Patient
from tests.chaos.faults import IN_API
from tests.chaos.found import accepted_in, find
from tests.chaos.golive_up import PLANTED
from tests.chaos.live import VICTIMS, Live, Victim, live
from tests.chaos.rounds import People
from tests.chaos.stops import Stop
from tests.cli.processes import environment

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.timeout(240),
]

TO_AGREE = 4.0
"""Seconds that journal and workflow get to agree: with a fault they often never do."""


@dataclass
class Bench:
    """A golive into which faults can be planted, people on it, and the folder of plants and stops."""

    running: Live
    people: People
    cast: Cast
    folder: Path
    database: Database
    run_id: str = ""
    planted: frozenset[str] = frozenset()

    @property
    def manager(self) -> Patient:
        assert isinstance(self.cast.manager, Patient)
        return self.cast.manager

    async def plant(self, *faults: str) -> None:
        """Have what is faulty now, or was before, started anew with `faults`, and begin a run."""
        for left in self.folder.glob("*"):
            left.unlink()
        (self.folder / "planted.json").write_text(json.dumps(faults))
        changed, self.planted = self.planted ^ {*faults}, frozenset(faults)
        anew: dict[Victim, object] = {"api": changed & {*IN_API}, "worker": changed - {*IN_API}}
        await self.running.strike(*(part for part, differs in anew.items() if differs))
        self.run_id = await self.people.start(self.cast, "dual-sign-off", pace="real")

    def stop(self, name: str) -> Stop:
        return Stop(self.folder, name)

    async def stopped(self, name: str) -> None:
        """Wait until a process waits at the moment `name`."""
        await self.running.until(self.stop(name).reached, f"a process comes to {name}", patience=30)

    def comment(self, text: str = "said") -> asyncio.Task[object]:
        """Let the release manager begin to comment the run."""
        return asyncio.create_task(self.manager.act(f"/runs/{self.run_id}/comments", {"text": text}))

    async def execution(self) -> str:
        client = await self.running.client()
        return str((await client.get_workflow_handle(workflow_id(self.run_id)).describe()).run_id)

    async def accepted_anew(self, command_id: str) -> bool:
        """Tell whether the present execution has accepted the act."""
        client = await self.running.client()
        history = await client.get_workflow_handle(workflow_id(self.run_id)).fetch_history()
        return command_id in accepted_in(history)

    async def violations(self) -> str:
        """Check the run as it stands; return all sentences."""
        client, settings = await self.running.client(), self.running.settings
        found = await find(client, self.database, settings, self.run_id, TO_AGREE)
        return "\n".join(check_run(self.people.memory.of_run(self.run_id), found, must_end=False))

    async def give_up(self) -> None:
        """End the run's workflow, which may be trying for ever."""
        client = await self.running.client()
        with suppress(RPCError):  # it has ended by itself
            await client.get_workflow_handle(workflow_id(self.run_id)).terminate("the test is over")


@pytest.fixture(scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    home = tmp_path_factory.mktemp("faults")
    folder = home / "planted"
    folder.mkdir()
    (folder / "planted.json").write_text("[]")
    more = {PLANTED: str(folder / "planted.json"), "GOLIVE_CONTINUE_AFTER": "40"}
    async with live(environment(home / "home", **more)) as running:
        people = People(running, random.Random(0))
        people.admin.doubled = 0.0
        database = Database(running.settings.url)
        async with people.http:
            yield Bench(running, people, await people.invite(("ops", "qa", "release")), folder, database)
        await database.close()


@pytest.fixture
async def bench(standing: Bench) -> AsyncIterator[Bench]:
    yield standing
    await standing.give_up()


@pytest.mark.proof
async def test_record_as_a_local_activity_is_caught(bench: Bench) -> None:
    await bench.plant("local_activity", "stop_after_record")
    act = bench.comment()
    await bench.stopped("after-record")
    await bench.running.strike(*VICTIMS)
    await act
    told = await bench.violations()
    assert "is in the journal, and the workflow does not know it" in told
    assert "was acknowledged, and Temporal never accepted it" in told


@pytest.mark.proof
async def test_an_answer_of_the_workflow_before_the_row_is_caught(bench: Bench) -> None:
    await bench.plant("answer_early", "stop_before_record")
    await bench.comment()
    bench.stop("before-record").let_go()
    assert "was acknowledged, and the next read did not show it" in await bench.violations()


@pytest.mark.proof
async def test_an_answer_of_the_api_before_the_row_is_caught(bench: Bench) -> None:
    await bench.plant("answer_unsent")
    await bench.comment()
    await bench.stopped("unsent")
    await bench.running.strike("api")
    assert "was acknowledged, and is in the journal 0 times" in await bench.violations()


async def late_second_try(bench: Bench) -> asyncio.Task[object]:
    """Let one of two tries of an act wait before it is sent, until the run has continued as new."""
    sent = bench.manager.sending(f"/runs/{bench.run_id}/comments", {"text": "said"})
    late = asyncio.create_task(bench.manager.until_answered(sent))
    await bench.stopped("before-send")
    await bench.manager.until_answered(sent)
    first = await bench.execution()
    while await bench.execution() == first:
        await bench.comment("more")
    bench.stop("before-send").let_go()
    await bench.running.until(
        lambda: bench.accepted_anew(sent.command_id), "the late try arrives", patience=30
    )
    return late


@pytest.mark.proof
async def test_ids_forgotten_at_continue_as_new_are_caught(bench: Bench) -> None:
    await bench.plant("forget", "stop_before_send")
    late = await late_second_try(bench)
    told = await bench.violations()
    late.cancel()
    assert "2 times" in told


async def test_without_that_fault_the_second_try_gets_the_answer_of_the_first(bench: Bench) -> None:
    await bench.plant("stop_before_send")
    await (await late_second_try(bench))
    assert await bench.violations() == ""


@pytest.mark.proof
async def test_another_update_id_for_every_try_is_caught(bench: Bench) -> None:
    await bench.plant("other_id")
    act = bench.comment()
    await bench.stopped("unanswered")
    await bench.running.strike("api")
    await act
    told = await bench.violations()
    assert "is in the journal, and nobody sent it" in told
    assert "says is in the journal 2 times" in told


@pytest.mark.proof
async def test_events_written_again_under_new_numbers_are_caught(bench: Bench) -> None:
    await bench.plant("write_again", "stop_after_record")
    act = bench.comment()
    await bench.stopped("after-record")
    await bench.running.strike("worker")
    await act
    await bench.stopped("written-again")
    told = await bench.violations()
    assert "says is in the journal 2 times" in told
    assert "the workflow's last number is" in told


async def test_a_swallowed_conflict_is_caught(bench: Bench) -> None:
    await bench.plant("local_activity", "swallow", "stop_after_record")
    lost = bench.comment("lost to the workflow")
    await bench.stopped("after-record")
    await bench.running.strike(*VICTIMS)
    await lost
    await bench.comment("lost to the journal")
    assert "was acknowledged, and is in the journal 0 times" in await bench.violations()


@pytest.mark.proof
async def test_a_read_model_of_another_transaction_is_caught(bench: Bench) -> None:
    await bench.plant("apart")
    run = await bench.manager.get(f"/runs/{bench.run_id}")
    (task,) = [task for task in run["tasks"] if task["state"] == "open"]
    doer = bench.cast.people[bench.cast.functions[task["function"]][0]]
    act = asyncio.create_task(doer.act(f"/tasks/{task['id']}/start", {}))
    await bench.stopped("between")
    await bench.running.strike("worker")
    await act
    assert "the read model has state = 'open', the workflow 'in_progress'" in await bench.violations()


async def test_workflow_code_that_replays_otherwise_is_caught(bench: Bench) -> None:
    await bench.plant("guess")
    await bench.comment()
    assert "the history does not replay" in await bench.violations()
