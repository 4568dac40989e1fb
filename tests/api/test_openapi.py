from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from golive.vocabulary import WRITTEN
from tests.api.client import PROBLEM, Client

CONTRACT = """
POST /runs · GET /runs · GET /runs/{} · POST /runs/{}/release · POST /runs/{}/hold · POST /runs/{}/resume
POST /runs/{}/abort · POST /runs/{}/rollback · POST /runs/{}/rollout/promote · POST /runs/{}/rollout/promote-full
POST /runs/{}/rollout/retry · GET /runs/{}/events · GET /runs/{}/stream · POST /runs/{}/comments
POST /runs/{}/lessons · POST /runs/{}/actions · POST /runs/{}/actions/{}/close · GET /runs/{}/report
GET /tasks · GET /tasks/{} · POST /tasks/{}/start · POST /tasks/{}/complete · POST /tasks/{}/verify
POST /tasks/{}/block · POST /tasks/{}/reopen · POST /tasks/{}/reassign · POST /tasks/{}/not-applicable
POST /tasks/{}/comments · GET /approvals · GET /approvals/{} · POST /approvals/{}/decisions
POST /users · GET /users · GET /users/me · PATCH /users/{} · DELETE /tokens/{} · POST /attachments
GET /attachments/{} · GET /templates · GET /templates/{}/versions/{} · POST /templates · POST /templates/validate
POST /templates/preview · POST /templates/bundle · POST /templates/bundle/validate
GET /groups · POST /groups · GET /groups/{} · PATCH /groups/{} · DELETE /groups/{}
GET /services · PUT /services/{} · DELETE /services/{}
GET /absences · POST /absences · PATCH /absences/{} · DELETE /absences/{}
POST /checklists · GET /health · GET /audit · GET /audit/verify
GET /audit/export · GET /audit/key · GET /approvals/{}/receipts/{} · GET /approvals/{}/changes
"""
PURE = {
    "/runs/{run_id}/amend/preview",
    "/templates/bundle/validate",
    "/templates/validate",
    "/templates/preview",
    "/checklists/validate",
}
"""POSTs that change nothing: the same again is the same by itself."""


@pytest.fixture
async def document(admin: Client) -> dict[str, Any]:
    answer = await admin.http.get("/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.removeprefix("/api/v1"), operation


def shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


async def test_every_route_of_the_contract_is_there(document: dict[str, Any]) -> None:
    there = {f"{method} {shape(path)}" for method, path, _ in operations(document)}
    wanted = {line.strip() for line in CONTRACT.replace("\n", " · ").split(" · ") if line.strip()}
    assert wanted <= there


async def test_every_route_says_what_it_does_who_may_and_which_problems_come(
    document: dict[str, Any],
) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert "Permission: " in operation["description"], path
        if path == "/health":
            continue
        assert operation["security"] == [{"HTTPBearer": []}], path
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == [PROBLEM], (method, path, status)
        assert {"401", "403", "500", "503"} <= operation["responses"].keys(), path


async def test_every_post_that_changes_something_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if method == "POST" and path not in PURE:
            headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
            assert "Idempotency-Key" in headers, path


async def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for part in value.values():
                yield from references(part)
        elif isinstance(value, list):
            for part in value:
                yield from references(part)

    there = {
        f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named
    }
    assert set(references(document)) <= there
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_fault_of_a_refused_template_has_its_code(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Problem"]["properties"]["errors"]["anyOf"][0]["items"] == {
        "$ref": "#/components/schemas/Fault"
    }
    assert schemas["Fault"]["required"] == ["code", "message"]
    example = document["components"]["examples"]["422_template_invalid"]["value"]
    (fault,) = example["errors"]
    assert fault["code"] == "template_invalid"
    assert example["detail"] == f"{fault['file']}:{fault['line']}: {fault['message']}"
    assert fault.keys() == schemas["Fault"]["properties"].keys()


async def test_answers_always_hold_every_field_and_bodies_refuse_unknown_ones(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    for name in ("RunShown", "TaskShown", "ApprovalShown", "EventShown", "ReceiptShown", "DecisionReceipt"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name
    for name in ("StartGiven", "ReleaseGiven", "CompleteGiven", "DecideGiven", "UserGiven"):
        assert schemas[name]["additionalProperties"] is False, name


def patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["pattern"]] if isinstance(part.get("pattern"), str) else []
        part = list(part.values())
    for below in part if isinstance(part, list) else []:
        yield from patterns(below)


async def test_every_form_that_a_text_must_have_is_told_in_words(document: dict[str, Any]) -> None:
    found = set(patterns(document))
    assert len(found) > 3
    assert found <= WRITTEN.keys()
