"""Who may move the traffic of a service in an environment: one run at a time, fenced by a generation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, select, update

from db.session import Session, database_time, fields_of, insert_into
from db.tables import lock_waiters, runs, service_locks
from golive.vocabulary import ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A held service: by which run, since when, and the generation that its shifts must carry."""

    service: str
    environment: str
    run_id: str
    generation: int
    taken_at: datetime


async def holder(session: Session, service: str, environment: str) -> Lock | None:
    """Return who holds the service, None when nobody does."""
    row = (await session.execute(_held(service, environment))).one_or_none()
    return Lock(**fields_of(row)) if row else None


async def take(session: Session, run_id: str, service: str, environment: str, generation: int) -> Lock | None:
    """Take the service for the run, or queue the run; answer who holds it then.

    Asking again changes nothing, except that a higher generation raises the fence. A run that has ended gets
    nothing: a late repetition of its request would otherwise lock the service for ever.
    """
    held = await _keep_holder(session, service, environment)
    if await _ended(session, run_id):
        return held
    if held is None:
        await _hold(session, run_id, service, environment, generation)
        held = await _keep_holder(session, service, environment)
    if held is None or held.run_id == run_id:
        await _dequeue(session, run_id, service, environment)
        await raise_fence(session, run_id, service, environment, generation)
        return await holder(session, service, environment)
    waiter = {"service": service, "environment": environment, "run_id": run_id}
    queued = insert_into(session, lock_waiters).values(**waiter, since=await database_time(session))
    await session.execute(queued.on_conflict_do_nothing())
    return held


async def release(session: Session, run_id: str, service: str, environment: str) -> tuple[str, ...]:
    """Give the service back; answer the runs that waited for it, first come first, who are to be woken.

    They leave the queue, as does the run itself where it only waited. Releasing again answers the same runs.
    """
    await _dequeue(session, run_id, service, environment)
    held = await _keep_holder(session, service, environment)
    if held is None or held.run_id != run_id:
        return await woken_by(session, run_id, service, environment)
    woken = await waiters(session, service, environment)
    await session.execute(delete(lock_waiters).where(_of(lock_waiters, service, environment)))
    given = {"released_at": await database_time(session), "woken": list(woken)}
    mine = _of(service_locks, service, environment) & service_locks.c.released_at.is_(None)
    await session.execute(update(service_locks).where(mine).values(given))
    return woken


async def woken_by(session: Session, run_id: str, service: str, environment: str) -> tuple[str, ...]:
    """Return the runs that this run's last release woke, none when it never gave the service back."""
    locks = service_locks.c
    last = select(locks.woken).where(_of(service_locks, service, environment), locks.run_id == run_id)
    return tuple(await session.scalar(last.order_by(locks.id.desc()).limit(1)) or ())


async def waiters(session: Session, service: str, environment: str) -> tuple[str, ...]:
    """Return the runs that wait for the service, first come first."""
    found = select(lock_waiters.c.run_id).where(_of(lock_waiters, service, environment))
    return tuple((await session.scalars(found.order_by(lock_waiters.c.id))).all())


async def may_shift(session: Session, run_id: str, service: str, environment: str, generation: int) -> bool:
    """Tell whether the run may move traffic now: it holds the service and the fence is at `generation`."""
    held = await holder(session, service, environment)
    return held is not None and held.run_id == run_id and held.generation == generation


async def raise_fence(session: Session, run_id: str, service: str, environment: str, generation: int) -> None:
    """Raise the generation of the run's lock, never lower it: shifts under a lower one no longer write."""
    locks = service_locks.c
    mine = _of(service_locks, service, environment) & (locks.run_id == run_id) & locks.released_at.is_(None)
    await session.execute(
        update(service_locks).where(mine, locks.generation < generation).values(generation=generation)
    )


async def leave_queues(session: Session, run_id: str) -> None:
    """Take a run that has ended out of every queue."""
    await session.execute(delete(lock_waiters).where(lock_waiters.c.run_id == run_id))


def _held(service: str, environment: str) -> Select[Any]:
    locks = service_locks.c
    found = select(locks.service, locks.environment, locks.run_id, locks.generation, locks.taken_at)
    return found.where(_of(service_locks, service, environment), locks.released_at.is_(None))


async def _keep_holder(session: Session, service: str, environment: str) -> Lock | None:
    """Return who holds the service, and keep it so until the transaction ends."""
    row = (await session.execute(_held(service, environment).with_for_update())).one_or_none()
    return Lock(**fields_of(row)) if row else None


async def _hold(session: Session, run_id: str, service: str, environment: str, generation: int) -> None:
    """Hold the service, unless another run was faster."""
    mine = {"service": service, "environment": environment, "run_id": run_id, "generation": generation}
    taken = insert_into(session, service_locks).values(
        **mine, taken_at=await database_time(session), woken=[]
    )
    held = service_locks.c.released_at.is_(None)
    unless_held = taken.on_conflict_do_nothing(index_elements=["service", "environment"], index_where=held)
    await session.execute(unless_held)


async def _dequeue(session: Session, run_id: str, service: str, environment: str) -> None:
    mine = _of(lock_waiters, service, environment) & (lock_waiters.c.run_id == run_id)
    await session.execute(delete(lock_waiters).where(mine))


async def _ended(session: Session, run_id: str) -> bool:
    state = await session.scalar(select(runs.c.state).where(runs.c.id == run_id))
    return state is None or state in ENDED


def _of(table: Table, service: str, environment: str) -> ColumnElement[bool]:
    return (table.c.service == service) & (table.c.environment == environment)
