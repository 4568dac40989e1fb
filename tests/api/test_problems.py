from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.refusals import run_frozen
from golive.words import say
from tests.api.client import RELEASE, Client, problem

USER: dict[str, Any] = {"name": "ann", "roles": ["assignee"], "functions": ["qa"]}
START: dict[str, Any] = {"template": "saas-standard", "release": RELEASE}
JSON = {"Content-Type": "application/json"}


async def test_a_body_that_is_not_json_is_named_with_its_place(admin: Client) -> None:
    answer = await admin.ask("POST", "/users", content=b'{"name": nope}', headers=JSON)
    told = problem(answer, 400, "malformed")
    assert "9" in told["detail"]


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"name": "\xff"}', b'{"a": ' + b"9" * 10_000 + b"}"])
async def test_a_body_that_breaks_parsers_is_refused(admin: Client, body: bytes) -> None:
    answer = await admin.ask("POST", "/users", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_not_declared_as_json_is_refused(admin: Client) -> None:
    answer = await admin.ask("POST", "/users", content=b"name=ann", headers={"Content-Type": "text/plain"})
    problem(answer, 415, "wrong_media_type")


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        ("/users", {**USER, "rolez": []}, "rolez", "did you mean “roles”"),
        ("/users", {"name": "ann"}, "roles", "missing"),
        ("/users", {**USER, "name": 7}, "name", "must be text"),
        ("/users", {**USER, "name": "../etc"}, "name", "letters, digits"),
        ("/users", {**USER, "roles": ["boss"]}, "roles[0]", "one of"),
        ("/users", {**USER, "roles": "admin"}, "roles", "list"),
        ("/users", [], "body", "object"),
        ("/runs", {**START, "release": {**RELEASE, "servise": "x"}}, "release.servise", "“service”"),
        ("/runs", {**START, "release": {**RELEASE, "artifacts": []}}, "release.artifacts", "at least one"),
        (
            "/runs",
            {**START, "release": {**RELEASE, "artifacts": [{"name": "a", "digest": "md5:1"}]}},
            "release.artifacts[0].digest",
            "sha256",
        ),
        ("/runs", {**START, "go_live_at": "tomorrow"}, "go_live_at", "RFC 3339"),
        ("/runs", {**START, "go_live_at": "2026-11-22T10:00:00"}, "go_live_at", "time zone"),
        ("/runs", {**START, "title": "x" * 201}, "title", "at most 200"),
        ("/runs", {**START, "title": "nul\0"}, "title", "NUL"),
    ],
)
async def test_a_wrong_field_is_named_in_a_sentence(
    admin: Client, path: str, body: Any, field: str, words: str
) -> None:
    told = problem(await admin.post(path, body), 422, "invalid")
    assert told["field"] == field
    assert words in told["detail"]


async def test_half_a_surrogate_pair_is_refused(admin: Client) -> None:
    body = b'{"name": "ann", "roles": ["assignee"], "email": "a\\ud800@b"}'
    problem(await admin.ask("POST", "/users", content=body, headers=JSON), 422, "invalid")


async def test_an_unknown_filter_is_refused_with_the_nearest_one(admin: Client) -> None:
    told = problem(await admin.ask("GET", "/runs?stat=held"), 422, "invalid")
    assert "“state”" in told["detail"]


async def test_a_wrong_cursor_is_refused(admin: Client) -> None:
    problem(await admin.ask("GET", "/runs?cursor=nonsense"), 422, "bad_cursor")


async def test_an_unknown_address_and_an_unknown_method_are_problems(admin: Client) -> None:
    problem(await admin.ask("GET", "/nothing"), 404, "no_such_address")
    answer = await admin.ask("PUT", "/users")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST, GET"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/users/ann", {"GET", "PATCH"}),
        ("PATCH", "/users/me", {"GET"}),
        ("OPTIONS", "/runs/r1/comments", {"GET", "POST"}),
    ],
)
async def test_what_is_possible_at_an_address_is_told_in_full(
    admin: Client, method: str, path: str, allowed: set[str]
) -> None:
    answer = await admin.ask(method, path)
    if path != "/users/me":  # it is an address like /users/ann to PATCH, of a user that nobody is
        problem(answer, 405, "method_not_allowed")
    else:
        answer = await admin.ask("PUT", path)
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/runs/none", "unknown_run"),
        ("/runs/none/events", "unknown_run"),
        ("/runs/none/stream", "unknown_run"),
        ("/runs/none/report", "unknown_run"),
        ("/tasks/none", "unknown_task"),
        ("/approvals/none", "unknown_approval"),
        ("/attachments/none", "unknown_attachment"),
        ("/users/none", "unknown_user"),
        ("/templates/none/versions/1", "unknown_template"),
    ],
)
async def test_what_does_not_exist_is_not_found(admin: Client, path: str, code: str) -> None:
    problem(await admin.ask("GET", path), 404, code)


async def test_problems_are_told_in_the_language_of_the_person(admin: Client) -> None:
    told = await admin.ask("GET", "/runs/none", headers={"Accept-Language": "zh-CN, en;q=0.5"})
    assert told.headers["content-language"] == "zh"
    li = await admin.joined("li", "viewer", locale="zh")
    told = await li.ask("GET", "/runs/none", headers={"Accept-Language": "en"})
    assert told.headers["content-language"] == "zh"


async def test_a_body_of_50_mb_is_refused_before_it_is_read(admin: Client) -> None:
    answer = await admin.ask("POST", "/users", content=b" " * 50_000_000, headers=JSON)
    told = problem(answer, 413, "too_large")
    assert told["limit_bytes"] == 384 * 1024


async def test_a_body_without_a_declared_length_is_refused_while_it_comes_in(admin: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    problem(await admin.ask("POST", "/users", content=endless(), headers=JSON), 413, "too_large")


async def test_wrong_input_changes_nothing(admin: Client) -> None:
    before = (await admin.get("/users"))["items"], (await admin.get("/runs"))["items"]
    await admin.post("/users", {**USER, "rolez": []})
    await admin.post("/users", {**USER, "roles": ["boss"]})
    await admin.post("/runs", START)
    assert ((await admin.get("/users"))["items"], (await admin.get("/runs"))["items"]) == before


async def test_a_long_key_and_an_unprintable_key_are_refused(admin: Client) -> None:
    problem(await admin.post("/users", USER, key="k" * 201), 422, "invalid")
    problem(await admin.post("/users", USER, key=" "), 422, "idempotency_key_invalid")


async def test_the_answer_to_an_unexpected_error_tells_nothing_of_it(admin: Client) -> None:
    @admin.app.get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError("secret detail")

    answer = await admin.ask("GET", "/broken")
    problem(answer, 500, "unexpected")
    assert "secret" not in answer.text


async def test_with_the_engine_away_an_act_gets_503_in_time_and_says_that_it_is_safe_to_repeat(
    admin: Client,
) -> None:
    people = {}
    for function in ("product", "dev", "qa", "ops", "business", "security", "release", "support", "dba"):
        for n in (1, 2, 3, 4):
            await admin.joined(f"{function}{n}", "assignee", "approver", functions=(function,))
        people[function] = [f"{function}{n}" for n in (1, 2, 3, 4)]
    manager = await admin.joined("rm", "release_manager")
    began = time.monotonic()
    answer = await manager.post("/runs", {**START, "people": people, "parameters": {"pace": "demo"}}, key="k")
    assert time.monotonic() - began < 8
    told = problem(answer, 503, "engine_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert told["outcome"] == "unknown"
    assert "same Idempotency-Key" in told["detail"]
    assert (await admin.get("/runs"))["items"] == []


async def test_everything_that_is_wrong_is_told_once_where_the_sender_wrote_it(admin: Client) -> None:
    body = {**USER, "name": "../etc", "roles": ["emperor"], "email": "x"}
    told = problem(await admin.post("/users", body), 422, "invalid")
    assert told["fields"] == ["name", "roles[0]", "email"]
    assert told["errors"][0]["message"] == told["detail"]
    assert [error["code"] for error in told["errors"]] == ["invalid"] * 3

    union = problem(await admin.post("/runs", {**START, "parameters": {"a": [1], "b": None}}), 422, "invalid")
    assert union["fields"] == ["parameters.a", "parameters.b"]
    piece = {"remark": "x", "evidence": [{"type": "link", "url": "ftp://x"}]}
    link = problem(await admin.post("/tasks/r1.uat.t/complete", piece, key="k"), 422, "invalid")
    assert (link["field"], "http://" in link["detail"]) == ("evidence[0].url", True)


async def test_a_thousand_mistakes_are_answered_shortly(admin: Client) -> None:
    people = {f"f{n}": ["!"] * 200 for n in range(100)}
    answer = await admin.post("/runs", {**START, "people": people})
    told = problem(answer, 422, "invalid")
    assert len(told["errors"]) == len(told["fields"]) == 20
    assert len(answer.content) < 10_000


def test_the_answer_about_a_frozen_run_keeps_what_its_sentence_names() -> None:
    assert str(run_frozen(say("Only {who} knows.", who="ann")).sentence) == "Only ann knows."
