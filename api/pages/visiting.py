"""Who reads a page and how: their session, their language, their time zone. The dependencies of every page."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.asking import HouseDep, actor_of
from api.hosts import own_origin
from api.house import House
from api.language import language_of
from api.pages import forgery
from api.pages.cookies import ZONE, SessionCookie, bound
from api.refusals import user_disabled
from db import browsing
from db.browsing import Browsing
from golive.commands import Actor
from golive.permissions import REQUIRED
from golive.vocabulary import Role
from golive.words import Language
from observing.facts import note
from settings import Settings

BEFORE = "golive-before"
"""The cookie by which a form is known to come from the browser that was shown it, before anybody has signed in."""
_ZONES = frozenset(available_timezones())
_UTC = ZoneInfo("UTC")
_FIELDS, _FILES, _PART = 3000, 50, 1024 * 1024


class SignInFirst(Exception):
    """Nobody is signed in; the sign-in page comes first, and then this one."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of one reader. `session` is None before they have signed in; `secret` binds forms to them."""

    request: Request
    house: House
    language: Language
    zone: ZoneInfo
    now: datetime
    secret: str
    seen: datetime | None = None
    session: Browsing | None = None

    @property
    def actor(self) -> Actor:
        """Who acts. Raises SignInFirst when nobody has signed in."""
        if self.session is None:
            raise SignInFirst
        return actor_of(self.session.user, self.request, self.session.method)

    @property
    def provider(self) -> str | None:
        """The name of the OpenID provider at which people may sign in, None where there is none."""
        return self.house.provider_name

    @property
    def session_id(self) -> str:
        """The id of the reader's session, empty before they have signed in."""
        return self.session.id if self.session else ""

    def of(self, session: Browsing | None) -> Visit:
        """Return this visit as one of `session`."""
        return replace(self, session=session)

    def may(self, *roles: Role) -> bool:
        """Tell whether the reader has one of `roles`."""
        return self.session is not None and bool(set(roles) & set(self.session.user.roles))

    def may_do(self, act: str) -> bool:
        """Tell whether the reader's roles allow the act of this name (`golive.permissions`)."""
        return self.may(*REQUIRED[act])

    @property
    def csrf(self) -> str:
        """A token for the forms of this answer."""
        return forgery.token_for(self.house.settings, self.secret)

    def keep(self, response: Response) -> None:
        """Have the browser keep what its next request needs; nothing after a HEAD, which shows nobody a form."""
        if self.request.method == "HEAD":
            return
        cookie = cookie_of(self.request, self.house.settings)
        if self.session is not None:
            if self.seen is not None:  # the browser came with the cookie of this very session
                cookie.keep(response, self.secret, self.now, self.seen)
        elif self.request.cookies.get(name := before(self.request, self.house.settings)) != self.secret:
            secure = is_https(self.request, self.house.settings)
            response.set_cookie(name, self.secret, httponly=True, secure=secure, samesite="lax", path="/")


def cookie_of(request: Request, settings: Settings) -> SessionCookie:
    """Return the way a session's cookie is written for people who come as `request` does."""
    return SessionCookie(settings, https=is_https(request, settings))


def is_https(request: Request, settings: Settings) -> bool:
    """Tell whether people come by TLS."""
    return own_origin(request, settings).startswith("https:")


def before(request: Request, settings: Settings) -> str:
    """Return the name of the cookie of somebody who has not signed in."""
    return bound(BEFORE, https=is_https(request, settings))


async def _visit(request: Request, house: HouseDep) -> Visit:
    now = datetime.now(UTC)
    found = cookie_of(request, house.settings).read(request, now)
    session = None
    if found is not None:
        async with house.database.reading() as sql:
            session = await browsing.find(sql, found[0])
    if session is not None and session.user.locale:
        request.state.language = "zh" if session.user.locale.startswith("zh") else "en"
    stranger = request.cookies.get(before(request, house.settings)) or secrets.token_urlsafe(24)
    visit = Visit(
        request=request,
        house=house,
        language=language_of(request),
        zone=zone_of(request),
        now=now,
        secret=found[0] if found and session else stranger,
        seen=found[1] if found and session else None,
        session=session,
    )
    request.state.visit = visit
    return visit


def zone_of(request: Request) -> ZoneInfo:
    """Return the reader's time zone, as the script has told it; UTC without one."""
    name = request.cookies.get(ZONE, "")
    return ZoneInfo(name) if name in _ZONES else _UTC


VisitDep = Annotated[Visit, Depends(_visit)]
"""Anybody, signed in or not."""


def _reader(visit: VisitDep) -> Visit:
    if visit.session is None:
        raise SignInFirst
    user = visit.session.user
    visit.request.state.actor = visit.actor
    note(actor=user.name)
    if not user.enabled:
        raise user_disabled(user.name)
    return visit


ReaderDep = Annotated[Visit, Depends(_reader)]
"""An enabled user who has signed in. Raises SignInFirst or Refused."""


@dataclass(frozen=True)
class Sent:
    """A form that a page of ours has sent."""

    visit: Visit
    form: FormData

    def text(self, name: str) -> str:
        """Return what was typed into a field, empty when nothing was or there is no such field."""
        value = self.form.get(name, "")
        # Browsers send two characters for a line break that they count, and people see, as one.
        return value.replace("\r\n", "\n") if isinstance(value, str) else ""

    @property
    def token(self) -> str:
        """The token that the page has given with the form."""
        return self.visit.request.headers.get(forgery.HEADER) or self.text(forgery.FIELD)


class SessionChanged(Exception):
    """A page of ours has `sent` a form, but of a session that has ended since; somebody else may be signed in now."""

    def __init__(self, sent: Sent):
        self.sent = sent
        super().__init__()


async def _form(visit: VisitDep) -> AsyncIterator[Sent]:
    async with visit.request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_PART) as form:
        yield Sent(visit, form)


FormDep = Annotated[Sent, Depends(_form)]


async def _sent(sent: FormDep) -> Sent:
    """Raise Refused `foreign_request` for a form that no page of ours has sent."""
    forgery.check(sent.visit.request, sent.visit.house.settings, sent.visit.secret, sent.token)
    return sent


SentDep = Annotated[Sent, Depends(_sent)]
"""A form that anybody may send, such as that of signing in."""


async def _same_session(sent: FormDep) -> None:
    """Raise SessionChanged for a form of ours of another session: what stands in it is not to be lost."""
    visit, settings = sent.visit, sent.visit.house.settings
    known = visit.session is not None and forgery.goes_with(settings, visit.secret, sent.token)
    if not known and forgery.is_from_here(visit.request, settings):
        raise SessionChanged(sent)


async def _act(_session: Annotated[None, Depends(_same_session)], _: ReaderDep, sent: SentDep) -> Sent:
    return sent


ActDep = Annotated[Sent, Depends(_act)]
"""A form of somebody who has signed in. Raises SessionChanged, SignInFirst or Refused."""
