"""A refusal stands at its field, too: the field is described by the sentence, and the alert leads to the field."""

from __future__ import annotations

import pytest

from tests.api.client import Client
from tests.api.team import Team
from tests.pages.approvals import Asked, asked
from tests.pages.people import invited
from tests.pages.reader import Reader, Shown, reading
from tests.pages.working import FILES, WHOLE, Pages, pages

__all__ = ["pages"]


@pytest.fixture
async def go(team: Team) -> Asked:
    """A run whose sign-off is asked for."""
    return await asked(team)


def at_fault(shown: Shown, path: str, name: str) -> str:
    """Return what is said of the wrong field, after a look whether each part refers to the other."""
    field = shown.form(path).select_one(f'[aria-invalid][name="{name}"], fieldset[aria-invalid][id="{name}"]')
    assert field is not None, shown.text
    links = shown.html.select('[role="alert"] a')
    assert f"#{field['id']}" in [link["href"] for link in links]
    described = str(field["aria-describedby"]).split()
    (told,) = [
        one for one in (shown.html.find(id=id_) for id_ in described) if one and one["class"] == ["wrong"]
    ]
    assert [tag["id"] for tag in shown.html.select("[id]")].count(field["id"]) == 1
    assert told.get_text() in [link.get_text() for link in links]
    assert told.get_text() in shown.alert
    return str(told.get_text())


async def test_signing_in(stranger: Reader) -> None:
    shown = await stranger.act("/sign-in", "/sign-in", name="ann", password="not this one")
    assert "Nobody signs in" in at_fault(shown, "/sign-in", "password")
    shown = await stranger.act("/sign-in", "/sign-in/token", token="golive_nobody")
    assert "Nobody signs in with this" in at_fault(shown, "/sign-in/token", "token")


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("password", ("short", "short"), "characters"),
        ("again", ("a long password", "another"), "two different"),
    ],
)
async def test_choosing_a_password(
    stranger: Reader, admin: Client, name: str, typed: tuple[str, str], told: str
) -> None:
    link = await invited(admin)
    shown = await stranger.act(link, link, password=typed[0], again=typed[1])
    assert told in at_fault(shown, link, name)


@pytest.mark.parametrize(
    ("name", "label", "typed"),
    [
        ("name", "What it is for", {"name": "x" * 81}),
        ("days", "Days until it ends", {"name": "mine", "days": "999"}),
    ],
)
async def test_what_is_mine(chief: Reader, name: str, label: str, typed: dict[str, str]) -> None:
    shown = await chief.act("/me", "/me/tokens", **typed)
    assert f"“{label}”" in at_fault(shown, "/me/tokens", name)


async def test_an_approval(go: Asked) -> None:
    async with reading(go.team.admin.app, go.team.ops1.token) as reader:
        shown = await reader.act(go.path, f"{go.path}/reject", comment="")
        at_fault(shown, f"{go.path}/reject", "comment")
        shown = await reader.act(go.path, f"{go.path}/return", comment="wrong", task="no.such")
        at_fault(shown, f"{go.path}/return", "task")


@pytest.mark.parametrize(
    ("act", "name", "label", "typed"),
    [
        ("hold", "reason", "Reason", {"reason": " "}),
        ("comments", "text", "What you say", {"text": ""}),
        ("actions", "due_at", "Until", {"text": "Do it", "owner": "qa1", "due_at": "soon"}),
        ("release", "artifacts", "Artifacts", {"artifacts": "a.tar sha256:xyz", "reason": "RC2"}),
        (
            "release",
            "version",
            "Version",
            {"artifacts": f"a.tar sha256:{'a' * 64}", "version": "", "reason": "RC2"},
        ),
    ],
)
async def test_a_run(team: Team, act: str, name: str, label: str, typed: dict[str, str]) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.admin.app, team.manager.token) as reader:
        shown = await reader.act(path, f"{path}/{act}", **typed)
    assert f"“{label}”" in at_fault(shown, f"{path}/{act}", name)


@pytest.mark.parametrize(
    ("act", "name", "typed"),
    [
        ("block", "reason", {"reason": " "}),
        ("comments", "text", {"text": "x" * 4001}),
        ("complete", "task.remark", {"task.remark": "x" * 4001}),
        ("complete", "task.links", {"task.links": "javascript:alert(1)"}),
        ("complete", "task.metric.0.value", {"task.metric.0.value": "much"}),
        ("complete", "item.pays.result", {"item.pays.result": "perhaps"}),
        (
            "complete",
            "item.refunds.remark",
            {"item.refunds.result": "pass", "item.refunds.remark": "x" * 4001},
        ),
    ],
)
async def test_a_task(pages: Pages, act: str, name: str, typed: dict[str, str]) -> None:
    path = f"{pages.task()}/{act}"
    at_fault(await pages.qa1.act(pages.task(), path, **typed), path, name)


MISSING: dict[str, tuple[dict[str, str | None], str]] = {
    "item.pays.result": (
        {"item.pays.result": None, "item.pays.links": "", "item.pays.remark": ""},
        "has no result",
    ),
    "item.pays.links": ({"item.pays.links": ""}, "1 × link"),
    "item.refunds.remark": ({"item.refunds.remark": " "}, "Say in a remark why"),
    "task.remark": ({"task.remark": ""}, "1 × remark"),
    "task.links": ({"task.links": "https://ci.example.com/1"}, "1 × link"),
    "task.metric.0.value": ({"task.metric.0.value": ""}, "1 × metric coverage"),
    "task.signature": ({"task.signature": None}, "1 × signature"),
    "task.files": ({}, "1 × file, 1 × test_result"),
}
"""For each field what is left out of a whole completion, and what the rules say then."""


async def test_what_the_rules_miss_in_a_completion(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    for name, (without, told) in MISSING.items():
        files = FILES if without else None
        typed = {**WHOLE, **without}
        shown = await pages.qa1.send(await pages.qa1.look(pages.task()), path, files, **typed)
        assert told in at_fault(shown, path, name)
        assert len(shown.html.select("[aria-invalid]")) == 1, name
    nothing = dict.fromkeys(WHOLE) | {"item.pays.result": "pass"}
    shown = await pages.qa1.act(pages.task(), path, **nothing)
    wrong = {str(field["id"]) for field in shown.html.select("[aria-invalid]")}
    assert wrong == set(MISSING) - {"item.pays.result", "item.refunds.remark"}


async def test_a_reason_and_a_verification(pages: Pages) -> None:
    path = pages.task()
    shown = await pages.rm.act(path, f"{path}/not-applicable", reason=" ")
    at_fault(shown, f"{path}/not-applicable", "reason")
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    shown = await pages.qa2.act(path, f"{path}/verify", result="fail", remark=" ")
    assert "what is wrong" in at_fault(shown, f"{path}/verify", "remark")
