"""Moving traffic, fenced: no shift that an abort has overtaken may stand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from connectors.traffic import TrafficConnector, Unreachable
from db.locks import may_shift, raise_fence
from db.session import Database
from golive.effects import ReturnTraffic, Shifted, ShiftTraffic
from golive.words import N_, Sentence, say

SHIFT_TIMEOUT = timedelta(seconds=30)
"""Bounds an act whose caller set no timeout."""

FENCE_TIMEOUT = 5.0
"""Seconds that the return of traffic waits for SQL before it goes on without: users come first."""

NOT_SHIFTED = "golive.not_shifted"
"""The type of the ApplicationError for a weight that could not be set; its detail is a sentence: why."""


class Traffic:
    """Sets weights through the connector; SQL says whether it still may."""

    def __init__(self, database: Database, connector: TrafficConnector) -> None:
        self.database = database
        self.connector = connector

    @activity.defn
    async def shift_traffic(self, order: ShiftTraffic) -> Shifted:
        """Set the weight while the fence lets it, and read it back. Raises when it cannot be known to hold.

        An abort may raise the fence between the check and the write. The check is therefore made once more
        after the write, and a weight that came too late is taken back here, long before stable is confirmed.
        """
        async with _bounded(order):
            if not await self._may(order):
                return Shifted(weight=await self._weight(order), fenced=True)
            weight = await self._set(order, order.version, order.weight)
            if not await self._may(order):
                return Shifted(weight=await self._set(order, order.version, 0), fenced=True)
            return Shifted(weight=weight)

    @activity.defn
    async def return_traffic(self, order: ReturnTraffic) -> Shifted:
        """Raise the fence and send everything to stable. Traffic returns also when SQL is away.

        Then the fence is not raised, and the act fails after the return, to be done again until it is. No
        shift passes meanwhile, because a shift that cannot read its fence does not write.
        """
        async with _bounded(order):
            unfenced = await self._raise_fence(order)
            weight = await self._set(order, order.version, 0)
            if unfenced is not None:
                raise unfenced
            return Shifted(weight=weight)

    @activity.defn
    async def confirm_stable(self, order: ReturnTraffic) -> Shifted:
        """Read the weight back once more, after the time that a late shift can take; return it if need be."""
        async with _bounded(order):
            weight = await self._weight(order)
            return Shifted(weight=weight if weight == 0 else await self._set(order, order.version, 0))

    async def _may(self, order: ShiftTraffic) -> bool:
        async with self.database.transaction() as session:
            return await may_shift(session, order.run_id, order.service, order.environment, order.generation)

    async def _raise_fence(self, order: ReturnTraffic) -> SQLAlchemyError | OSError | None:
        try:
            async with asyncio.timeout(FENCE_TIMEOUT), self.database.transaction() as session:
                await raise_fence(session, order.run_id, order.service, order.environment, order.generation)
        except (SQLAlchemyError, OSError) as why:  # a TimeoutError is an OSError
            activity.logger.warning("the fence of %s is not raised yet: %s", order.run_id, why)
            return why
        return None

    async def _set(self, order: ShiftTraffic | ReturnTraffic, version: str, weight: int) -> int:
        """Set the weight and read it back; another one in its place is an error, which Temporal retries."""
        try:
            await self.connector.set_weight(order.service, order.environment, version, weight)
            seen = await self.connector.weight(order.service, order.environment)
        except Unreachable as why:
            raise _not_shifted(why.sentence) from why
        if seen != weight:
            raise _not_shifted(
                say(
                    N_(
                        "{service} in {environment} was set to {weight} % and reads {seen} %; it is set again"
                    ),
                    service=order.service,
                    environment=order.environment,
                    weight=weight,
                    seen=seen,
                )
            )
        return seen

    async def _weight(self, order: ShiftTraffic | ReturnTraffic) -> int:
        try:
            return await self.connector.weight(order.service, order.environment)
        except Unreachable as why:
            raise _not_shifted(why.sentence) from why


@asynccontextmanager
async def _bounded(order: ShiftTraffic | ReturnTraffic) -> AsyncIterator[None]:
    """End an act in time: a shift that outlived its activity could undo an abort."""
    bound = (activity.info().start_to_close_timeout or SHIFT_TIMEOUT).total_seconds()
    try:
        async with asyncio.timeout(bound):
            yield
    except TimeoutError as why:
        raise _not_shifted(
            say(
                N_("The traffic of {service} in {environment} could not be set within {seconds} s"),
                service=order.service,
                environment=order.environment,
                seconds=bound,
            )
        ) from why


def _not_shifted(sentence: Sentence) -> ApplicationError:
    return ApplicationError(str(sentence), sentence.model_dump(mode="json"), type=NOT_SHIFTED)
