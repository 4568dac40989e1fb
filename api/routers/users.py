"""Users and their tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import enrolling
from api.asking import SIGNED_IN, ActorDep, HouseDep, SessionDep, UserDep, need
from api.attempts import Attempt, AttemptDep, Change, told
from api.described import ASKED, BODY, CHANGE, LIST, permission, problems
from api.enrolling import drawn
from api.house import House
from api.named import known_users
from api.refusals import user_disabled
from api.schemas.given import Cursor, Given
from api.schemas.named import TokenPath, UserPath
from api.schemas.people import EnrolmentMade, Left, UserGiven, UserMade, UserPatch, UserShown
from api.schemas.shown import Listed, rfc3339
from db import browsing
from db.idempotency import Answer
from db.journal import administering, append_admin
from db.people import (
    User,
    another_admin,
    create_user,
    get_user,
    issue_token,
    list_users,
    patch_user,
    revoke_token,
    token_is_known,
)
from db.session import Session
from golive.commands import Actor
from golive.errors import Conflict
from golive.permissions import MANAGE_USERS
from golive.words import N_

router = APIRouter(tags=["users"], dependencies=[SIGNED_IN])

Secrets = Callable[[Session, dict[str, Any]], Awaitable[dict[str, Any]]]
"""What is told of something made beside what is kept of it."""


class UserFilter(Given):
    """Which users, by name."""

    q: str | None = Field(
        default=None,
        max_length=80,
        examples=["ann"],
        description="Part of the name; for administrators also of the mail address.",
    )
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


@router.post(
    "/users",
    status_code=201,
    response_model=UserMade,
    summary="Add a user",
    description="The answer holds a link, at which the new user chooses a password: hand it on. It works once, for "
    "72 hours. Beside it, and outside of production only, the answer holds an API token, which is shown this once; "
    "golive keeps its hash. In production people make their tokens themselves, at the page `/me`."
    + permission(*MANAGE_USERS),
    responses=problems(*CHANGE, "409 not_repeatable", "409 user_exists"),
)
async def add(given: UserGiven, attempt: AttemptDep, request: Request, house: HouseDep) -> Response:
    """Make a user, their link and, in development, their first token; the same attempt gets the same answer."""
    need(attempt.actor, MANAGE_USERS)

    async def make(session: Session) -> dict[str, Any]:
        return await _make(session, house, attempt, given)

    async def token(session: Session, made: dict[str, Any]) -> dict[str, Any]:
        if made["token_id"] is None:
            return {"token": None}
        return {"token": await enrolling.given(session, house, attempt, "user_token", token_is_known)}

    return await _made_once(request, house, attempt, make, token)


async def _made_once(
    request: Request, house: House, attempt: Attempt, make: Change, more: Secrets | None = None
) -> Response:
    """Make a link, and what goes with it, once; answer with it and with `more`, which nobody keeps on the way."""
    async with administering(house.database) as session:
        known = await attempt.found(session)
        answer = known or await attempt.kept(session, 201, await make(session))
        link = {"enrolment_url": await enrolling.address(session, house, attempt, request)}
        body = {**answer.body, **link, **(await more(session, answer.body) if more else {})}
    response = told(Answer(status=answer.status, body=body), again=known is not None)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _make(session: Session, house: House, attempt: Attempt, given: UserGiven) -> dict[str, Any]:
    user = await create_user(session, **given.model_dump())
    granted = {"roles": list(user.roles), "functions": list(user.functions)}
    await append_admin(session, attempt.actor, "UserAdded", f"user:{user.name}", payload=granted)
    ends = await enrolling.make(session, house, attempt, user)
    made = {"id": user.id, "name": user.name, "token_id": None, "enrolment_ends_at": rfc3339(ends)}
    if house.settings.env == "development":
        issued = await issue_token(session, user.name, token=drawn(house, attempt, "user_token")[0])
        made["token_id"] = issued.id
    return made


@router.post(
    "/users/{name}/enrolments",
    status_code=201,
    response_model=EnrolmentMade,
    summary="Make a link for a user",
    description="At the link the user chooses a password, the first one or, when they forgot it, another one; their "
    "sessions at other browsers end then. It works once, for 72 hours, and ends the links that were made before."
    + permission(*MANAGE_USERS),
    responses=problems(*CHANGE, "404 unknown_user", "409 not_repeatable"),
)
async def enrol(name: UserPath, attempt: AttemptDep, request: Request, house: HouseDep) -> Response:
    """Make a one-time link; the same attempt again gets the same answer."""
    need(attempt.actor, MANAGE_USERS)

    async def make(session: Session) -> dict[str, Any]:
        return await _link(session, house, attempt, name)

    return await _made_once(request, house, attempt, make)


async def _link(session: Session, house: House, attempt: Attempt, name: str) -> dict[str, Any]:
    user = await get_user(session, name)
    if not user.enabled:
        raise user_disabled(name)
    ends = rfc3339(await enrolling.make(session, house, attempt, user))
    await append_admin(session, attempt.actor, "EnrolmentMade", f"user:{name}", payload={"ends_at": ends})
    return {"name": user.name, "enrolment_ends_at": ends}


@router.get(
    "/users",
    summary="List users",
    description="By name, with what they may and do. Mail addresses only for administrators." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[UserFilter, Query()], actor: ActorDep, session: SessionDep
) -> Listed[UserShown]:
    """Return one page of users."""
    page = await list_users(session, **which.model_dump(), by_email=_manages(actor))
    items = [UserShown.of(user, with_email=_sees_mail(actor, user.name)) for user in page.items]
    return Listed(items=items, next_cursor=page.next_cursor)


@router.get(
    "/users/me",
    summary="Who am I",
    description="The user whose token this is." + permission(),
    responses=problems(*ASKED),
)
async def me(user: UserDep) -> UserShown:
    """Return the user who asks."""
    return UserShown.of(user, with_email=True)


@router.get(
    "/users/{name}",
    summary="Look at a user",
    description="One user." + permission(),
    responses=problems(*ASKED, "404 unknown_user"),
)
async def look(name: UserPath, actor: ActorDep, session: SessionDep) -> UserShown:
    """Return one user."""
    return UserShown.of(await get_user(session, name), with_email=_sees_mail(actor, name))


@router.patch(
    "/users/{name}",
    summary="Change a user",
    description="What is left out stays; null takes the address, the language or the manager away. The sessions "
    "of who is disabled end. Membership is checked at each decision and gate, so a change counts from now on, also in "
    "running runs. The last enabled administrator stays one (`last_admin`)." + permission(*MANAGE_USERS),
    responses=problems(
        *BODY,
        "403 role_missing",
        "404 unknown_user",
        "409 last_admin",
        "422 own_manager",
        "422 unknown_user",
    ),
)
async def change(name: UserPath, given: UserPatch, actor: ActorDep, house: HouseDep) -> UserShown:
    """Change roles, functions, address, language, manager or whether they are enabled."""
    need(actor, MANAGE_USERS)
    changed = given.changes()
    async with administering(house.database) as session:
        if given.manager is not None:
            await known_users(session, "manager", [given.manager])
        user = await patch_user(session, name, **changed)
        await _keep_an_admin(session, user)
        if not user.enabled:
            await browsing.end_all(session, user.id)
        payload = {field: value for field, value in changed.items() if field != "email"}
        await append_admin(session, actor, "UserChanged", f"user:{name}", payload=payload)
    return UserShown.of(user, with_email=True)


async def _keep_an_admin(session: Session, user: User) -> None:
    if (user.enabled and "admin" in user.roles) or await another_admin(session, user.name):
        return
    msgid = N_("{name} is the last enabled administrator; make somebody else one first, then change {name}.")
    raise Conflict("last_admin", msgid, name=user.name)


@router.delete(
    "/tokens/{token_id}",
    summary="Revoke a token",
    description="It is refused from now on, and sessions that were begun with it end."
    + permission(*MANAGE_USERS),
    responses=problems(*ASKED, "403 role_missing", "404 unknown_token"),
)
async def revoke(token_id: TokenPath, actor: ActorDep, house: HouseDep) -> Left:
    """Revoke a token."""
    need(actor, MANAGE_USERS)
    async with administering(house.database) as session:
        await revoke_token(session, token_id)
        await append_admin(session, actor, "TokenRevoked", f"token:{token_id}")
    return Left(id=token_id, revoked=True)


def _sees_mail(actor: Actor, name: str) -> bool:
    return actor.name == name or _manages(actor)


def _manages(actor: Actor) -> bool:
    return bool(set(MANAGE_USERS) & set(actor.roles))
