"""What a stranger, a broken script or a fuzzer sends: a problem in a sentence, never a fault of golive."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.api.client import RELEASE, Client, problem
from tests.databases import ON_BOTH

pytestmark = ON_BOTH

JSON = {"Content-Type": "application/json"}
START: dict[str, Any] = {"template": "saas-standard", "release": RELEASE}
HALF = "\ud800"
"""Half a character. JSON can say it, UTF-8 cannot."""


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users", {"name": "ann", "roles": [], HALF: 1}),
        ("/runs", {**START, "parameters": {HALF: 1}}),
        ("/runs", {**START, "parameters": {"pace": HALF}}),
        ("/runs", {**START, "parameters": {"pace": float("nan")}}),
        ("/runs", {**START, "parameters": {"pace": 2**70}}),
        ("/runs", {**START, "people": {HALF: []}}),
        ("/runs", {**START, "people": {"qa": ["ann"] * 201}}),
        ("/tasks/none/complete", {"items": {HALF: {"result": "pass"}}}),
    ],
)
async def test_what_utf8_and_json_cannot_say_is_refused(admin: Client, path: str, body: Any) -> None:
    worker = await admin.joined("w", "assignee", "release_manager")
    problem(await worker.ask("POST", path, content=json.dumps(body), headers=JSON), 422, "invalid")


@pytest.mark.parametrize("field", ["service", "version", "environment"])
@pytest.mark.parametrize("written", ["   ", "a\0b", "1\n2", "\x1b[31m", "a\u2028b"])
async def test_a_release_is_named_on_one_line(admin: Client, field: str, written: str) -> None:
    told = problem(
        await admin.post("/runs", {**START, "release": {**RELEASE, field: written}}), 422, "invalid"
    )
    assert told["field"] == f"release.{field}"


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "e" * 61},
        {"external_refs": [{"system": "s" * 61, "id": "1"}]},
    ],
)
async def test_a_name_that_no_plan_takes_is_refused_and_no_fault_of_golive(
    admin: Client, changed: dict[str, Any]
) -> None:
    told = problem(await admin.post("/runs", {**START, "release": {**RELEASE, **changed}}), 422, "invalid")
    assert "60" in told["detail"]


@pytest.mark.parametrize("url", ["https://a b", "https://a\u0085b", "https://a\x7fb", "https://a\x00"])
async def test_an_address_elsewhere_holds_no_blank_and_no_control_character(admin: Client, url: str) -> None:
    refs = [{"system": "jira", "id": "1", "url": url}]
    told = problem(
        await admin.post("/runs", {**START, "release": {**RELEASE, "external_refs": refs}}), 422, "invalid"
    )
    assert told["field"] == "release.external_refs[0].url"


@pytest.mark.parametrize("at", [0, 1795615200, "1795615200", 1.5, True, "-5"])
async def test_a_number_is_no_time(admin: Client, at: Any) -> None:
    told = problem(await admin.post("/runs", {**START, "go_live_at": at}), 422, "invalid")
    assert "RFC 3339" in told["detail"]


async def test_a_number_is_not_taken_for_true_nor_a_text_for_a_number(admin: Client) -> None:
    await admin.joined("ann", "assignee")
    problem(await admin.ask("PATCH", "/users/ann", json={"enabled": 0}), 422, "invalid")
    worker = await admin.joined("w", "assignee")
    metric = {"evidence": [{"type": "metric", "name": "p", "value": "0.9"}]}
    told = problem(await worker.post("/tasks/none/complete", metric), 422, "invalid")
    assert told["field"] == "evidence[0].value"


@pytest.mark.parametrize("field", ["start_at", "go_live_at"])
@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2200-01-01T00:00:00Z"]
)
async def test_a_time_at_the_end_of_the_calendar_starts_no_run_that_cannot_go_on(
    admin: Client, field: str, at: str
) -> None:
    told = problem(await admin.post("/runs", {**START, field: at}), 422, "invalid")
    assert "2199" in told["detail"]


@pytest.mark.parametrize(
    "values",
    [
        ["2026-01-01", "x"],
        ["9999-12-31T23:59:59-14:00", "x"],
        ["2026-01-01T00:00:00+00:00", HALF],
        [10**30, "x"],
    ],
)
async def test_a_forged_cursor_is_refused(admin: Client, values: list[Any]) -> None:
    problem(await admin.ask("GET", "/runs", params={"cursor": cursor(*values)}), 422, "bad_cursor")
    problem(await admin.ask("GET", "/users", params={"cursor": cursor(10**30)}), 422, "bad_cursor")


async def test_a_number_that_no_journal_has_is_refused(admin: Client) -> None:
    problem(await admin.ask("GET", f"/runs/none/events?after={10**30}"), 422, "invalid")


@pytest.mark.parametrize("path", ["/runs/", "/users/?q=a", "/tasks//"])
async def test_an_address_with_a_slash_too_many_leads_nowhere(admin: Client, path: str) -> None:
    problem(await admin.ask("GET", path), 404, "no_such_address")


@pytest.mark.parametrize("name", ["me", "golive", "Golive", "anonymous"])
async def test_nobody_is_called_as_golive_calls_itself(admin: Client, name: str) -> None:
    told = problem(await admin.post("/users", {"name": name, "roles": []}), 422, "invalid")
    assert name in told["detail"]


@pytest.mark.parametrize("path", ["/users/a%00", "/tasks/%00", "/runs/%00/stream", "/waivers/%00"])
async def test_nothing_is_at_an_address_with_nul(admin: Client, path: str) -> None:
    problem(await admin.ask("GET", path), 404, "no_such_address")


@pytest.mark.parametrize("path", ["/users?q=%00", "/runs?service=a%00b", "/waivers?run=%00"])
async def test_nothing_is_asked_for_with_nul(admin: Client, path: str) -> None:
    problem(await admin.ask("GET", path), 422, "invalid")
