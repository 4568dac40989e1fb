"""Effects that fail, and words that are too long for Temporal: neither may stop a run in silence."""

from __future__ import annotations

from datetime import datetime

import pytest
from temporalio.exceptions import ApplicationError

from golive import commands as c
from tests.rules.plans import UAT, gate, make_plan, task
from tests.stack import Stack, words


async def test_a_measurement_that_breaks_is_an_error_of_its_check(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(
        metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        raise ApplicationError("the connector has a bug", non_retryable=True)

    monkeypatch.setattr(stack.gauge, "measure", broken)
    run = await stack.start(make_plan({**UAT, "tasks": [task("run")], "gates": [gate()]}))
    await run.act(c.CompleteTask(task="uat.run"), "qa1")
    state = await run.until(
        lambda state: state.stages["uat"].checks["rate.errors"].state not in ("not_run", "running")
    )
    check = state.stages["uat"].checks["rate.errors"]
    assert check.state == "error"
    assert "the connector has a bug" in str(check.cause)
    assert check.again_at is not None


async def test_long_words_in_any_script_stop_no_run(stack: Stack) -> None:
    long = "上线" * 100
    people = {"qa": tuple(f"{n:02}" + "x" * 78 for n in range(50))}
    tasks = [{**task("run", due="2d"), "title": long}, {**task("check"), "title": long}]
    run = await stack.start(make_plan({**UAT, "title": long, "tasks": tasks}, people=people))
    doer = people["qa"][0]
    await run.act(c.BlockTask(task="uat.run", reason=words()), doer)
    await run.act(c.ReopenTask(task="uat.run", reason=words()), doer)
    for ref in ("uat.run", "uat.check"):
        await run.act(c.CompleteTask(task=ref), doer)
    assert (await run.handle.result())["state"] == "completed"
