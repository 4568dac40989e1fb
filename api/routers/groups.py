"""Groups: people whom rules name together."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.asking import SIGNED_IN, ActorDep, HouseDep, SessionDep, need
from api.attempts import AttemptDep, once
from api.described import ASKED, BODY, CHANGE, LIST, permission, problems
from api.named import known_users
from api.schemas.directory import GroupGiven, GroupPatch, GroupRemoved, GroupShown
from api.schemas.given import Cursor, Given
from api.schemas.named import GroupPath
from api.schemas.shown import Listed
from db.groups import Changes, create_group, get_group, list_groups, patch_group, remove_group
from db.journal import administering, append_admin
from db.session import Session
from golive.permissions import MANAGE_USERS

router = APIRouter(tags=["directory"], dependencies=[SIGNED_IN])


class GroupFilter(Given):
    """Which groups, by name."""

    member: str | None = Field(
        default=None, max_length=80, examples=["ann"], description="Groups of this user, by name."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


@router.post(
    "/groups",
    status_code=201,
    response_model=GroupShown,
    summary="Make a group",
    description="Rules name it. Its members are found when somebody is asked, and looked up again at each decision "
    "and when a gate opens. An empty group can meet no rule." + permission(*MANAGE_USERS),
    responses=problems(*CHANGE, "409 group_exists", "422 unknown_user"),
)
async def add(given: GroupGiven, attempt: AttemptDep, house: HouseDep) -> Response:
    """Make a group; the same attempt gets the same answer."""
    need(attempt.actor, MANAGE_USERS)

    async def make(session: Session) -> dict[str, Any]:
        members = await known_users(session, "members", given.members)
        title = given.title or given.name
        made = await create_group(session, name=given.name, title=title, members=members)
        told = {"title": made.title, "members": list(made.members)}
        await append_admin(session, attempt.actor, "GroupAdded", f"group:{made.name}", payload=told)
        return GroupShown.taken(made).model_dump(mode="json")

    return await once(house, attempt, 201, make)


@router.get(
    "/groups",
    summary="List groups",
    description="By name, with their members." + permission(),
    responses=problems(*LIST),
)
async def list_them(which: Annotated[GroupFilter, Query()], session: SessionDep) -> Listed[GroupShown]:
    """Return one page of groups."""
    page = await list_groups(session, **which.model_dump())
    return Listed(items=[GroupShown.taken(group) for group in page.items], next_cursor=page.next_cursor)


@router.get(
    "/groups/{name}",
    summary="Look at a group",
    description="One group." + permission(),
    responses=problems(*ASKED, "404 unknown_group"),
)
async def look(name: GroupPath, session: SessionDep) -> GroupShown:
    """Return one group."""
    return GroupShown.taken(await get_group(session, name))


@router.patch(
    "/groups/{name}",
    summary="Change a group",
    description="What is left out stays; members that are given replace those there were. It counts from now on, also "
    "in running runs." + permission(*MANAGE_USERS),
    responses=problems(*BODY, "403 role_missing", "404 unknown_group", "422 unknown_user"),
)
async def change(name: GroupPath, given: GroupPatch, actor: ActorDep, house: HouseDep) -> GroupShown:
    """Change the title or the members of a group."""
    need(actor, MANAGE_USERS)
    told = given.changes()
    async with administering(house.database) as session:
        changes: Changes = {"title": given.title} if given.title is not None else {}
        if given.members is not None:
            changes["members"] = await known_users(session, "members", given.members)
        group = await patch_group(session, name, **changes)
        await append_admin(session, actor, "GroupChanged", f"group:{name}", payload=told)
    return GroupShown.taken(group)


@router.delete(
    "/groups/{name}",
    summary="Remove a group",
    description="Its members stay users. A rule that names it can be met by nobody from now on."
    + permission(*MANAGE_USERS),
    responses=problems(*ASKED, "403 role_missing", "404 unknown_group"),
)
async def remove(name: GroupPath, actor: ActorDep, house: HouseDep) -> GroupRemoved:
    """Remove a group."""
    need(actor, MANAGE_USERS)
    async with administering(house.database) as session:
        await remove_group(session, name)
        await append_admin(session, actor, "GroupRemoved", f"group:{name}")
    return GroupRemoved(name=name, removed=True)
