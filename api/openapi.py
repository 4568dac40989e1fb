"""The OpenAPI document: FastAPI's, with the one kind of problem, with examples and with links."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.described import problem_examples
from api.examples import Examples
from api.links import link
from api.problems import Problem
from api.schemas.shown import Listed
from api.served import SERVED
from api.watched import PREFIX

_ABOUT = """
Every error is answered with a problem document (RFC 9457): a stable `code` and one sentence in your language
(your own setting, else `Accept-Language`; English and Simplified Chinese).

Send an `Idempotency-Key` with every POST and, after a broken connection or a 503, send the same again: it is
done once and gets one answer. Lists are `{items, next_cursor}`; times are RFC 3339 in UTC; ids are opaque.
"""
_JSON = "application/json"
_METHODS = ("get", "post", "patch", "put", "delete")
_UNSAID = "Successful Response"
"""FastAPI's description of an answer that nobody has described."""
_PAGE = str(Listed.__doc__)
"""A generic model's schema has no description of its own."""
_REPLAYED = {
    "description": "`true` when this is the answer of an earlier attempt under the same key.",
    "schema": {"const": "true"},
}


def describe(app: FastAPI) -> None:
    """Have `app` serve a document that is complete."""
    app.openapi = partial(_document, app.title, app.version, app.summary)  # type: ignore[method-assign]


@cache
def _document(title: str, version: str, summary: str | None) -> dict[str, Any]:
    document = get_openapi(
        title=title, version=version, summary=summary, description=_ABOUT, routes=SERVED.routes
    )
    document["components"]["examples"] = problem_examples()
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    operations = dict(_operations(document))
    for operation in operations.values():
        _without_unsaid(operation)
        _complete(operation, schemas)
    link(operations)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every operation by its method and its path under the prefix, as `GET /runs`."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield f"{method.upper()} {path.removeprefix(PREFIX)}", methods[method]


def _without_unsaid(operation: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI adds wherever there is a parameter, also where every text is accepted."""
    if _JSON in operation["responses"].get("422", {}).get("content", {}):
        del operation["responses"]["422"]


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give each parameter, body and answer of `operation` its example."""
    examples = Examples(schemas)
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _sendable(parameter["schema"])
        parameter["example"] = examples.of_body(parameter["schema"])
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if body is not None:
        body["example"] = examples.of_body(body["schema"])
    keyed = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    for answer in operation["responses"].values():
        if _JSON in answer.get("content", {}):
            _complete_answer(answer, schemas, examples)
            if keyed:
                answer["headers"] = {"Idempotency-Replayed": _REPLAYED}


def _sendable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter without null, which no address and no header can say."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    return (
        {name: part for name, part in schema.items() if name != "anyOf"} | options[0] if options else schema
    )


def _complete_answer(answer: dict[str, Any], schemas: dict[str, Any], examples: Examples) -> None:
    content = answer["content"][_JSON]
    content["example"] = examples.of_answer(content["schema"])
    if answer["description"] == _UNSAID:
        schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        answer["description"] = " ".join(schema.get("description", _PAGE).split())
