from __future__ import annotations

import pytest

from api.prepare import prepare
from settings import Settings
from tests.api.client import RELEASE, Client, problem
from tests.databases import ON_BOTH

pytestmark = ON_BOTH

SMALL = """
name: small
title: Small
description: One task and one approval.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - {key: test, title: Test it, function: qa, checklist: small-list}
    approvals:
      - {key: go, title: Go, rules: [{function: ops}]}
"""
LIST = "{name: small-list, title: Small list, items: [{id: pays, text: Pays by card}]}"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nname: bomb\n"


async def publish(admin: Client, source: str) -> int:
    await admin.post("/checklists", {"source": LIST})
    answer = await admin.post("/templates", {"source": source})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def test_the_bundled_templates_are_there_and_a_second_start_publishes_nothing(
    admin: Client, settings: Settings
) -> None:
    before = {line["name"]: line["version"] for line in (await admin.get("/templates"))["items"]}
    assert {"saas-standard", "dual-sign-off"} <= before.keys()
    await prepare(settings)
    assert {line["name"]: line["version"] for line in (await admin.get("/templates"))["items"]} == before


async def test_a_template_is_published_once_per_content(admin: Client) -> None:
    assert await publish(admin, SMALL) == 1
    assert await publish(admin, SMALL) == 1
    assert await publish(admin, SMALL.replace("Test it", "Test it well")) == 2
    first = await admin.get("/templates/small/versions/1")
    assert first["source"] == SMALL
    assert first["outline"]["stages"][0]["tasks"] == ["Test it"]
    assert [line["version"] for line in (await admin.get("/templates/small/versions"))["items"]] == [1, 2]


async def test_a_new_checklist_makes_a_new_version_of_what_uses_it(admin: Client) -> None:
    await publish(admin, SMALL)
    answer = await admin.post("/checklists", {"source": LIST.replace("card", "wallet")})
    assert answer.json()["version"] == 2
    versions = (await admin.get("/templates/small/versions"))["items"]
    assert [line["version"] for line in versions] == [1, 2]
    assert versions[0]["hash"] != versions[1]["hash"]


async def test_a_replaced_bundled_template_stays_replaced(admin: Client, settings: Settings) -> None:
    source = (await admin.get("/templates/dual-sign-off/versions/1"))["source"]
    await admin.post("/templates", {"source": source.replace("Dual sign-off", "Our sign-off")})
    await prepare(settings)
    versions = (await admin.get("/templates/dual-sign-off/versions"))["items"]
    assert [line["version"] for line in versions] == [1, 2]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SMALL.replace("approvals:", "aprovals:"), "approvals"),
        (SMALL.replace("small-list", "smal-list"), "small-list"),
        (SMALL + "    - *a\n", "small.yaml:"),
        (BOMB, "anchors"),
        ("x" * 300_000, "262144"),
        ("[" * 5000, ""),
        (SMALL + "name: again\n", ""),
        ("just words", ""),
    ],
)
async def test_a_faulty_template_is_refused_and_nothing_is_published(
    admin: Client, source: str, words: str
) -> None:
    await admin.post("/checklists", {"source": LIST})
    before = (await admin.get("/templates"))["items"]
    for path in ("/templates", "/templates/validate"):
        answer = await admin.post(path, {"source": source, "file": "small.yaml"})
        assert answer.status_code == 422, answer.text
        told = problem(answer, 422, answer.json()["code"])
        assert told["code"] in ("template_invalid", "invalid")
        assert words in told["detail"]
    assert (await admin.get("/templates"))["items"] == before


async def test_every_fault_is_named_with_file_line_and_path_in_the_readers_language(admin: Client) -> None:
    li = await admin.joined("li", "template_admin", locale="zh")
    source = SMALL.replace("approvals:", "aprovals:")
    told = problem(
        await li.post("/templates/validate", {"source": source, "file": "s.yaml"}), 422, "template_invalid"
    )
    assert {"code", "file", "line", "path", "message"} == told["errors"][0].keys()
    assert {error["code"] for error in told["errors"]} == {"template_invalid"}
    assert told["errors"][0]["file"] == "s.yaml"
    assert told["errors"][0]["line"] > 5


async def test_what_nobody_could_sign_is_named_with_file_line_and_path_whoever_asks(admin: Client) -> None:
    await admin.post("/checklists", {"source": LIST})
    await admin.joined("quinn", "assignee", "approver", functions=("qa", "ops"))
    source = SMALL.replace("rules: [{function: ops}]", "rules: [{function: ops}, {function: qa}]")
    given = {"source": source, "file": "s.yaml"}
    for path, body in (
        ("/templates/validate", given),
        ("/templates", given),
        ("/templates/bundle/validate", {"templates": [given]}),
        ("/templates/bundle", {"templates": [given]}),
    ):
        told = problem(await admin.post(path, body), 422, "unsatisfiable_approval")
        assert told["detail"].startswith("s.yaml:14: stages[0].approvals[0]: nobody could sign “Go” (uat.go)")
        (error,) = told["errors"]
        assert error["code"] == "unsatisfiable_approval"
        assert (error["file"], error["line"], error["path"]) == ("s.yaml", 14, "stages[0].approvals[0]")


async def test_who_is_no_template_admin_may_validate_and_not_publish(admin: Client) -> None:
    ann = await admin.joined("ann", "viewer")
    await admin.post("/checklists", {"source": LIST})
    assert (await ann.post("/templates/validate", {"source": SMALL})).status_code == 200
    problem(await ann.post("/templates", {"source": SMALL}), 403, "role_missing")
    problem(await ann.post("/checklists", {"source": LIST}), 403, "role_missing")


async def test_a_preview_shows_the_plan_with_its_dates_and_starts_nothing(admin: Client) -> None:
    await admin.joined("quinn", "assignee", functions=("qa",))
    await admin.joined("otto", "approver", functions=("ops",))
    await admin.joined("works", "assignee", functions=("ops",))
    manager = await admin.joined("rm", "release_manager")
    await publish(admin, SMALL)
    answer = await manager.post("/templates/preview", {"template": "small", "release": RELEASE})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["stages"][0]["stage"] == "uat"
    assert {asked["function"]: asked["people"] for asked in told["asked"]} == {
        "qa": ["quinn"],
        "ops": ["otto"],
    }
    assert (await admin.get("/runs"))["items"] == []


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"template": "smal"}, "unknown_template", "small"),
        ({"parameters": {"pase": "demo"}}, "unknown_parameter", "pace"),
        ({"parameters": {"pace": 7}}, "parameter_invalid", "pace"),
        ({"parameters": {"pace": "fast"}}, "parameter_invalid", "demo"),
        ({"people": {"qa": ["nobody"]}}, "unknown_user", "nobody"),
        ({"people": {"qa": ["otto"]}}, "function_missing", "otto"),
        ({"people": {"qa": ["gone"]}}, "user_disabled", "gone"),
        ({"people": {"qa": ["qm"]}}, "role_missing", "assignee"),
        ({"people": {"ops": []}}, "nobody_for_function", "ops"),
        ({"start_at": "2020-01-01T00:00:00Z"}, "start_time_invalid", "past"),
        ({"release": {**RELEASE, "authors": ["otto"]}}, "unsatisfiable_approval", "otto"),
    ],
)
async def test_a_start_that_cannot_work_is_refused_with_the_reason(
    admin: Client, change: dict[str, object], code: str, words: str
) -> None:
    await admin.joined("quinn", "assignee", functions=("qa",))
    await admin.joined("otto", "approver", functions=("ops",))
    await admin.joined("qm", "approver", functions=("qa",))
    await admin.joined("gone", "assignee", functions=("qa",))
    await admin.ask("PATCH", "/users/gone", json={"enabled": False})
    manager = await admin.joined("rm", "release_manager")
    await publish(admin, SMALL)
    body = {"template": "small", "release": RELEASE, **change}
    for path in ("/runs", "/templates/preview"):
        answer = await manager.post(path, body)
        told = problem(answer, 422, code)
        assert words in told["detail"]
    assert (await admin.get("/runs"))["items"] == []


async def test_functions_that_the_template_does_not_use_are_ignored(admin: Client) -> None:
    await admin.joined("quinn", "assignee", functions=("qa",))
    await admin.joined("otto", "approver", functions=("ops",))
    manager = await admin.joined("rm", "release_manager")
    await publish(admin, SMALL)
    await admin.joined("tina", "assignee", functions=("training",))
    body = {"template": "small", "release": RELEASE, "people": {"training": ["tina"]}}
    assert (await manager.post("/templates/preview", body)).status_code == 200
    misspelt = {**body, "people": {"opps": ["otto"]}}
    problem(await manager.post("/templates/preview", misspelt), 422, "function_missing")


async def test_an_author_whom_nobody_knows_is_refused(admin: Client) -> None:
    await admin.joined("quinn", "assignee", functions=("qa",))
    await admin.joined("otto", "approver", functions=("ops",))
    manager = await admin.joined("rm", "release_manager")
    await publish(admin, SMALL)
    body = {"template": "small", "release": {**RELEASE, "authors": ["quinn", "oto"]}}
    told = problem(await manager.post("/runs", body), 422, "unknown_user")
    assert (told["field"], told["user"]) == ("release.authors", "oto")


async def test_who_is_no_release_manager_starts_nothing(admin: Client) -> None:
    ann = await admin.joined("ann", "assignee")
    problem(await ann.post("/runs", {"template": "small", "release": RELEASE}), 403, "role_missing")
