"""A run of 1,000 tasks, on a real server and a real database, as it is released: cached and without a sandbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from connectors.local_traffic import LocalTraffic
from db.audit import verify
from db.events import events_after
from db.session import Database
from db.tables import tasks as task_table
from golive import commands as c
from golive import rules
from golive.batches import take_batch
from golive.calendar import Calendar
from golive.evidence import Remark, TestFacts, TestResult
from golive.names import workflow_id
from golive.plan import Plan
from golive.template import Stage, Task
from settings import Settings
from tests.rules.plans import make_plan, task
from tests.rules.world import World
from tests.stack import Gauge, Running, Stack, words
from worker.building import Parts, build
from workflows.go_live import PROCESSES

TASKS = 1_000
AT_ONCE = 8
"""Temporal allows 10 Updates in flight per run; the API lets 8 through."""
MOST_STATE = 512 * 1024
MOST_PAYLOAD = 2 * 1024 * 1024
LOOK_EVERY = 25
REPORT = TestResult(
    attachment_id="a" * 64,
    sha256=f"sha256:{'a' * 64}",
    facts=TestFacts(tests=120, failures=1, errors=0, skipped=3),
)


def big_plan(stages: int) -> Plan:
    """Return a plan of 1,000 tasks in so many stages, one after the other, and a sign-off of all that was done."""
    made = [_stage(n, TASKS // stages) for n in range(stages)]
    signed = {
        "id": "sign-off",
        "process": "dual_sign_off",
        "title": {"en": "Sign-off", "zh": "会签"},
        "needs": [made[-1]["id"]],
        "approvals": [
            {
                "key": "sign",
                "title": {"en": "Sign-off of the release", "zh": "发布会签"},
                "rules": [{"function": "ops"}, {"function": "qa"}],
                "due": "2d",
                "expires_in": "5d",
            }
        ],
    }
    return make_plan(*made, signed, calendar=Calendar(time_zone="Asia/Shanghai"))


def _stage(number: int, size: int) -> dict[str, Any]:
    name = f"part{number}"
    return {
        "id": name,
        "process": "uat",
        "title": {"en": f"Acceptance, part {number + 1}", "zh": f"验收，第 {number + 1} 部分"},
        "needs": [f"part{number - 1}"] if number else [],
        "tasks": [_task(name, n) for n in range(size)],
    }


def _task(stage: str, n: int) -> dict[str, Any]:
    """Return a task as teams write them: every third needs the one before it, every twentieth is verified."""
    return task(
        f"case-{n:04}",
        function=("dev", "qa")[n % 2],
        needs=[f"{stage}.case-{n - 1:04}"] if n % 3 == 1 else [],
        due=f"{1 + n % 5}d",
        requires=[{"type": "remark"}],
        verify=n % 20 == 0,
    ) | {
        "title": {
            "en": f"Check the export of customer invoices against the ledger, case {n}",
            "zh": f"核对客户发票导出与总账，第 {n} 项",
        }
    }


@asynccontextmanager
async def released(
    environment: WorkflowEnvironment, database: Database, home: Path, **set_up: Any
) -> AsyncIterator[Stack]:
    """Run the worker as it is released: with a cache, so that no step replays, and without the sandbox."""
    settings = Settings(
        home=home, secret_keys=SecretStr("a-key-of-tests-and-of-nothing-else"), cached_runs=10, **set_up
    )
    traffic, gauge = LocalTraffic(home / "traffic"), Gauge()
    parts = Parts(settings=settings, namespace="", database=database, traffic=traffic, metrics=gauge)
    runs, watches = build(environment.client, parts)
    async with runs, watches:
        stack = Stack(environment, database, settings, traffic, gauge)
        yield stack
        await stack.end_all()


@dataclass
class Crowd:
    """People who do every task of a run as soon as it is open, eight at once, and keep their receipts."""

    run: Running
    receipts: dict[str, c.Receipt] = field(default_factory=dict)
    largest: int = 0
    _ready: deque[tuple[str, Task]] = field(default_factory=deque)
    _done: int = 0

    async def do(self, stage: Stage) -> None:
        """Do all tasks of an open stage."""
        self._ready.extend((f"{stage.id}.{one.key}", one) for one in stage.tasks if not one.needs)
        waiting = {one.needs[0]: (f"{stage.id}.{one.key}", one) for one in stage.tasks if one.needs}
        while self._ready:
            now = [self._ready.popleft() for _ in range(min(AT_ONCE, len(self._ready)))]
            await asyncio.gather(*(self._one(ref, one) for ref, one in now))
            self._ready.extendleft(waiting.pop(ref) for ref, _ in now if ref in waiting)
        assert not waiting

    async def _one(self, ref: str, one: Task) -> None:
        remark = words(
            f"核对无误 - checked {ref} against the ledger, no difference found in {len(ref)} lines"
        )
        await self._act(c.CompleteTask(task=ref, evidence=(Remark(text=remark),)), f"{one.function}1")
        if one.verify:
            await self._act(c.VerifyTask(task=ref, result="pass"), f"{one.function}2")
        self._done += 1
        if self._done % LOOK_EVERY == 0:
            await self.look()

    async def sign(self) -> None:
        """Sign what the 1,000 tasks have led to."""
        shown = (await self.run.state()).approvals["sign-off.sign"].digest
        assert shown
        for name in ("ops1", "qa3"):
            await self._act(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), name)

    async def look(self) -> None:
        """Measure the state as it now is."""
        self.largest = max(self.largest, len((await self.run.state()).model_dump_json().encode()))

    async def _act(self, body: Any, by: str) -> None:
        command = self.run.command(body, by)
        self.receipts[command.id] = await self.run.send(command)


async def histories(run: Running) -> list[WorkflowHistory]:
    """Return the history of every execution of the run, the first one first."""
    client = run.stack.client
    return [
        await client.get_workflow_handle(workflow_id(run.run_id), run_id=execution).fetch_history()
        for execution in reversed(await run.executions())
    ]


def inputs(event: HistoryEvent) -> Iterator[list[int]]:
    """Yield the sizes, in bytes, of what an event brings to a workflow, an activity or a new execution."""
    for attributes in (
        event.workflow_execution_started_event_attributes,
        event.workflow_execution_continued_as_new_event_attributes,
        event.activity_task_scheduled_event_attributes,
    ):
        if attributes.HasField("input"):
            yield [len(payload.data) for payload in attributes.input.payloads]


async def check_sizes(crowd: Crowd) -> None:
    """Check the state at every look and at every continue-as-new, and every input against Temporal's limit."""
    found = await histories(crowd.run)
    starts = [next(inputs(history.events[0])) for history in found]
    carried = [sizes[1] for sizes in starts[1:]]
    assert carried, "the run did not continue as new"
    assert max(crowd.largest, *carried) < MOST_STATE
    assert {sizes[0] for sizes in starts} == {starts[0][0]}, "the start is carried as it was"
    assert starts[0][0] < MOST_STATE
    largest = max(sum(sizes) for history in found for event in history.events for sizes in inputs(event))
    assert largest < MOST_PAYLOAD / 2, "half of the limit is left for longer texts"
    print(
        f"\n{len(found)} executions, {[len(history.events) for history in found]} events; bytes: "
        f"start {starts[0][0]:,}, largest state {max(crowd.largest, *carried):,}, "
        f"largest input of a workflow or an activity {largest:,}"
    )


async def check_journal(crowd: Crowd, last: int) -> None:
    """Check that the journal has every act once, in order, as its receipt says, and nothing that nobody did."""
    run = crowd.run
    async with run.stack.database.reading() as session:
        rows = await events_after(session, run.run_id, limit=20_000)
        done = select(func.count()).where(task_table.c.run_id == run.run_id, task_table.c.state == "done")
        assert await session.scalar(done) == TASKS
        assert (await verify(session)).ok
    assert [row.seq for row in rows] == list(range(1, last + 1))
    acts = {row.command_id: (row.seq, row.hash) for row in rows[1:] if row.command_id}
    assert acts == {command: (told.seq, told.hash) for command, told in crowd.receipts.items()}
    finished = [row.object for row in rows if row.action == "TaskCompleted"]
    assert len(finished) == len(set(finished)) == TASKS


@pytest.mark.proof
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.xdist_group("thousand")
@pytest.mark.parametrize(
    ("stages", "set_up"),
    [
        pytest.param(5, {}, id="five stages, continued when Temporal suggests it"),
        pytest.param(1, {"continue_after": 900}, id="one stage, continued often"),
    ],
)
async def test_a_run_of_a_thousand_tasks_completes(
    stages: int,
    set_up: dict[str, int],
    temporal: WorkflowEnvironment,
    database: Database,
    tmp_path: Path,
) -> None:
    async with released(temporal, database, tmp_path, **set_up) as stack:
        run = await stack.start(big_plan(stages))
        crowd = Crowd(run)
        await crowd.look()
        for stage in run.plan.stages[:-1]:
            await crowd.do(stage)
        await crowd.sign()
        outcome = await run.handle.result()
        await crowd.look()
        assert outcome["state"] == "completed"
        await check_sizes(crowd)
        await check_journal(crowd, outcome["seq"])


async def test_eight_long_acts_at_once_are_acknowledged(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    """Together they say more than one payload of Temporal may hold."""
    tasks = [task(f"t{n}") for n in range(AT_ONCE + 1)]
    said = tuple(Remark(text=words("核" * 4_000)) for _ in range(25))
    async with released(temporal, database, tmp_path) as stack:
        run = await stack.start(make_plan({"id": "uat", "process": "uat", "title": "UAT", "tasks": tasks}))
        acts = [run.command(c.CompleteTask(task=f"uat.t{n}", evidence=said), "qa1") for n in range(AT_ONCE)]
        receipts = await asyncio.gather(*(run.send(act) for act in acts))
        assert len({receipt.hash for receipt in receipts}) == AT_ONCE
        carried = [sizes for history in await histories(run) for e in history.events for sizes in inputs(e)]
        assert max(sum(sizes) for sizes in carried) < MOST_PAYLOAD / 2


def test_the_state_is_small_where_it_is_largest() -> None:
    """Everything is started, then done with a test report, then verified: in between a task carries most."""
    stage = _stage(0, TASKS)
    alone = [one | {"verify": True, "needs": []} for one in stage["tasks"]]
    world = World(make_plan(stage | {"tasks": alone}, calendar=Calendar(time_zone="Asia/Shanghai")))
    world.now += timedelta(microseconds=123_456)  # a clock says it to the last digit
    given = (Remark(text=words()), REPORT)
    sizes: list[int] = []
    for ref, (_, one) in world.run.index.tasks.items():
        let_act(world, c.StartTask(task=ref), f"{one.function}1", sizes)
    for ref, (_, one) in world.run.index.tasks.items():
        let_act(world, c.CompleteTask(task=ref, evidence=given), f"{one.function}1", sizes)
    for ref, (_, one) in world.run.index.tasks.items():
        let_act(world, c.VerifyTask(task=ref, result="pass"), f"{one.function}2", sizes)
    assert world.run.stage("part0").state == "passed"
    start = len(world.start.model_dump_json().encode())
    print(f"\nlargest state {max(sizes):,} bytes, start {start:,} bytes")
    assert max(sizes) < MOST_STATE
    assert start + max(sizes) < MOST_PAYLOAD / 2


def let_act(world: World, body: Any, by: str, sizes: list[int]) -> None:
    """Let a person act, record it, and now and then measure the state."""
    command = world.command(body, by)
    rules.check(world.run, command, world.now)
    rules.apply(world.run, command, world.now, PROCESSES)
    while take_batch(world.run, PROCESSES, None) is not None:
        pass
    if world.acts % LOOK_EVERY == 0:
        sizes.append(len(world.run.state.model_dump_json().encode()))
