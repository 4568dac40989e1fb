"""Every error leaves as one kind of document: RFC 9457 `application/problem+json`. Mapped here, once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.invalid import refusal_of
from api.language import language_of, tell, translator, whole
from api.refusals import (
    Away,
    Malformed,
    Throttled,
    TooLarge,
    Unauthenticated,
    body_too_large,
    database_unavailable,
)
from api.watched import PREFIX, REQUEST_ID
from db.refusals import write_refusal
from db.session import Database
from golive.commands import Actor
from golive.errors import GoliveError, NotFound, Refused
from golive.problems import InvalidSource
from golive.words import N_, Language, Sentence
from observing.facts import known, note, work

log = logging.getLogger("golive.api")

MEDIA = "application/problem+json"
DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
"""What SQLAlchemy raises when the database cannot be reached or stays locked."""

TITLES: dict[int, str] = {
    400: N_("The request cannot be read"),
    401: N_("Sign in first"),
    403: N_("Not permitted"),
    404: N_("Not found"),
    405: N_("No such act here"),
    409: N_("Not possible now"),
    413: N_("Too large"),
    415: N_("Wrong kind of body"),
    421: N_("Another address"),
    422: N_("Not accepted as written"),
    429: N_("Wait a little"),
    500: N_("golive failed"),
    503: N_("Not available now"),
}


class Fault(BaseModel):
    """One of several things that are wrong with the same request."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "template_invalid",
                "file": "template.yaml",
                "line": 12,
                "path": "stages[0].tasks[1].due",
                "message": "must be a length of time such as 30s, 15m, 4h or 2d, not 3",
            }
        },
    )

    code: str = Field(
        description="Stable name of what is wrong, for programs; it may differ from fault to fault."
    )
    message: str = Field(description="What is wrong, in the reader's language.")
    file: str | None = Field(default=None, description="The file, of a template or a checklist.")
    line: int | None = Field(default=None, description="The line in it, counted from 1.")
    path: str | None = Field(default=None, description="The place in it, such as `stages[2].title`.")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 says it. Some codes add members, such as `changed` or `missing`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:golive:problem:role_missing",
                "title": "Not permitted",
                "status": 403,
                "code": "role_missing",
                "detail": "This needs the role release_manager; ann has assignee. An administrator can grant it.",
            }
        },
    )

    type: str = Field(description="A URI that names the kind of problem; it holds the code.")
    title: str = Field(description="The kind of problem in the reader's language.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="Stable name of the kind of problem, for programs.")
    detail: str = Field(
        description="One sentence in the reader's language: what was wrong, where, what to do."
    )
    request_id: str | None = Field(
        default=None,
        description="The X-Request-Id of the answer, by which the log tells more. Not in an answer that was kept.",
    )
    errors: list[Fault] | None = Field(
        default=None,
        description="All that is wrong, where several things are; `code` and `detail` tell the first of them.",
    )


def document(
    error: GoliveError, language: Language, worded: Callable[[Sentence], Sentence] = lambda sentence: sentence
) -> dict[str, Any]:
    """Return the problem document of `error` for a reader of `language`; `worded` says its sentences otherwise."""
    note(code=error.code)
    title = translator(language)(TITLES.get(error.status, TITLES[500]))
    facts, detail = error.facts, whole(worded(error.sentence), language)
    if error.also:
        told = [whole(worded(sentence), language) for sentence in (error.sentence, *error.also)]
        facts = {**facts, "errors": [{"code": error.code, "message": message} for message in told]}
    if isinstance(error, InvalidSource):
        facts, detail = _in_source(error, language)
    return {**facts, **_problem(error.status, error.code, title, detail)}


def problem_of(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the problem document that says `detail` to a reader of English."""
    return _problem(status, code, TITLES[status], detail)


def _problem(status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    kind = f"urn:golive:problem:{code}"
    return Problem(type=kind, title=title, status=status, code=code, detail=detail).model_dump(
        exclude_none=True
    )


def _in_source(error: InvalidSource, language: Language) -> tuple[dict[str, Any], str]:
    """Return the problems of a template in the reader's language, and the sentence that names the first."""
    told = [(p, tell(p.sentence, language)) for p in error.problems]
    errors = [each.error(words) for each, words in told]
    first, words = told[0]
    where = f"{first.file}:{first.line}: " + (f"{first.path}: " if first.path else "")
    args = {**error.sentence.args, "problem": where + words}
    return {**error.facts, "errors": errors}, tell(Sentence(msgid=error.sentence.msgid, args=args), language)


Told = Callable[[Request, GoliveError], Response | None]
"""How errors of some requests are told in another form: None for those that get a problem document."""


def respond(request: Request, error: GoliveError) -> Response:
    """Return the answer that carries `error`: a page for a person with a browser, else a problem document."""
    tell_as_page: Told | None = getattr(request.app.state, "told", None)
    shown = tell_as_page(request, error) if tell_as_page else None
    return shown or answer(error, language_of(request))


def answer(error: GoliveError, language: Language) -> Response:
    """Return the HTTP answer that carries `error`."""
    headers: dict[str, str] = {"Content-Language": language}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="golive"'
    if isinstance(error, Away | Throttled):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, TooLarge):
        headers["Connection"] = "close"
    told = document(error, language)
    if request_id := known().get("request_id"):
        told["request_id"] = request_id
    return JSONResponse(told, error.status, headers=headers, media_type=MEDIA)


async def _golive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GoliveError)  # noqa: S101 - for the type checker, as below
    if isinstance(error, Refused):
        await written_down(request, error)
    return respond(request, error)


async def written_down(request: Request, refused: Refused) -> None:
    """Write a refused attempt to the audit log. That it cannot be written does not change the answer."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None:
        return
    database: Database = request.app.state.house.database
    path = request.url.path
    try:
        await write_refusal(database, actor, request.method, path, code=refused.code)
    except (OperationalError, NoConnection) as away:
        log.warning("cannot write down that %s was refused %s %s: %s", actor.name, request.method, path, away)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    media = request.headers.get("content-type", "")
    return respond(request, refusal_of(list(error.errors()), error.body, media))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    told = respond(request, _from_status(request, error))
    told.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (methods := _methods(request)):
        told.headers["Allow"] = ", ".join(methods)
    return told


def _methods(request: Request) -> list[str]:
    """Return what can be done at the address of `request`; the router itself names the methods of one route only."""
    route = request.scope.get("route")
    here = request.app.openapi()["paths"].get(f"{PREFIX}{route.path}", {}) if route else {}
    return [method.upper() for method in here]


def _from_status(request: Request, error: HTTPException) -> GoliveError:
    where = f"{request.method} {request.url.path}"
    match error.status_code:
        case 404:
            return NotFound("no_such_address", N_("There is nothing at {where}."), where=where)
        case 405:
            kind = type("WrongMethod", (GoliveError,), {"status": 405})
            wrong: GoliveError = kind(
                "method_not_allowed", N_("{where} is not something golive does."), where=where
            )
            return wrong
        case 413:
            return body_too_large(getattr(error, "most", 1024 * 1024))
        case _:
            return Malformed(
                "malformed", N_("The body of {where} cannot be read as JSON in UTF-8."), where=where
            )


async def _database(request: Request, error: Exception) -> Response:
    log.error("database: %s %s: %s", request.method, request.url.path, error)
    return respond(request, database_unavailable())


async def _unexpected(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw. The server logs the traceback; the answer tells nothing of it.

    What has watched the request is left by now, so its id is taken from there.
    """
    with work(request_id=request.state.request_id):
        log.error("unexpected: %s %s", request.method, request.url.path, exc_info=error)
        told = respond(request, unexpected_error())
    told.headers[REQUEST_ID] = request.state.request_id
    return told


def unexpected_error() -> GoliveError:
    """Return the answer to what nobody foresaw."""
    kind = type("Unexpected", (GoliveError,), {"status": HTTPStatus.INTERNAL_SERVER_ERROR.value})
    msgid = N_(
        "golive failed at this; it is a fault of golive and is in its log. "
        "Sending it again with the same Idempotency-Key is safe."
    )
    error: GoliveError = kind("unexpected", msgid)
    return error


def install(app: FastAPI) -> None:
    """Map every error of `app` to its problem."""
    app.add_exception_handler(GoliveError, _golive_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for away in DATABASE_AWAY:
        app.add_exception_handler(away, _database)
    app.add_exception_handler(DBAPIError, _unexpected)
    app.add_exception_handler(Exception, _unexpected)
