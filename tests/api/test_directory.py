"""Groups, owners of services, managers and absences: who writes them, what is refused, what the journal keeps."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.client import Client, problem
from tests.databases import ON_BOTH

pytestmark = ON_BOTH

BOARD: dict[str, Any] = {"name": "board", "title": "Change board", "members": ["bo", "ann"]}


@pytest.fixture
async def ann(admin: Client) -> Client:
    return await admin.joined("ann", "approver")


@pytest.fixture
async def bo(admin: Client) -> Client:
    return await admin.joined("bo", "assignee")


def after(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def journalled(admin: Client, count: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the last acts on golive's own stream, the newest first."""
    rows = (await admin.get("/audit", stream="golive", outcome="done", limit=count))["items"]
    return [(row["action"], row["object"], row["payload"]) for row in rows]


@pytest.mark.usefixtures("ann", "bo")
async def test_a_group_is_made_once_changed_and_removed(admin: Client) -> None:
    first, again = [await admin.post("/groups", BOARD, key="k") for _ in range(2)]
    assert (first.status_code, first.json(), again.json()) == (201, BOARD, BOARD)
    problem(await admin.post("/groups", BOARD), 409, "group_exists")
    assert await admin.get("/groups/board") == BOARD
    changed = await admin.ask("PATCH", "/groups/board", json={"members": ["ann"], "title": None})
    assert changed.json() == {**BOARD, "members": ["ann"]}
    assert (await admin.post("/groups", {"name": "empty"})).json() == {
        "name": "empty",
        "title": "empty",
        "members": [],
    }
    page = await admin.get("/groups", limit=1)
    rest = await admin.get("/groups", limit=1, cursor=page["next_cursor"])
    assert [group["name"] for group in (*page["items"], *rest["items"])] == ["board", "empty"]
    assert [group["name"] for group in (await admin.get("/groups", member="ann"))["items"]] == ["board"]
    gone = await admin.ask("DELETE", "/groups/board")
    assert gone.json() == {"name": "board", "removed": True}
    for method in ("GET", "DELETE"):
        problem(await admin.ask(method, "/groups/board"), 404, "unknown_group")
    problem(await admin.ask("PATCH", "/groups/board", json={"title": "Gone"}), 404, "unknown_group")
    made = {"title": "Change board", "members": ["bo", "ann"]}
    assert await journalled(admin, 4) == [
        ("GroupRemoved", "group:board", {}),
        ("GroupAdded", "group:empty", {"title": "empty", "members": []}),
        ("GroupChanged", "group:board", {"members": ["ann"]}),
        ("GroupAdded", "group:board", made),
    ]
    assert (await admin.get("/audit/verify"))["ok"] is True


async def test_a_group_may_hold_who_is_disabled_and_nobody_who_is_unknown(
    admin: Client, ann: Client, bo: Client
) -> None:
    del ann, bo
    await admin.ask("PATCH", "/users/bo", json={"enabled": False})
    assert (await admin.post("/groups", BOARD)).status_code == 201
    told = problem(await admin.post("/groups", {"name": "g", "members": ["cy"]}), 422, "unknown_user")
    assert told["detail"] == "“members” names cy, who is not a user of golive."
    problem(await admin.ask("PATCH", "/groups/board", json={"members": ["cy"]}), 422, "unknown_user")
    problem(await admin.post("/groups", {"name": "Not a key"}), 422, "invalid")
    assert [group["members"] for group in (await admin.get("/groups"))["items"]] == [["bo", "ann"]]


@pytest.mark.usefixtures("ann", "bo")
@pytest.mark.parametrize("service", ["checkout", "shop/cart", "结账 API"])
async def test_a_service_goes_by_the_name_that_releases_give_it(admin: Client, service: str) -> None:
    for owners in (["ann"], ["bo", "ann"], ["bo", "ann"]):
        owned = await admin.ask("PUT", f"/services/{service}", json={"owners": owners})
        assert owned.json() == {"service": service, "owners": owners}
    listed = await admin.get("/services")
    assert listed == {"items": [{"service": service, "owners": ["bo", "ann"]}], "next_cursor": None}
    assert await admin.get("/services", owner="bo") == listed
    assert (await admin.get("/services", owner="admin"))["items"] == []
    gone = await admin.ask("DELETE", f"/services/{service}")
    assert gone.json() == {"service": service, "removed": True}
    problem(await admin.ask("DELETE", f"/services/{service}"), 404, "unknown_service")
    assert [action for action, *_ in await journalled(admin, 4)] == ["ServiceDisowned", *["ServiceOwned"] * 3]
    assert (await journalled(admin, 2))[1] == (
        "ServiceOwned",
        f"service:{service}",
        {"owners": ["bo", "ann"]},
    )


@pytest.mark.usefixtures("ann")
async def test_owners_are_users_and_services_named_on_one_line(admin: Client) -> None:
    problem(await admin.ask("PUT", "/services/checkout", json={"owners": ["cy"]}), 422, "unknown_user")
    problem(await admin.ask("PUT", "/services/checkout", json={"owners": []}), 422, "invalid")
    for written in ("%20", "a%0Ab", "x" * 121):
        answer = await admin.ask("PUT", f"/services/{written}", json={"owners": ["ann"]})
        assert problem(answer, 422, "invalid")["field"] == "service"
    assert (await admin.get("/services"))["items"] == []
    problem(await admin.ask("DELETE", "/services/a%0Ab"), 404, "unknown_service")


async def test_only_administrators_write_groups_owners_and_managers(admin: Client, ann: Client) -> None:
    leader = await admin.joined("rm", "release_manager")
    await admin.post("/groups", {"name": "board"})
    for who in (ann, leader):
        for method, path, body in (
            ("POST", "/groups", {"name": "mine"}),
            ("PATCH", "/groups/board", {"members": ["ann"]}),
            ("PUT", "/services/checkout", {"owners": ["ann"]}),
            ("PATCH", "/users/ann", {"manager": "rm"}),
        ):
            problem(await who.ask(method, path, json=body), 403, "role_missing")
        for path in ("/groups/board", "/services/checkout"):
            problem(await who.ask("DELETE", path), 403, "role_missing")
        assert [group["members"] for group in (await who.get("/groups"))["items"]] == [[]]
        assert (await who.get("/services"))["items"] == []


@pytest.mark.usefixtures("bo")
async def test_a_manager_is_another_user_and_everybody_sees_who(admin: Client, ann: Client) -> None:
    assert (await ann.get("/users/me"))["manager"] is None
    assert (await admin.ask("PATCH", "/users/ann", json={"manager": "bo"})).json()["manager"] == "bo"
    assert await journalled(admin, 1) == [("UserChanged", "user:ann", {"manager": "bo"})]
    assert (await admin.ask("PATCH", "/users/bo", json={"manager": "ann"})).status_code == 200
    told = problem(await admin.ask("PATCH", "/users/ann", json={"manager": "ann"}), 422, "own_manager")
    assert told["detail"].startswith("Nobody is their own manager; name somebody else as the manager of ann")
    problem(await admin.ask("PATCH", "/users/ann", json={"manager": "cy"}), 422, "unknown_user")
    await admin.ask("PATCH", "/users/ann", json={"roles": ["viewer"]})
    assert [user["manager"] for user in (await ann.get("/users"))["items"]] == [None, "bo", "ann"]
    assert (await admin.ask("PATCH", "/users/ann", json={"manager": None})).json()["manager"] is None


@pytest.mark.usefixtures("bo")
async def test_everybody_writes_and_ends_their_own_absence(admin: Client) -> None:
    viewer = await admin.joined("vi", "viewer")
    body = {"until": after(2), "deputy": "bo", "reason": "flu"}
    first, again = [await viewer.post("/absences", body, key="k") for _ in range(2)]
    made = first.json()
    assert (first.status_code, again.json()) == (201, made)
    assert (made["user"], made["deputy"], made["reason"], made["by"]) == ("vi", "bo", "flu", "vi")
    assert await viewer.get("/absences", user="me") == {"items": [made], "next_cursor": None}
    path = f"/absences/{made['id']}"
    later = after(3)
    changed = (await viewer.ask("PATCH", path, json={"until": later})).json()
    assert datetime.fromisoformat(changed["until"]) == datetime.fromisoformat(later)
    assert changed["deputy"] == "bo"
    assert (await viewer.ask("PATCH", path, json={"deputy": None})).json()["deputy"] is None
    assert (await viewer.ask("DELETE", path)).json() == {"id": made["id"], "ended": True}
    assert (await viewer.get("/absences"))["items"] == []
    over = (await viewer.get("/absences", over=True))["items"]
    assert [each["id"] for each in over] == [made["id"]]
    for method, sent in (("DELETE", {}), ("PATCH", {"json": {"until": after(1)}})):
        problem(await viewer.ask(method, path, **sent), 409, "absence_over")
    problem(await viewer.ask("DELETE", "/absences/none"), 404, "unknown_absence")


@pytest.mark.usefixtures("bo")
async def test_the_absences_of_others_are_for_administrators_and_release_managers(
    admin: Client, ann: Client
) -> None:
    leader = await admin.joined("rm", "release_manager")
    told = problem(await ann.post("/absences", {"user": "bo", "until": after(1)}), 403, "foreign_absence")
    assert told["detail"] == (
        "The absences of bo are written by bo and by who has the role release_manager / admin; ann has approver."
    )
    for begins, who in ((0, admin), (5, leader)):
        times = {"since": after(begins), "until": after(begins + 2)}
        answer = await who.post("/absences", {"user": "bo", "reason": "private", **times})
        assert answer.status_code == 201, answer.text
        path = f"/absences/{answer.json()['id']}"
        problem(await ann.ask("PATCH", path, json={"deputy": "ann"}), 403, "foreign_absence")
        problem(await ann.ask("DELETE", path), 403, "foreign_absence")
        assert (await who.ask("PATCH", path, json={"deputy": "ann"})).json()["deputy"] == "ann"
        assert "private" not in (await ann.ask("GET", "/absences")).text
        assert (await who.get("/absences"))["items"][0]["reason"] == "private"
        assert (await who.ask("DELETE", path)).status_code == 200


async def test_the_journal_keeps_an_absence_without_the_words_of_its_reason(
    admin: Client, ann: Client
) -> None:
    times = {"since": "2199-01-01T00:00:00Z", "until": "2199-01-09T00:00:00Z"}
    made = (await ann.post("/absences", {**times, "reason": "private"})).json()
    await ann.ask("PATCH", f"/absences/{made['id']}", json={"deputy": "admin"})
    await ann.ask("DELETE", f"/absences/{made['id']}")
    about = f"absence:{made['id']}"
    assert await journalled(admin, 3) == [
        ("AbsenceEnded", about, {"user": "ann"}),
        ("AbsenceChanged", about, {"user": "ann", "until": times["until"], "deputy": "admin"}),
        ("AbsenceAdded", about, {"user": "ann", **times, "deputy": None}),
    ]
    assert (await admin.get("/audit/verify"))["ok"] is True


@pytest.mark.usefixtures("bo")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"deputy": "ann"}, 422, "own_deputy"),
        ({"deputy": "cy"}, 422, "unknown_user"),
        ({"deputy": "off"}, 422, "unknown_user"),
        ({"until": "2020-01-01T00:00:00Z"}, 422, "absence_times"),
        ({"since": "2199-01-01T00:00:00Z"}, 422, "absence_times"),
        ({"until": None}, 422, "invalid"),
        ({"reason": " "}, 422, "invalid"),
        ({"since": after(-1)}, 409, "absence_overlaps"),
    ],
)
async def test_an_absence_that_cannot_be_is_refused(
    admin: Client, ann: Client, body: dict[str, Any], status: int, code: str
) -> None:
    await admin.joined("off", "viewer")
    await admin.ask("PATCH", "/users/off", json={"enabled": False})
    known = (await ann.post("/absences", {"since": after(3), "until": after(5)})).json()
    told = problem(await ann.post("/absences", {"until": after(4), **body}), status, code)
    if code == "absence_overlaps":
        assert told["absence"] == known["id"]
        assert told["detail"].startswith("ann is away from ")
    path = f"/absences/{known['id']}"
    if body.keys() == {"deputy"}:
        problem(await ann.ask("PATCH", path, json=body), status, code)
    problem(await ann.ask("PATCH", path, json={"until": after(2)}), 422, "absence_times")
    assert (await ann.get("/absences"))["items"] == [known]


async def test_who_writes_the_absence_of_nobody_is_told_so(admin: Client) -> None:
    told = problem(await admin.post("/absences", {"user": "cy", "until": after(1)}), 422, "unknown_user")
    assert told["detail"] == "“user” names cy, who is not a user of golive."


async def test_what_is_written_at_the_same_moment_is_there_once(admin: Client, ann: Client) -> None:
    times = {"since": after(1), "until": after(2)}
    away = await asyncio.gather(
        *(who.post("/absences", {**times, "user": "ann"}) for who in (ann, admin) * 4)
    )
    made = await asyncio.gather(*(admin.post("/groups", {"name": "board"}) for _ in range(8)))
    for answers in (away, made):
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert [each["user"] for each in (await ann.get("/absences"))["items"]] == ["ann"]
    assert (await admin.get("/audit/verify"))["ok"] is True
