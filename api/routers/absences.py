"""Absences: who is away, and who stands in for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.asking import SIGNED_IN, ActorDep, HouseDep, SessionDep
from api.attempts import Attempt, AttemptDep, once
from api.described import ASKED, BODY, CHANGE, LIST, permission, problems
from api.named import known_users, named_user
from api.schemas.directory import AbsenceEnded, AbsenceGiven, AbsencePatch, AbsenceShown
from api.schemas.given import Cursor, Given, words_or_none
from api.schemas.named import AbsencePath
from api.schemas.shown import Listed, rfc3339
from db.absences import (
    AbsenceView,
    Changes,
    add_absence,
    end_absence,
    get_absence,
    list_absences,
    patch_absence,
)
from db.journal import administering, append_admin
from db.session import Session
from golive.commands import Actor
from golive.errors import Refused
from golive.permissions import WRITE_ABSENCES
from golive.words import N_

router = APIRouter(tags=["directory"], dependencies=[SIGNED_IN])

_WHO = "\n\nPermission: any user for their own absences, `release_manager` and `admin` for those of others."
_TIMES = ("409 absence_overlaps", "422 absence_times", "422 own_deputy", "422 unknown_user")


class AbsenceFilter(Given):
    """Which absences, by when they begin."""

    user: str | None = Field(
        default=None, max_length=80, examples=["ann"], description="Of this user, by name; `me` is who asks."
    )
    over: bool = Field(default=False, examples=[False], description="Also those that are over.")
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, examples=[50], description="The most on one page.")


@router.post(
    "/absences",
    status_code=201,
    response_model=AbsenceShown,
    summary="Write an absence",
    description="While somebody is away, their deputy is asked where they would be. Two absences of one person do not "
    "overlap." + _WHO,
    responses=problems(*CHANGE, *_TIMES, "403 foreign_absence"),
)
async def add(given: AbsenceGiven, attempt: AttemptDep, house: HouseDep) -> Response:
    """Write down that somebody is away; the same attempt gets the same answer."""
    _check_may_write(attempt.actor, given.user or attempt.actor.name)

    async def make(session: Session) -> dict[str, Any]:
        made = await _make(session, attempt, given)
        return AbsenceShown.of(made, with_reason=True).model_dump(mode="json")

    return await once(house, attempt, 201, make)


async def _make(session: Session, attempt: Attempt, given: AbsenceGiven) -> AbsenceView:
    (user,) = await known_users(session, "user", [given.user or attempt.actor.name])
    reason = words_or_none(given.reason)
    made = await add_absence(
        session,
        user=user,
        since=given.since,
        until=given.until,
        deputy=await named_user(session, "deputy", given.deputy) if given.deputy else None,
        reason=reason,
        by=attempt.actor.name,
    )
    about = {"user": made.user, "since": rfc3339(made.since), "until": rfc3339(made.until)}
    payload = {**about, "deputy": made.deputy}
    written = f"absence:{made.id}"
    await append_admin(session, attempt.actor, "AbsenceAdded", written, reason=reason, payload=payload)
    return made


@router.get(
    "/absences",
    summary="List absences",
    description="Those in force and to come, by when they begin. Everybody sees who is away, until when, and who "
    "stands in." + permission(),
    responses=problems(*LIST),
)
async def list_them(
    which: Annotated[AbsenceFilter, Query()], actor: ActorDep, session: SessionDep
) -> Listed[AbsenceShown]:
    """Return one page of absences."""
    asked = which.model_dump()
    if which.user == "me":
        asked["user"] = actor.name
    page = await list_absences(session, **asked)
    items = [AbsenceShown.of(each, with_reason=_may_write(actor, each.user)) for each in page.items]
    return Listed(items=items, next_cursor=page.next_cursor)


@router.patch(
    "/absences/{absence_id}",
    summary="Change an absence",
    description="Until when it is, and who stands in; null takes the deputy away. What is over stays as it was."
    + _WHO,
    responses=problems(*BODY, *_TIMES, "403 foreign_absence", "404 unknown_absence", "409 absence_over"),
)
async def change(
    absence_id: AbsencePath, given: AbsencePatch, actor: ActorDep, house: HouseDep
) -> AbsenceShown:
    """Change the end or the deputy of an absence."""
    async with administering(house.database) as session:
        _check_may_write(actor, (await get_absence(session, absence_id)).user)
        changes: Changes = {"until": given.until} if given.until is not None else {}
        if "deputy" in given.model_fields_set:
            changes["deputy"] = await named_user(session, "deputy", given.deputy) if given.deputy else None
        changed = await patch_absence(session, absence_id, **changes)
        payload = {"user": changed.user, "until": rfc3339(changed.until), "deputy": changed.deputy}
        await append_admin(session, actor, "AbsenceChanged", f"absence:{absence_id}", payload=payload)
    return AbsenceShown.of(changed, with_reason=True)


@router.delete(
    "/absences/{absence_id}",
    summary="End an absence",
    description="Now; one that has not begun will not. What was said of it stays in the audit log." + _WHO,
    responses=problems(*ASKED, "403 foreign_absence", "404 unknown_absence", "409 absence_over"),
)
async def end(absence_id: AbsencePath, actor: ActorDep, house: HouseDep) -> AbsenceEnded:
    """End an absence."""
    async with administering(house.database) as session:
        _check_may_write(actor, (await get_absence(session, absence_id)).user)
        ended = await end_absence(session, absence_id)
        payload = {"user": ended.user}
        await append_admin(session, actor, "AbsenceEnded", f"absence:{absence_id}", payload=payload)
    return AbsenceEnded(id=absence_id, ended=True)


def _may_write(actor: Actor, user: str) -> bool:
    return actor.name == user or bool(set(WRITE_ABSENCES) & set(actor.roles))


def _check_may_write(actor: Actor, user: str) -> None:
    if not _may_write(actor, user):
        raise Refused(
            "foreign_absence",
            N_(
                "The absences of {user} are written by {user} and by who has the role {roles}; {name} has {own}."
            ),
            facts={"roles": list(WRITE_ABSENCES)},
            user=user,
            roles=" / ".join(WRITE_ABSENCES),
            name=actor.name,
            own=", ".join(actor.roles) or "–",
        )
