"""Who owns which service, by the name that releases give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from db.directory import owners_by_service
from db.pages import Page, read_page
from db.people import User
from db.session import Session
from db.tables import service_owners, users
from golive.errors import NotFound
from golive.words import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service and the names of its owners, of whom there is one at least, in order."""

    service: str
    owners: tuple[str, ...]


async def set_owners(session: Session, service: str, owners: Sequence[User]) -> Service:
    """Say who owns a service, instead of whoever did; there must be one."""
    await session.execute(delete(service_owners).where(service_owners.c.service == service))
    named = dict.fromkeys((user.id, user.name) for user in owners)
    rows = [{"service": service, "user_id": user_id, "position": n} for n, (user_id, _) in enumerate(named)]
    await session.execute(insert(service_owners), rows)
    return Service(service=service, owners=tuple(name for _, name in named))


async def remove_owners(session: Session, service: str) -> None:
    """Say that nobody owns a service. Raises NotFound (`unknown_service`)."""
    gone = await session.execute(delete(service_owners).where(service_owners.c.service == service))
    if not gone.rowcount:
        sentence = N_("Nobody owns a service {service}; the list of services names those with an owner.")
        raise NotFound("unknown_service", sentence, service=service)


async def list_services(
    session: Session, *, owner: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Service]:
    """Return the services that have an owner, by name; with `owner`, those that this user owns."""
    named = service_owners.c.service
    query = select(named).group_by(named)
    if owner is not None:
        theirs = service_owners.join(users, users.c.id == service_owners.c.user_id)
        query = query.where(named.in_(select(named).select_from(theirs).where(users.c.name == owner)))
    page = await read_page(session, query, (named,), cursor=cursor, limit=limit)
    owners = await owners_by_service(session, [row.service for row in page.items])
    return page.seen_as([Service(service=row.service, owners=owners[row.service]) for row in page.items])
