"""Groups of people that rules name: written here by administrators, in an order that rules may follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy import Select, delete, insert, select, update
from typing_extensions import Unpack

from db.directory import members_by_group
from db.pages import Page, read_page
from db.people import User
from db.session import Session, insert_into
from db.tables import group_members, groups, users
from golive.errors import Conflict, NotFound
from golive.words import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group by its unique name, and the names of its members in order."""

    name: str
    title: str
    members: tuple[str, ...]


class Changes(TypedDict, total=False):
    """What changes about a group; what is left out stays."""

    title: str
    members: Sequence[User]


async def create_group(session: Session, *, name: str, title: str, members: Sequence[User]) -> Group:
    """Make a group. Raises Conflict (`group_exists`) when the name is taken."""
    made = insert_into(session, groups).values(name=name, title=title)
    unless_taken = made.on_conflict_do_nothing(index_elements=["name"]).returning(groups.c.name)
    if await session.scalar(unless_taken) is None:
        sentence = N_("There is a group {name} already; choose another name or change that group.")
        raise Conflict("group_exists", sentence, name=name)
    await _set_members(session, name, members)
    return await get_group(session, name)


async def patch_group(session: Session, name: str, **changes: Unpack[Changes]) -> Group:
    """Change what is given of a group. Raises NotFound (`unknown_group`)."""
    await get_group(session, name)
    if "title" in changes:
        await session.execute(update(groups).where(groups.c.name == name).values(title=changes["title"]))
    if "members" in changes:
        await _set_members(session, name, changes["members"])
    return await get_group(session, name)


async def remove_group(session: Session, name: str) -> None:
    """Remove a group, not its members. Raises NotFound (`unknown_group`)."""
    await get_group(session, name)
    await _set_members(session, name, ())
    await session.execute(delete(groups).where(groups.c.name == name))


async def get_group(session: Session, name: str) -> Group:
    """Return a group by name. Raises NotFound (`unknown_group`)."""
    title = await session.scalar(select(groups.c.title).where(groups.c.name == name))
    if title is None:
        sentence = N_("There is no group {name}; the list of groups names those there are.")
        raise NotFound("unknown_group", sentence, name=name)
    members = await members_by_group(session, [name])
    return Group(name=name, title=title, members=members[name])


async def list_groups(
    session: Session, *, member: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Group]:
    """Return groups by name; with `member`, those that this user is in."""
    query = select(groups)
    if member is not None:
        query = query.where(groups.c.name.in_(_groups_of(member)))
    page = await read_page(session, query, (groups.c.name,), cursor=cursor, limit=limit)
    members = await members_by_group(session, [row.name for row in page.items])
    return page.seen_as(
        [Group(name=row.name, title=row.title, members=members[row.name]) for row in page.items]
    )


def _groups_of(member: str) -> Select[tuple[str]]:
    theirs = group_members.join(users, users.c.id == group_members.c.user_id)
    return select(group_members.c.group_name).select_from(theirs).where(users.c.name == member)


async def _set_members(session: Session, name: str, members: Sequence[User]) -> None:
    await session.execute(delete(group_members).where(group_members.c.group_name == name))
    ids = dict.fromkeys(user.id for user in members)
    if ids:
        rows = [{"group_name": name, "user_id": user_id, "position": n} for n, user_id in enumerate(ids)]
        await session.execute(insert(group_members), rows)
