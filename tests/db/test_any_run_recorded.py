"""Whatever the rules can do, SQL takes it, keeps it, and shows what the workflow's state says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import select

from db.amendments import AmendmentView, amendments_of_run
from db.audit import verify
from db.queries import get_run
from db.session import Database
from db.tables import former_plans
from db.views import RunWhole
from db.work import Waiting, list_work
from golive.amendment import awaited
from golive.state import RunState
from tests.databases import Databases, Kind
from tests.db.story import record, with_signature
from tests.rules.plans import PEOPLE
from tests.rules.test_any_amendment import AnyAmendedRun
from tests.rules.test_any_run import AnyRun
from tests.rules.world import World, words


class Recorded:
    """A run as the rules' own tests play it; in the end its batches are recorded in order, each twice."""

    databases: ClassVar[Databases]
    world: World

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
                former = (await session.execute(select(former_plans))).all()
                amended = await amendments_of_run(session, "r1")
                work = [await list_work(session, name, self.world.now) for name in PEOPLE["ops"]]
        finally:
            await database.close()
        assert (run.plan, run.plan_version) == (self.world.run.plan, self.world.run.state.plan_version)
        assert len(former) == run.plan_version - 1
        assert [each.state for each in amended].count("in_force") == run.plan_version - 1
        self._waits_alike(amended, [item for page in work for item in page.items])
        assert run.seq == len(self.world.journal)
        _agree(run, self.world.run.state)

    def _waits_alike(self, amended: Sequence[AmendmentView], work: Sequence[Waiting]) -> None:
        """The amendment that waits does so for the same people everywhere."""
        pending = self.world.run.state.amendment
        assert [each.id for each in amended if each.state == "requested"] == ([pending.id] if pending else [])
        who = awaited(self.world.run, pending) if pending else ()
        assert [each.waiting_for for each in amended if each.waiting_for] == ([who] if who else [])
        asked = [item.id for item in work if item.kind == "amendment"]
        assert len(asked) == len(set(who) & set(PEOPLE["ops"]))


def _agree(run: RunWhole, state: RunState) -> None:
    assert {task.ref for task in run.tasks} == set(state.tasks)
    assert {approval.ref for approval in run.approvals} == set(state.approvals)
    assert all(task.wait is None and task.gone_in for task in run.gone_tasks)
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


class RecordedRun(Recorded, AnyRun):
    """A run that follows the plan of its start."""


class RecordedAmendedRun(Recorded, AnyAmendedRun):
    """A run whose plan is amended."""


@pytest.mark.parametrize("machine", [RecordedRun, RecordedAmendedRun])
def test_any_run_is_recorded_as_it_is(machine: Any, databases: Databases, kind: Kind) -> None:
    machine.databases = databases
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12 if kind == "sqlite" else 4,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
