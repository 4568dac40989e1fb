"""Templates and checklists that are published together: all of them, or none."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client, problem
from tests.api.test_templates import LIST, SMALL
from tests.templates.library import ROOT

OUTER = """
name: outer
title: Outer
description: Uses another of the bundle.
stages:
  - {id: inner, use: small}
  - {id: last, process: preparation, title: Last, needs: [inner]}
"""


def bundle(*templates: str, checklists: tuple[str, ...] = (LIST,)) -> dict[str, Any]:
    return {
        "templates": [{"source": text, "file": f"t{n}.yaml"} for n, text in enumerate(templates)],
        "checklists": [{"source": text, "file": f"c{n}.yaml"} for n, text in enumerate(checklists)],
    }


async def versions(admin: Client) -> dict[str, int]:
    lists = [(await admin.get("/templates"))["items"], (await admin.get("/checklists"))["items"]]
    return {line["name"]: line["version"] for lines in lists for line in lines}


async def test_what_uses_each_other_is_published_together_in_any_order(admin: Client) -> None:
    answer = await admin.post("/templates/bundle", bundle(OUTER, SMALL))
    assert answer.status_code == 201, answer.text
    items = answer.json()["items"]
    assert [(item["kind"], item["name"], item["version"], item["changed"]) for item in items] == [
        ("checklist", "small-list", 1, True),
        *(("template", name, 1, True) for name in (item["name"] for item in items[1:])),
    ]
    assert {item["name"] for item in items[1:]} == {"outer", "small"}
    again = (await admin.post("/templates/bundle", bundle(OUTER, SMALL))).json()["items"]
    assert {(item["version"], item["changed"]) for item in again} == {(1, False)}
    told = (await admin.get("/audit"))["items"]
    assert sum(entry["action"] in ("TemplatePublished", "ChecklistPublished") for entry in told) == 3


async def test_a_changed_checklist_alone_brings_what_uses_it(admin: Client) -> None:
    await admin.post("/templates/bundle", bundle(OUTER, SMALL))
    changed = LIST.replace("card", "wallet")
    items = (await admin.post("/templates/bundle", bundle(checklists=(changed,)))).json()["items"]
    assert {(item["name"], item["version"]) for item in items} == {
        ("small-list", 2),
        ("outer", 2),
        ("small", 2),
    }


async def test_one_mistake_keeps_everything_back_and_every_mistake_is_named(admin: Client) -> None:
    before = await versions(admin)
    wrong = bundle(
        SMALL.replace("aprovals", "approvals"),
        OUTER.replace("needs: [inner]", "needs: [iner]"),
        SMALL.replace("name: small", "name: third").replace("process: uat", "process: uta"),
        "name: [",
        "",
        checklists=(LIST, LIST.replace("small-list", "other").replace("items", "itms")),
    )
    for path in ("/templates/bundle", "/templates/bundle/validate"):
        told = problem(await admin.post(path, wrong), 422, "template_invalid")
        assert [(error["file"], error["path"]) for error in told["errors"]] == [
            ("c1.yaml", "itms"),
            ("t1.yaml", "stages[1].needs[0]"),
            ("t2.yaml", "stages[0].process"),
            ("t3.yaml", ""),
            ("t4.yaml", ""),
        ]
    assert await versions(admin) == before


async def test_more_mistakes_than_are_told_of_one_text_are_told_of_several(admin: Client) -> None:
    items = "".join(f"  - {{id: i{n}, txt: x}}\n" for n in range(15))
    lists = tuple(f"name: list-{n}\ntitle: L\nitems:\n{items}" for n in range(3))
    told = problem(await admin.post("/templates/bundle", bundle(checklists=lists)), 422, "template_invalid")
    assert len(told["errors"]) == 45


async def test_two_with_one_name_are_refused_and_so_is_what_breaks_a_published_one(admin: Client) -> None:
    await admin.post("/templates/bundle", bundle(OUTER, SMALL))
    told = problem(await admin.post("/templates/bundle", bundle(SMALL, SMALL)), 422, "template_invalid")
    assert told["errors"][0]["message"] == "t0.yaml has the name “small” as well; rename one"
    two = SMALL + "  - {id: more, process: uat, title: More}\n"
    titled = OUTER.replace("use: small", "use: small, title: Inner")
    assert (await admin.post("/templates/bundle", bundle(titled))).status_code == 201
    told = problem(await admin.post("/templates/bundle", bundle(two)), 422, "template_invalid")
    assert [error["file"] for error in told["errors"]] == ["outer.yaml"]
    assert (await versions(admin))["small"] == 1


async def test_the_same_key_publishes_once_and_only_template_admins_publish(admin: Client) -> None:
    first = await admin.post("/templates/bundle", bundle(SMALL), key="k")
    again = await admin.post("/templates/bundle", bundle(SMALL), key="k")
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    problem(
        await admin.post("/templates/bundle", bundle(OUTER, SMALL), key="k"), 422, "idempotency_key_reused"
    )
    ann = await admin.joined("ann", "viewer")
    assert (await ann.post("/templates/bundle/validate", bundle(SMALL))).status_code == 200
    problem(await ann.post("/templates/bundle", bundle(SMALL)), 403, "role_missing")


async def test_all_that_golive_comes_with_fits_into_one_bundle_and_four_mebibytes_are_the_most(
    admin: Client,
) -> None:
    def texts(folder: str) -> tuple[str, ...]:
        files = sorted((ROOT / folder).glob("*.yaml"))
        return tuple(f.read_text(encoding="utf-8") for f in files if not f.name.endswith(".test.yaml"))

    whole = bundle(*texts("templates/processes"), checklists=texts("checklists"))
    answer = await admin.post("/templates/bundle", whole)
    assert answer.status_code == 201, answer.text
    assert not any(item["changed"] for item in answer.json()["items"])
    large = bundle(*["x" * 250_000] * 18)
    problem(await admin.post("/templates/bundle", large), 413, "too_large")


async def test_a_single_text_says_as_well_whether_it_changed(admin: Client) -> None:
    assert (await admin.post("/checklists", {"source": LIST})).json()["changed"] is True
    assert (await admin.post("/checklists", {"source": LIST})).json()["changed"] is False
    first = (await admin.post("/templates", {"source": SMALL})).json()
    assert (first["kind"], first["changed"]) == ("template", True)
    assert (await admin.post("/templates", {"source": SMALL})).json()["changed"] is False
