"""The OpenAPI document: FastAPI's, with the one kind of problem that every route answers with."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import Problem

_ABOUT = """
Every error is answered with a problem document (RFC 9457): a stable `code` and one sentence in your language
(your own setting, else `Accept-Language`; English and Simplified Chinese).

Send an `Idempotency-Key` with every POST and, after a broken connection or a 503, send the same again: it is
done once and gets one answer. Lists are `{items, next_cursor}`; times are RFC 3339 in UTC; ids are opaque.
"""


def describe(app: FastAPI) -> None:
    """Have `app` serve a document that holds the schema of problems."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=_ABOUT, routes=app.routes
    )
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    return document
