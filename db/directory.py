"""What a run asks the directory, read at once: the number of queries does not grow with the number of names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, true

from db.people import User, find_users
from db.session import Session
from db.tables import absences, group_members, groups, service_owners, user_managers, users
from golive.directory import Absence, Directory, Person


async def read_directory(
    session: Session,
    *,
    at: datetime,
    names: Collection[str] = (),
    group_names: Collection[str] = (),
    service: str | None = None,
) -> Directory:
    """Return what the directory says of users, groups and a service, with who is away `at` that moment.

    What nobody knows is left out: nothing is refused here.
    """
    members = await members_by_group(session, group_names)
    owners = (await owners_by_service(session, [service] if service else [])).get(service or "", ())
    managers = await _managers_of(session, names)
    asked = {*names, *owners, *managers.values(), *(name for each in members.values() for name in each)}
    away = await _away(session, asked, at)
    deputies = {each.deputy for each in away.values() if each.deputy} - asked
    away |= await _away(session, deputies, at)
    found = await find_users(session, asked | deputies)
    return Directory(
        at=at,
        groups=members,
        owners=owners,
        people=tuple(_person(found[name], members, away.get(name)) for name in sorted(found)),
    )


async def members_by_group(
    session: Session, names: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the members of each of these groups that there is, or of all, in order."""
    with_members = groups.outerjoin(group_members, group_members.c.group_name == groups.c.name)
    asked = (
        select(groups.c.name.label("group"), users.c.name)
        .select_from(with_members.outerjoin(users, users.c.id == group_members.c.user_id))
        .where(true() if names is None else groups.c.name.in_(names))
        .order_by(groups.c.name, group_members.c.position)
    )
    found: dict[str, tuple[str, ...]] = {}
    for group, member in await session.execute(asked):
        found[group] = (*found.get(group, ()), *((member,) if member is not None else ()))
    return found


async def groups_with(
    session: Session, names: Collection[str], among: Collection[str]
) -> dict[str, list[str]]:
    """Return for each of these people those `among` these groups to which they belong now."""
    members = await members_by_group(session, among) if among else {}
    return {name: [group for group, those in members.items() if name in those] for name in names}


async def owners_by_service(session: Session, services: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the owners of each of these services that has some, in order."""
    asked = (
        select(service_owners.c.service, users.c.name)
        .join(users, users.c.id == service_owners.c.user_id)
        .where(service_owners.c.service.in_(services))
        .order_by(service_owners.c.service, service_owners.c.position)
    )
    found: dict[str, tuple[str, ...]] = {}
    for service, owner in await session.execute(asked):
        found[service] = (*found.get(service, ()), owner)
    return found


async def _managers_of(session: Session, names: Collection[str]) -> dict[str, str]:
    """Return the manager of each of these people who has one."""
    managers = users.alias()
    asked = (
        select(users.c.name, managers.c.name)
        .join(user_managers, user_managers.c.user_id == users.c.id)
        .join(managers, managers.c.id == user_managers.c.manager_id)
        .where(users.c.name.in_(names))
    )
    return {row[0]: row[1] for row in await session.execute(asked)}


async def _away(session: Session, names: Collection[str], at: datetime) -> dict[str, Absence]:
    """Return the absence of each of these people that is in force then; no two of one person overlap."""
    deputies = users.alias()
    asked = (
        select(users.c.name, absences.c.until, deputies.c.name.label("deputy"))
        .join(absences, absences.c.user_id == users.c.id)
        .outerjoin(deputies, deputies.c.id == absences.c.deputy_id)
        .where(users.c.name.in_(names), absences.c.since <= at, absences.c.until > at)
    )
    return {row.name: Absence(until=row.until, deputy=row.deputy) for row in await session.execute(asked)}


def _person(user: User, members: Mapping[str, Collection[str]], absence: Absence | None) -> Person:
    return Person(
        name=user.name,
        enabled=user.enabled,
        roles=user.roles,
        functions=user.functions,
        groups=tuple(group for group, names in members.items() if user.name in names),
        manager=user.manager,
        absence=absence,
    )
