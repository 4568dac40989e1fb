"""Two APIs and two workers on PostgreSQL and one Temporal server: each is killed in turn, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from demo.acts import ActLog, Person
from demo.people import Cast, Playing, administrator, invite
from golive.names import workflow_id
from tests.cli.processes import free_ports
from tests.databases import Cluster
from tests.several.processes import Place, Process, people_of, place

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(400)]

RELEASE = {
    "service": "checkout",
    "version": "1.4.0",
    "artifacts": [{"name": "checkout", "digest": f"sha256:{'a' * 64}"}],
}
BETWEEN = 6
"""Acts between one kill and the next."""


@pytest.fixture
def here(postgresql: Cluster, tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path, GOLIVE_DATABASE_URL=postgresql.address(postgresql.empty_name())) as found:
        yield found


async def test_one_of_each_is_killed_in_turn_and_the_run_completes(here: Place) -> None:
    ports = free_ports(2)
    # They prepare one database at once.
    first, second = await both([here.start("api", port) for port in ports])
    workers = await both([here.start("worker") for _ in range(2)])
    http, balancer = people_of(ports)
    async with http:
        admin = administrator(http, (here.folder / "home" / "admin.token").read_text().strip(), patience=90)
        cast = await invite(admin, each=3)
        killer = asyncio.create_task(kill_in_turn(here, admin.log, [workers[0], first, workers[1], second]))
        runs = []
        while not killer.done():
            runs.append(await played(cast))
        await killer
        assert (await admin.get("/audit/verify"))["ok"]
        for run_id in runs:
            await every_act_is_there_once(admin, run_id)
        worked = set().union(*[await who_worked(here, run_id) for run_id in runs])
    assert all(count > 20 for count in balancer.answers.values())
    assert len(worked) >= 3, "both workers did a part, and a restarted one too"


async def both(processes: list[Process]) -> list[Process]:
    for process in processes:
        await process.ready()
    return processes


async def played(cast: Cast) -> str:
    """Start a run and let everybody act until it is completed."""
    body = {
        "template": "saas-standard",
        "release": RELEASE,
        "people": cast.functions,
        "parameters": {"pace": "demo"},
    }
    started = await cast.manager.act("/runs", body)
    run = await Playing(cast, started["id"]).to_the_end(within=200)
    assert run["state"] == "completed"
    return str(run["id"])


async def kill_in_turn(here: Place, log: ActLog, victims: list[Process]) -> None:
    """Kill each after some acts, see more be acknowledged without it, and start another in its place."""
    for victim in victims:
        await acknowledged(log, BETWEEN)
        victim.kill()
        await acknowledged(log, BETWEEN // 2)
        await here.start(victim.kind, victim.port).ready()


async def acknowledged(log: ActLog, more: int) -> None:
    """Wait until so many more acts are acknowledged."""

    def count() -> int:
        return sum(act.acknowledged for act in log.acts.values())

    until = count() + more
    while count() < until:
        await asyncio.sleep(0.05)


async def every_act_is_there_once(admin: Person, run_id: str) -> None:
    told = [event async for event in admin.items(f"/runs/{run_id}/events", limit=200)]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    hashes = {event["hash"] for event in told}
    acks = [act for act in admin.log.of_run(run_id) if act.acknowledged and "hash" in act.answer]
    assert len(acks) > 20
    assert {act.answer["hash"] for act in acks} <= hashes
    assert len({act.answer["seq"] for act in acks}) == len(acks)


async def who_worked(here: Place, run_id: str) -> set[str]:
    """Return the workers that took a step of the run, by the names that Temporal knows them by."""
    client = await Client.connect(f"127.0.0.1:{here.temporal_port}")
    history = await client.get_workflow_handle(workflow_id(run_id)).fetch_history()
    return {
        event.workflow_task_started_event_attributes.identity
        for event in history.events
        if event.HasField("workflow_task_started_event_attributes")
    }
