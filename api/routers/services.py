"""Services and who owns them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.convertors import StringConvertor, register_url_convertor

from api.asking import SIGNED_IN, ActorDep, HouseDep, SessionDep, need
from api.described import ASKED, BODY, LIST, permission, problems
from api.named import known_users
from api.schemas.directory import OwnersGiven, ServiceRemoved, ServiceShown
from api.schemas.given import Cursor, Given, Name
from api.schemas.named import ServicePath
from api.schemas.shown import Listed
from db.journal import administering, append_admin
from db.services import list_services, remove_owners, set_owners
from golive.permissions import MANAGE_USERS

router = APIRouter(tags=["directory"], dependencies=[SIGNED_IN])


class _Whole(StringConvertor):
    """The rest of an address, whatever is in it: services are called `shop/cart`, too, and nonsense gets its 422."""

    regex = r"[\s\S]+"


register_url_convertor("whole", _Whole())

NewService = Annotated[
    Name, Path(description="A service, by the name that releases give it.", examples=["checkout"])
]


class ServiceFilter(Given):
    """Which services, by name."""

    owner: str | None = Field(
        default=None, max_length=80, examples=["ann"], description="Services of this user, by name."
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


@router.get(
    "/services",
    summary="List services",
    description="Those that somebody owns, by name, with their owners." + permission(),
    responses=problems(*LIST),
)
async def list_them(which: Annotated[ServiceFilter, Query()], session: SessionDep) -> Listed[ServiceShown]:
    """Return one page of services."""
    page = await list_services(session, **which.model_dump())
    return Listed(items=[ServiceShown.taken(each) for each in page.items], next_cursor=page.next_cursor)


@router.put(
    "/services/{service:whole}",
    summary="Say who owns a service",
    description="The owners replace those there were; sending it again changes nothing. It counts from now on, also in "
    "running runs." + permission(*MANAGE_USERS),
    responses=problems(*BODY, "403 role_missing", "422 unknown_user"),
)
async def own(service: NewService, given: OwnersGiven, actor: ActorDep, house: HouseDep) -> ServiceShown:
    """Write down who owns a service."""
    need(actor, MANAGE_USERS)
    async with administering(house.database) as session:
        owners = await known_users(session, "owners", given.owners)
        owned = await set_owners(session, service, owners)
        payload = {"owners": list(owned.owners)}
        await append_admin(session, actor, "ServiceOwned", f"service:{service}", payload=payload)
    return ServiceShown.taken(owned)


@router.delete(
    "/services/{service:whole}",
    summary="Say that nobody owns a service",
    description="A rule that asks its owner can be met by nobody from now on." + permission(*MANAGE_USERS),
    responses=problems(*ASKED, "403 role_missing", "404 unknown_service"),
)
async def disown(service: ServicePath, actor: ActorDep, house: HouseDep) -> ServiceRemoved:
    """Take the owners of a service away."""
    need(actor, MANAGE_USERS)
    async with administering(house.database) as session:
        await remove_owners(session, service)
        await append_admin(session, actor, "ServiceDisowned", f"service:{service}")
    return ServiceRemoved(service=service, removed=True)
