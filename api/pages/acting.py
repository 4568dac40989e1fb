"""How a form acts: through the function of the API's route, and what the person is shown then.

Done: the page again, by another address, so that reloading it repeats nothing. Refused: the form as it was typed, with
the reason. Unknown: a page that asks again under the same key until there is an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from itertools import zip_longest
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from api.attempts import PASSWORD, Attempt, attempt_of
from api.invalid import refusal_of
from api.pages.forgery import FIELD
from api.pages.forms import act_of, release_of, run_of
from api.pages.rendering import page
from api.pages.visiting import Sent, Visit
from api.pages.wording import called, problem_of
from api.problems import DATABASE_AWAY, written_down
from api.refusals import database_unavailable
from golive.errors import GoliveError, Refused

KEY = "key"
"""The form field that holds the Idempotency-Key, drawn anew for each form that is shown."""
G = TypeVar("G", bound=BaseModel)
Act = Callable[[Attempt], Awaitable[Response]]


@dataclass(frozen=True)
class Tried:
    """A form that was refused: where it was sent, what was typed, and the problem document that says why."""

    path: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problem: Mapping[str, Any] = field(default_factory=dict)

    def value(self, path: str, name: str, default: str = "") -> str:
        """Return what was typed into a field of the form of `path`."""
        return self.values.get(name, default) if self.path == path else default

    def refused(self, path: str) -> Mapping[str, Any] | None:
        """Return the problem when it was the form of `path` that was refused."""
        return {**self.problem, "errors": self._faults} if self.path == path and self.problem else None

    def wrong(self, path: str, name: str, id: str = "", label: str = "") -> str:
        """Return what is wrong with a field, empty for nothing.

        The problem then leads to the element of `id`, and calls the field by its `label`.
        """
        found = [fault for fault in self._faults if self.path == path and name in fault["names"]]
        for fault in found:
            fault.setdefault("id", id)
            fault["message"] = called(str(fault["message"]), label or name, name)
        return " ".join(str(fault["message"]) for fault in found)

    @cached_property
    def _faults(self) -> list[dict[str, Any]]:
        """Each sentence of the problem with the `names` of the fields that it is about."""
        if not self.problem:
            return []
        told = list(self.problem.get("errors") or [{"message": self.problem["detail"]}])
        fields = list(self.problem.get("fields") or [self.problem.get("field")])[: len(told)]
        names = ([name] if isinstance(name, str) else name or () for name in fields)
        return [{"names": its or (), **each} for each, its in zip_longest(told, names)]


NOT_TRIED = Tried()


def at_fields(tried: Tried, **fields: str) -> Tried:
    """Return what was tried with its problem at the field at fault, by the code of a refusal that names none."""
    problem = dict(tried.problem)
    problem.setdefault("field", fields.get(problem["code"]))
    return replace(tried, problem=problem)


Again = Callable[[Tried], Awaitable[Response]]


def given(model: type[G], values: Mapping[str, Any]) -> G:
    """Return the body that a form gives. Raises Invalid, naming each field that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in wrong.errors()]
        raise refusal_of(errors, dict(values), "application/json") from wrong


def password_of(sent: Sent) -> dict[str, str | None]:
    """Return the field of a body by which who sends a form proves again who they are: None when none was typed."""
    return {PASSWORD: sent.text(PASSWORD) or None}


def typed(sent: Sent) -> dict[str, str]:
    """Return what was typed, without what golive put into the form itself, and without a password: it is typed anew."""
    own = (KEY, FIELD, PASSWORD)
    return {name: value for name, value in sent.form.items() if isinstance(value, str) and name not in own}


async def acted(
    sent: Sent, body: Callable[[], BaseModel | None], do: Act, *, back: str, again: Again
) -> Response:
    """Let the form act once, and return the page `back`, the form `again` with its refusal, or the waiting page."""
    path = sent.visit.request.url.path
    status, answer = await _attempted(sent, body, do)
    if status < HTTPStatus.BAD_REQUEST:
        return done(back, answer.get("seq"))
    tried = Tried(path, typed(sent), answer)
    return await waiting(sent, tried, back) if answer.get("retry_with_same_key") else await again(tried)


async def waiting(sent: Sent, tried: Tried, back: str) -> Response:
    """Return the page that names the act and keeps what was sent: under its key it is asked again until it is known."""
    fields = [(name, value) for name, value in sent.form.multi_items() if isinstance(value, str)]
    kept = [(name, value) for name, value in fields if name not in (FIELD, PASSWORD)]
    return page(
        sent.visit,
        "pending.html",
        status=tried.problem["status"],
        act=act_of(tried.path),
        run=await run_of(sent.visit, tried.path),
        release=release_of(sent),
        path=tried.path,
        fields=kept,
        tried=tried,
        back=back,
    )


async def _attempted(sent: Sent, body: Callable[[], BaseModel | None], do: Act) -> tuple[int, dict[str, Any]]:
    """Act, and return the status and body that the API answers with."""
    visit = sent.visit
    try:
        attempt = attempt_of(visit.request, visit.actor, sent.text(KEY) or None, _digest(body()))
        response = await do(replace(attempt, session_id=visit.session_id, zone=visit.zone))
    except GoliveError as refused:
        if isinstance(refused, Refused):
            await written_down(visit.request, refused)
        return refused.status, problem_of(visit, refused)
    except DATABASE_AWAY:
        away = database_unavailable()
        return away.status, problem_of(visit, away)
    return response.status_code, json.loads(bytes(response.body))


def _digest(body: BaseModel | None) -> str:
    return hashlib.sha256((body.model_dump_json() if body else "").encode()).hexdigest()


def done(back: str, seq: int | None = None) -> Response:
    """Return the way to the page `back`, which says under which number the act was recorded."""
    told = f"{'&' if '?' in back else '?'}recorded={seq}" if seq else ""
    return RedirectResponse(back + told, HTTPStatus.SEE_OTHER)


def local(address: str) -> str:
    """Return `address` when it is a path of this site, else the first page: nobody is led elsewhere."""
    plain = address.isprintable() and address.startswith("/") and address[1:2] not in ("/", "\\")
    return quote(address, safe="/?&=:.%~+,;@!*'()$-_") if plain else "/"


def refused_page(visit: Visit, error: GoliveError) -> Response:
    """Return the page that tells why something cannot be shown or done."""
    problem = problem_of(visit, error)
    return page(visit, "problem.html", status=error.status, problem=problem)
