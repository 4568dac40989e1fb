"""The OpenAPI document shows how each thing looks, and what it shows is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.codes import CODES
from tests.api.client import PROBLEM, Client
from tests.api.test_openapi import operations

ROOT = Path(__file__).parents[2]
STATUS = {
    "Malformed": 400,
    "Unauthenticated": 401,
    "Refused": 403,
    "NotFound": 404,
    "Conflict": 409,
    "TooLarge": 413,
    "WrongMedia": 415,
    "Invalid": 422,
    "invalid": 422,
    "Throttled": 429,
    "Away": 503,
}
"""The errors that a person meets, by what makes them."""
UNLISTED = {
    "404 no_such_address": "there is no operation to list it at",
    "404 unknown_history": "no route gives a history yet",
    "422 attachment_too_large": "the reader of uploads counts first and says `413 too_large`",
}
JSON = "application/json"


@pytest.fixture
async def document(admin: Client) -> dict[str, Any]:
    told: dict[str, Any] = (await admin.http.get("/openapi.json")).json()
    return told


def sources() -> Iterator[ast.AST]:
    """Yield what the API is written in; what only pages say is no part of its document."""
    for folder in ("golive", "api", "db"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file.name != "codes.py" and "pages" not in file.parts:
                yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def raised() -> Iterator[str]:
    """Yield each problem that is made in one call, as `409 run_state`."""
    for node in sources():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATUS:
            match node.args:
                case [ast.Constant(value=str(code)), *_]:
                    yield f"{STATUS[node.func.id]} {code}"


def texts() -> set[str]:
    return {
        node.value for node in sources() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def listed(document: dict[str, Any]) -> set[str]:
    """Return every problem that some operation lists."""
    return {
        f"{status} {code}"
        for _, _, operation in operations(document)
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {}).get(PROBLEM, {}).get("examples", {})
    }


def fits(document: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    """Fail unless `example` is as `schema` says, formats and all."""
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(example)


async def test_every_parameter_and_every_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])
            fits(document, parameter["schema"], parameter["example"])
        for media, body in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in body, (method, path, media)
            fits(document, body["schema"], body["example"])


async def test_every_success_is_described_and_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        made = [answer for status, answer in operation["responses"].items() if status < "300"]
        assert len(made) == 1, (method, path)
        assert made[0]["description"] != "Successful Response", (method, path)
        for media, content in made[0]["content"].items():
            if media == "text/event-stream":  # each event is the JSON of GET /runs/{run_id}/events
                continue
            fits(document, content["schema"], content["example"])


async def test_every_problem_is_described_with_its_codes_and_an_example_of_each(
    document: dict[str, Any],
) -> None:
    kept = document["components"]["examples"]
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if PROBLEM not in answer["content"]:
                continue
            examples = answer["content"][PROBLEM]["examples"]
            assert examples, (method, path, status)
            for code, reference in examples.items():
                assert f"`{code}`" in answer["description"], (method, path, status)
                told = kept[reference["$ref"].rpartition("/")[2]]["value"]
                assert (told["status"], told["code"]) == (int(status), code)
                fits(document, answer["content"][PROBLEM]["schema"], told)


async def test_every_code_that_is_listed_is_raised_and_every_code_that_is_raised_is_listed(
    document: dict[str, Any],
) -> None:
    known = {f"{status} {code}" for status, codes in CODES.items() for code in codes}
    assert listed(document) == known, "what api/codes.py explains is what the routes list"
    assert set(raised()) - known == UNLISTED.keys()
    written = texts()
    assert {code for codes in CODES.values() for code in codes} <= written


def test_every_example_of_a_problem_is_a_sentence_that_golive_says() -> None:
    sayable = [
        re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text)), re.DOTALL)
        for text in texts()
        if len(re.sub(r"\{\w+\}", "", text)) > 8
    ]
    for status, codes in CODES.items():
        for code, detail in codes.items():
            said = re.sub(r"^template\.yaml:\d+: ", "", detail)  # where a fault stands is put before it
            assert any(sentence.fullmatch(said) for sentence in sayable), (status, code)


async def test_every_link_leads_to_an_operation_with_all_that_its_address_needs(
    document: dict[str, Any],
) -> None:
    targets = {operation["operationId"]: path for _, path, operation in operations(document)}
    found = [
        (origin, name, link)
        for _, origin, operation in operations(document)
        for answer in operation["responses"].values()
        for name, link in answer.get("links", {}).items()
    ]
    assert len(found) > 100
    for origin, name, link in found:
        needed = set(re.findall(r"\{(\w+)\}", targets[link["operationId"]]))
        assert needed == link["parameters"].keys(), (origin, name)


@pytest.mark.parametrize(
    ("method", "path", "led"),
    [
        ("POST", "/runs", {"look-at-a-whole-run", "hold-the-run", "complete-a-task", "decide"}),
        ("GET", "/approvals/{approval_id}", {"decide"}),
        ("POST", "/users", {"look-at-a-user", "change-a-user", "revoke-a-token"}),
        ("POST", "/groups", {"look-at-a-group", "change-a-group", "remove-a-group"}),
        ("POST", "/absences", {"change-an-absence", "end-an-absence"}),
        ("POST", "/attachments", {"download-a-file"}),
        ("POST", "/templates", {"read-a-version-of-a-template"}),
        ("GET", "/runs/{run_id}/actions", {"close-an-action"}),
    ],
)
async def test_what_was_made_leads_on(
    document: dict[str, Any], method: str, path: str, led: set[str]
) -> None:
    found = {
        name
        for at, where, operation in operations(document)
        if (at, where) == (method, path)
        for answer in operation["responses"].values()
        for name in answer.get("links", {})
    }
    assert led <= found
