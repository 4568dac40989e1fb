"""Whatever the rules can do, SQL takes it, keeps it, and shows what the workflow's state says."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from typing_extensions import override

from db.audit import verify
from db.queries import get_run
from db.session import Database
from db.views import RunWhole
from golive.state import RunState
from tests.databases import Databases, Kind
from tests.db.story import record, with_signature
from tests.rules.test_any_run import PLAN, AnyRun
from tests.rules.world import words


class RecordedRun(AnyRun):
    """A run as the rules' own test plays it; in the end its batches are recorded in order, each twice."""

    databases: ClassVar[Databases]

    @override
    def teardown(self) -> None:
        if hasattr(self, "world"):
            asyncio.run(self._record_and_compare())

    async def _record_and_compare(self) -> None:
        database = Database(self.databases.fresh())
        try:
            for batch in self.world.batches:
                answered = await record(database, with_signature(batch))
                assert (await record(database, with_signature(batch))).hashes == answered.hashes
            async with database.reading() as session:
                assert (await verify(session)).ok
                run = await get_run(session, "r1")
        finally:
            await database.close()
        assert run.plan == PLAN
        assert run.seq == len(self.world.journal)
        _agree(run, self.world.run.state)


def _agree(run: RunWhole, state: RunState) -> None:
    assert (run.state, run.weight, run.ended_at) == (state.state, state.weight, state.ended_at)
    assert run.builds == tuple(state.builds)
    for task in run.tasks:
        known = state.tasks[task.ref]
        shown: dict[str, Any] = {
            name: getattr(task, name) for name in ("state", "assignee", "done_by", "verified_by")
        }
        assert shown == {name: getattr(known, name) for name in shown}, task.ref
        assert task.due_at == (known.clock.due_at if known.clock else None), task.ref
        assert (task.reason and words(task.reason).digest) == known.reason, task.ref
    for approval in run.approvals:
        asked = state.approvals[approval.ref]
        assert (approval.state, approval.digest) == (asked.state, asked.digest)
        assert approval.decisions == tuple(asked.decisions)
    for stage in run.stages:
        assert stage.state == state.stages[stage.id].state


def test_any_run_is_recorded_as_it_is(databases: Databases, kind: Kind) -> None:
    RecordedRun.databases = databases
    run_state_machine_as_test(
        RecordedRun,
        settings=settings(
            max_examples=12 if kind == "sqlite" else 4,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
