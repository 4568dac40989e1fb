"""What is kept up at the cost of what changed says what a look at every task would say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from golive import commands as c
from golive import rules
from golive.docket import Docket
from golive.evidence import Metric
from tests.rules.plans import UAT, make_plan, task
from tests.rules.test_any_run import AnyRun
from tests.rules.world import started
from workflows.go_live import PROCESSES


class Kept(AnyRun):
    """Any run, looked at after each step: sometimes after several, since a look is what clears the changes."""

    looks = 0

    @invariant()
    def what_is_kept_agrees_with_the_state(self) -> None:
        """Compare with a look at everything."""
        self.looks += 1
        if self.looks % 3 == 0:
            return
        run, afresh = self.world.run, Docket(self.world.run.state.tasks)
        assert sorted(run.docket.awaited()) == sorted(afresh.awaited())
        assert run.docket.overdue() == afresh.overdue()
        clocks = [one.clock.next_at for one in run.state.tasks.values() if one.clock and one.clock.next_at]
        assert run.docket.next_ring() == afresh.next_ring() == min(clocks, default=None)


TestKept = Kept.TestCase
TestKept.settings = settings(max_examples=25, stateful_step_count=40)


def test_the_next_moment_is_the_first_of_all_clocks() -> None:
    world = started(make_plan({**UAT, "tasks": [task(f"t{n}", due=f"{9 - n}d") for n in range(5)]}))
    first = min(
        one.clock.next_at for one in world.run.state.tasks.values() if one.clock and one.clock.next_at
    )
    assert rules.next_due(world.run, PROCESSES) == first
    world.tick(timedelta(days=30))
    assert world.run.docket.overdue() == 5


@pytest.mark.parametrize("gated", [True, False])
def test_only_facts_that_a_gate_judges_are_carried(*, gated: bool) -> None:
    check = {
        "key": "rate",
        "title": "Rate",
        "source": {"task": "uat.run", "fact": "rate"},
        "compare": ">=",
        "threshold": 0.5,
    }
    gates = [{"key": "g", "title": "G", "checks": [check]}] if gated else []
    world = started(make_plan({**UAT, "tasks": [task("run"), task("more")], "gates": gates}))
    shown = (Metric(name="rate", value=0.9), Metric(name="other", value=1.0))
    world.act(c.CompleteTask(task="uat.run", evidence=shown), "qa1")
    assert world.run.state.tasks["uat.run"].facts == ({"rate": 0.9} if gated else {})
    completed = next(event for event in world.journal if event.type == "TaskCompleted")
    assert completed.payload["facts"] == {"rate": 0.9, "other": 1.0}
