"""How routes say in the OpenAPI document which problems they answer with."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from api.problems import MEDIA

_MEANINGS: dict[int, str] = {
    400: "The body cannot be read (`malformed`).",
    401: "No valid token (`unauthenticated`).",
    403: "Not permitted: `role_missing`, `user_disabled`, or what the rules refuse to this person.",
    404: "No such thing: `unknown_run`, `unknown_task`, `unknown_approval`, `unknown_user`, ...",
    409: "The present state does not allow it; the sentence says what would. An ended run: `run_ended`.",
    413: "The body is too large (`too_large`). Nothing was kept.",
    415: "Not the kind of body that the route takes (`wrong_media_type`).",
    422: "Not accepted as written (`invalid`, `idempotency_key_reused`, ...); the sentence names the field.",
    500: "A fault of golive (`unexpected`).",
    503: "`engine_unavailable`: the outcome is unknown; `busy`: not sent; `database_unavailable`. "
    "Sending again with the same Idempotency-Key is safe.",
}

Responses = dict[int | str, dict[str, Any]]
READING = (401, 403, 404, 422, 500, 503)
CHANGING = (400, 401, 403, 404, 409, 413, 415, 422, 500, 503)


def problems(statuses: Iterable[int] = READING, **more: str) -> Responses:
    """Return the `responses` of a route. `more` adds codes to a status, as `_409="stale_subject: ..."`."""
    return {status: _problem(status, more.get(f"_{status}", "")) for status in statuses}


def _problem(status: int, more: str) -> dict[str, Any]:
    description = f"{_MEANINGS[status]} {more}".strip()
    answer: dict[str, Any] = {
        "description": description,
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def permission(*roles: str) -> str:
    """Return the line of a route's description that says who may."""
    return (
        f"\n\nPermission: {' or '.join(f'`{role}`' for role in roles)}."
        if roles
        else "\n\nPermission: any user."
    )
