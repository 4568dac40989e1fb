"""Me: who I am to golive, in which language, by which password, in which browsers, with which tokens."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from api import enrolling
from api.asking import address
from api.attempts import Attempt, once
from api.enrolling import drawn
from api.pages.acting import NOT_TRIED, Tried, acted, done, given
from api.pages.browsers import known_as
from api.pages.choosing import SHORTEST, good_enough
from api.pages.proving import prove
from api.pages.rendering import page, voice_of
from api.pages.sealed import sealed_attempt
from api.pages.visiting import ActDep, ReaderDep, Sent, Visit
from api.pages.wording import problem_of
from api.refusals import Throttled, Unauthenticated
from api.schemas.given import Given
from db import browsing, identities
from db.journal import append_admin
from db.passwords import keep_hash, kept_hash
from db.people import User, issue_token, patch_user, revoke_token, token_is_known, tokens_of
from db.session import Session
from golive.errors import GoliveError, Invalid, Refused
from golive.vocabulary import LINE
from golive.words import N_

router = APIRouter(include_in_schema=False)
_ME = "/me"
DAYS = ("7", "30", "90", "365")
_LATELY = timedelta(minutes=10)


class _Language(Given):
    locale: Literal["en", "zh"] | None


class _Session(Given):
    session: str


class _Token(Given):
    token: str


class _NewToken(Given):
    name: Annotated[str, StringConstraints(max_length=80, pattern=LINE)]
    days: int = Field(ge=1, le=365)
    present: str


class _NewPassword(Given):
    present: str
    password: str
    again: str


@router.get(_ME)
async def me(visit: ReaderDep) -> Response:
    """Show it."""
    return await _page(visit)


async def _page(visit: Visit, tried: Tried = NOT_TRIED, status: int = 200, **more: Any) -> Response:
    user = _user(visit)
    async with visit.house.database.reading() as sql:
        found = {
            "sessions": await browsing.list_sessions(sql, user.id),
            "tokens": await tokens_of(sql, user.id),
            "has_password": await kept_hash(sql, user.id) is not None,
            "connected": visit.house.settings.oidc_issuer in await identities.issuers_of(sql, user.id),
        }
    values = {
        "user": user,
        "roles": [voice_of(visit).name(role) for role in user.roles],
        "least": SHORTEST,
        "days": DAYS,
        "made": None,
        "known_as": known_as,
        **found,
        **more,
    }
    return page(visit, "me.html", status=status, tried=tried, **values)


def _user(visit: Visit) -> User:
    assert visit.session is not None  # noqa: S101 - for the type checker: a reader has one
    return visit.session.user


async def _changed(sent: Sent, body: type[Given], values: dict[str, Any], change: Any) -> Response:
    """Change something of one's own once, and show the page again."""

    async def do(attempt: Attempt) -> Response:
        async def in_sql(sql: Session) -> dict[str, Any]:
            await change(sql, given(body, values))
            return {}

        return await once(sent.visit.house, attempt, HTTPStatus.OK, in_sql)

    async def again(tried: Tried) -> Response:
        return await _page(sent.visit, tried, tried.problem["status"])

    return await acted(sent, lambda: given(body, values), do, back=_ME, again=again)


@router.post("/me/language")
async def language(sent: ActDep) -> Response:
    """Speak another language, or the browser's."""
    user, actor = _user(sent.visit), sent.visit.actor

    async def change(sql: Session, asked: _Language) -> None:
        await patch_user(sql, user.name, locale=asked.locale)
        told = {"locale": asked.locale}
        await append_admin(sql, actor, "UserChanged", f"user:{user.name}", payload=told)

    return await _changed(sent, _Language, {"locale": sent.text("locale") or None}, change)


@router.post("/me/sessions/end")
async def end_session(sent: ActDep) -> Response:
    """End one session, maybe this one."""
    user, actor = _user(sent.visit), sent.visit.actor

    async def change(sql: Session, asked: _Session) -> None:
        await browsing.end(sql, asked.session, of=user.id)
        await append_admin(
            sql, actor, "SessionEnded", f"user:{user.name}", payload={"session": asked.session}
        )

    return await _changed(sent, _Session, {"session": sent.text("session")}, change)


@router.post("/me/sessions/end-others")
async def end_others(sent: ActDep) -> Response:
    """End every session but this one."""
    user, actor, session = _user(sent.visit), sent.visit.actor, sent.visit.session

    async def change(sql: Session, _: Given) -> None:
        await browsing.end_all(sql, user.id, but=session.id if session else None)
        await append_admin(sql, actor, "OtherSessionsEnded", f"user:{user.name}")

    return await _changed(sent, Given, {}, change)


@router.post("/me/tokens/revoke")
async def revoke(sent: ActDep) -> Response:
    """Take back a token of one's own."""
    user, actor = _user(sent.visit), sent.visit.actor

    async def change(sql: Session, asked: _Token) -> None:
        await revoke_token(sql, asked.token, of=user.id)
        await append_admin(sql, actor, "TokenRevoked", f"token:{asked.token}")

    return await _changed(sent, _Token, {"token": sent.text("token")}, change)


@router.post("/me/tokens")
async def make_token(sent: ActDep) -> Response:
    """Make a token and show it: the same form sent again shows the same one."""
    visit, house, user = sent.visit, sent.visit.house, _user(sent.visit)
    shown = {name: sent.text(name) for name in ("name", "days")}
    try:
        asked = given(_NewToken, {**shown, "present": sent.text("present")})
        attempt, before = await sealed_attempt(sent, asked)
        if not before:
            await _really(visit, asked.present)

        async def change(sql: Session) -> dict[str, Any]:
            token, lasting = drawn(house, attempt, "user_token")[0], timedelta(days=asked.days)
            within = visit.session.token_id if visit.session else None
            issued = await issue_token(
                sql, user.name, token=token, called=asked.name, lasting=lasting, within=within
            )
            told = {"user": user.name, "name": asked.name, "days": asked.days}
            await append_admin(sql, visit.actor, "TokenIssued", f"token:{issued.id}", payload=told)
            return {}

        await once(house, attempt, HTTPStatus.CREATED, change)
    except (Invalid, Refused, Throttled) as unfit:
        return await _refused(sent, unfit, shown)
    async with house.database.reading() as sql:
        made = await enrolling.given(sql, house, attempt, "user_token", token_is_known)
    return await _page(visit, made=made)


@router.post("/me/password")
async def password(sent: ActDep) -> Response:
    """Take another password, from who knows the present one, and end the other sessions."""
    visit, user = sent.visit, _user(sent.visit)
    try:
        asked = given(_NewPassword, {name: sent.text(name) for name in _NewPassword.model_fields})
        attempt, before = await sealed_attempt(sent, asked)
        if before:
            return done(_ME)
        good_enough(asked.password, asked.again, user.name)
        await _present(visit, asked.present)
        hashed = await visit.house.passwords.hashed(asked.password)

        async def change(sql: Session) -> dict[str, Any]:
            await keep_hash(sql, user.id, hashed)
            await browsing.end_all(sql, user.id, but=visit.session.id if visit.session else None)
            await append_admin(sql, visit.actor, "PasswordChanged", f"user:{user.name}")
            return {}

        await once(visit.house, attempt, HTTPStatus.OK, change)
    except (Invalid, Throttled) as error:
        return await _refused(sent, error, {})
    return done(_ME)


async def _really(visit: Visit, typed_in: str) -> None:
    """Raise unless it is the person, not somebody at their open browser: what they make here outlives the session.

    By the present password, as `_present`; without one by having signed in a moment ago, else Refused `sign_in_again`.
    """
    async with visit.house.database.reading() as sql:
        has_one = await kept_hash(sql, _user(visit).id) is not None
    if has_one:
        await _present(visit, typed_in)
    elif visit.session is None or visit.now - visit.session.created_at > _LATELY:
        raise Refused(
            "sign_in_again",
            N_(
                "A token is made within ten minutes of signing in: sign out, sign in again, and make it then."
            ),
        )


async def _present(visit: Visit, typed_in: str) -> None:
    """Raise Invalid unless this is the reader's present password, and Throttled after too many others."""
    try:
        await prove(visit.house, _user(visit).name, typed_in, address(visit.request), visit.zone)
    except Unauthenticated as wrong:
        told = N_("This is not your present password.")
        raise Invalid("password_wrong", told, facts={"field": "present"}) from wrong


async def _refused(sent: Sent, error: GoliveError, values: dict[str, str]) -> Response:
    visit = sent.visit
    tried = Tried(visit.request.url.path, values, problem_of(visit, error))
    return await _page(visit, tried, error.status)
