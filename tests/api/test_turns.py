from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from api import turns
from api.refusals import Away
from api.turns import IN_FLIGHT, QUEUE, Turns


async def hold(line: Turns, stack: AsyncExitStack, count: int, run: str = "r1") -> None:
    for _ in range(count):
        await stack.enter_async_context(line.turn(run))


async def test_eight_go_through_and_the_ninth_waits_for_a_place() -> None:
    line, went = Turns(), asyncio.Event()

    async def ninth() -> None:
        async with line.turn("r1"):
            went.set()

    async with AsyncExitStack() as stack:
        await hold(line, stack, IN_FLIGHT)
        waiting = asyncio.create_task(ninth())
        await asyncio.sleep(0)
        assert not went.is_set()
    await waiting
    assert went.is_set()


async def test_other_runs_do_not_wait() -> None:
    line = Turns()
    async with AsyncExitStack() as stack:
        await hold(line, stack, IN_FLIGHT)
        await hold(line, stack, 1, run="r2")


async def test_who_waits_too_long_is_told_that_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    line = Turns()
    async with AsyncExitStack() as stack:
        await hold(line, stack, IN_FLIGHT)
        with pytest.raises(Away) as away:
            await hold(line, stack, 1)
    assert away.value.code == "busy"
    assert away.value.facts["outcome"] == "not_sent"


async def test_a_queue_has_an_end() -> None:
    line = Turns()
    async with AsyncExitStack() as stack:
        await hold(line, stack, IN_FLIGHT)
        waiting = [asyncio.create_task(hold(line, stack, 1)) for _ in range(QUEUE)]
        await asyncio.sleep(0)
        with pytest.raises(Away):
            await hold(line, stack, 1)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_run_that_nobody_acts_on_takes_no_memory() -> None:
    line = Turns()
    async with line.turn("r1"):
        pass
    assert not line._lines
