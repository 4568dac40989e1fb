from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.traffic import NOT_SHIFTED, Traffic
from connectors.local_traffic import LocalTraffic
from db.locks import raise_fence, release
from db.session import Database
from golive.effects import ReturnTraffic, Shifted, ShiftTraffic
from tests.activities.recorded import SERVICE, holding, started


class DelayedTraffic:
    """A slow load balancer: something else happens between an order and its effect."""

    def __init__(self, folder: Path, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.held = LocalTraffic(folder)
        self.meanwhile = meanwhile

    async def set_weight(self, service: str, environment: str, version: str, weight: int) -> None:
        await self.meanwhile()
        await self.held.set_weight(service, environment, version, weight)

    async def weight(self, service: str, environment: str) -> int:
        return await self.held.weight(service, environment)


class DeafTraffic:
    """A load balancer that says yes and does nothing."""

    async def set_weight(self, service: str, environment: str, version: str, weight: int) -> None:
        pass

    async def weight(self, service: str, environment: str) -> int:
        return 0


@pytest.fixture
def connector(tmp_path: Path) -> LocalTraffic:
    return LocalTraffic(tmp_path / "traffic")


@pytest.fixture
async def no_database() -> AsyncIterator[Database]:
    database = Database("sqlite+aiosqlite:////nowhere/at/all/golive.db")
    yield database
    await database.close()


def shift(weight: int, generation: int = 1, run_id: str = "r1") -> ShiftTraffic:
    return ShiftTraffic(
        key=f"{run_id}/{weight}",
        run_id=run_id,
        stage="grey",
        service="shop",
        environment="production",
        version="1.4.0",
        weight=weight,
        generation=generation,
    )


def back(generation: int = 2, run_id: str = "r1") -> ReturnTraffic:
    return ReturnTraffic(
        key=f"{run_id}/back",
        run_id=run_id,
        service="shop",
        environment="production",
        version="1.4.0",
        generation=generation,
    )


async def run(
    act: Callable[..., Awaitable[Shifted]], order: ShiftTraffic | ReturnTraffic, seconds: float = 15
) -> Shifted:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, start_to_close_timeout=timedelta(seconds=seconds)
    )
    return await environment.run(act, order)


async def test_the_holder_shifts_and_the_weight_is_read_back(
    database: Database, connector: LocalTraffic
) -> None:
    await holding(database, "r1")
    assert await run(Traffic(database, connector).shift_traffic, shift(20)) == Shifted(weight=20)
    assert await connector.weight(**SERVICE) == 20


async def test_repeating_a_shift_changes_nothing(database: Database, connector: LocalTraffic) -> None:
    await holding(database, "r1")
    traffic = Traffic(database, connector)
    await run(traffic.shift_traffic, shift(20))
    before = connector.path(**SERVICE).read_bytes()
    assert await run(traffic.shift_traffic, shift(20)) == Shifted(weight=20)
    assert connector.path(**SERVICE).read_bytes() == before


@pytest.mark.parametrize("generation", [1, 3])
async def test_a_shift_of_another_generation_does_not_write(
    database: Database, connector: LocalTraffic, generation: int
) -> None:
    await holding(database, "r1", generation=2)
    assert await run(Traffic(database, connector).shift_traffic, shift(50, generation)) == Shifted(
        weight=0, fenced=True
    )
    assert not connector.path(**SERVICE).exists()


async def test_only_the_holder_shifts(database: Database, connector: LocalTraffic) -> None:
    await holding(database, "r1")
    await started(database, "r2")
    traffic = Traffic(database, connector)
    assert (await run(traffic.shift_traffic, shift(50, run_id="r2"))).fenced
    async with database.transaction() as session:
        await release(session, "r1", **SERVICE)
    assert (await run(traffic.shift_traffic, shift(50))).fenced
    assert await connector.weight(**SERVICE) == 0


async def test_a_shift_that_cannot_check_its_fence_does_not_write(
    no_database: Database, connector: LocalTraffic
) -> None:
    with pytest.raises(SQLAlchemyError):
        await run(Traffic(no_database, connector).shift_traffic, shift(50))
    assert not connector.path(**SERVICE).exists()


async def test_a_shift_that_an_abort_overtakes_is_taken_back_by_itself(
    database: Database, tmp_path: Path
) -> None:
    await holding(database, "r1")
    connector = LocalTraffic(tmp_path / "traffic")

    async def abort() -> None:
        assert await run(Traffic(database, connector).return_traffic, back()) == Shifted(weight=0)

    slow = DelayedTraffic(tmp_path / "traffic", abort)
    assert await run(Traffic(database, slow).shift_traffic, shift(50)) == Shifted(weight=0, fenced=True)
    assert await connector.weight(**SERVICE) == 0


async def test_a_weight_that_does_not_read_back_is_an_error_that_is_tried_again(database: Database) -> None:
    await holding(database, "r1")
    traffic = Traffic(database, DeafTraffic())
    with pytest.raises(ApplicationError, match="was set to 20 % and reads 0 %") as failed:
        await run(traffic.shift_traffic, shift(20))
    assert failed.value.type == NOT_SHIFTED
    assert not failed.value.non_retryable
    assert failed.value.details[0]["args"]["seen"] == 0


async def test_weights_out_of_reach_are_told_in_a_sentence(database: Database, tmp_path: Path) -> None:
    await holding(database, "r1")
    (tmp_path / "traffic").write_text("a file in the way")
    traffic = Traffic(database, LocalTraffic(tmp_path / "traffic"))
    for act, order in ((traffic.shift_traffic, shift(20)), (traffic.return_traffic, back())):
        with pytest.raises(ApplicationError, match="out of reach"):
            await run(act, order)


async def test_an_act_ends_within_its_time(database: Database, tmp_path: Path) -> None:
    await holding(database, "r1")
    never = asyncio.Event()

    async def hang() -> None:
        await never.wait()

    traffic = Traffic(database, DelayedTraffic(tmp_path / "traffic", hang))
    with pytest.raises(ApplicationError, match=r"could not be set within 0\.2 s"):
        await run(traffic.shift_traffic, shift(20), seconds=0.2)
    assert not (tmp_path / "traffic").exists()


async def test_the_return_raises_the_fence_first(database: Database, connector: LocalTraffic) -> None:
    await holding(database, "r1")
    traffic = Traffic(database, connector)
    await run(traffic.shift_traffic, shift(50))
    assert await run(traffic.return_traffic, back()) == Shifted(weight=0)
    assert (await run(traffic.shift_traffic, shift(100))).fenced
    assert await connector.weight(**SERVICE) == 0


async def test_traffic_returns_without_sql_and_the_fence_is_asked_for_again(
    no_database: Database, connector: LocalTraffic
) -> None:
    await connector.set_weight(**SERVICE, version="1.4.0", weight=50)
    with pytest.raises(SQLAlchemyError):
        await run(Traffic(no_database, connector).return_traffic, back())
    assert await connector.weight(**SERVICE) == 0


async def test_stable_is_confirmed_and_returned_to_when_a_late_write_undid_it(
    no_database: Database, connector: LocalTraffic
) -> None:
    traffic = Traffic(no_database, connector)
    assert await run(traffic.confirm_stable, back()) == Shifted(weight=0)
    await connector.set_weight(**SERVICE, version="1.4.0", weight=50)
    assert await run(traffic.confirm_stable, back()) == Shifted(weight=0)
    assert await connector.weight(**SERVICE) == 0


async def test_whatever_the_timing_all_traffic_is_on_stable_once_shift_and_abort_are_over(
    database: Database, tmp_path: Path
) -> None:
    """A shift and an abort at once, with delays drawn from a fixed seed in every place."""
    chance = random.Random(20261122)
    await holding(database, "r1")

    async def hesitate() -> None:
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)

    traffic = Traffic(database, DelayedTraffic(tmp_path / "traffic", hesitate))
    for round_ in range(1, 60):
        async with database.transaction() as session:
            await raise_fence(session, "r1", generation=2 * round_, **SERVICE)

        async def late(act: Callable[..., Awaitable[Shifted]], order: ShiftTraffic | ReturnTraffic) -> None:
            for _ in range(5):  # what reads back otherwise is tried again, as Temporal does
                await hesitate()
                with suppress(ApplicationError):
                    await run(act, order)
                    return
            raise AssertionError(f"{order.key} never came through")

        await asyncio.gather(
            late(traffic.shift_traffic, shift(50, generation=2 * round_)),
            late(traffic.return_traffic, back(generation=2 * round_ + 1)),
        )
        assert await traffic.connector.weight(**SERVICE) == 0
