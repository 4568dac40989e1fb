"""Groups, owners of services, managers and absences, as people type them."""

from __future__ import annotations

import json

import pytest

from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def dora(whole: Whole) -> Person:
    return Person(whole, "cli-dora", "approver")


@pytest.fixture(scope="module")
def dan(whole: Whole) -> Person:
    return Person(whole, "cli-dan", "approver")


def says(whole: Whole, *words: str) -> str:
    """Return what an administrator is answered."""
    done = whole.golive(*words)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_group_comes_changes_and_goes(whole: Whole, dora: Person, dan: Person) -> None:
    members = ["--member", dan.name, "--member", dora.name]
    made = whole.answer("group", "add", "cli-board", "--title", "Change board", *members)
    assert made == {"name": "cli-board", "title": "Change board", "members": [dan.name, dora.name]}
    assert f"{dan.name}, {dora.name}" in dora.does("group", "show", "cli-board")
    changed = says(whole, "group", "change", "cli-board", "--member", dora.name)
    assert ("Change board" in changed, dan.name in changed) == (True, False)
    assert "cli-board" in dora.does("group", "list", "--member", dora.name)
    assert "No groups." in dora.does("group", "list", "--member", dan.name)
    assert "needs the role admin" in dora.is_refused("group", "remove", "cli-board")
    assert "Done." in says(whole, "group", "remove", "cli-board")
    assert "There is no group cli-board" in dora.is_refused("group", "show", "cli-board")
    refused = whole.golive("group", "add", "cli-x", "--member", "cli-nobody")
    assert "“members” names cli-nobody" in " ".join(refused.stderr.split())


def test_a_service_is_owned_under_any_name(whole: Whole, dora: Person, dan: Person) -> None:
    owners = ["--owner", dora.name, "--owner", dan.name]
    service = "shop/cart? no. 1"
    assert whole.answer("service", "own", service, *owners)["service"] == service
    listed = json.loads(dora.does("service", "list", "--owner", dan.name, "--json"))
    assert listed["items"] == [{"service": service, "owners": [dora.name, dan.name]}]
    assert service in dora.does("service", "list")
    assert "needs the role admin" in dora.is_refused("service", "own", service, "--owner", dora.name)
    assert "Done." in says(whole, "service", "disown", service)
    assert "No services." in dora.does("service", "list", "--owner", dan.name)
    assert "Nobody owns a service" in whole.golive("service", "disown", service).stderr


def test_a_manager_is_named_and_taken_away(whole: Whole, dora: Person, dan: Person) -> None:
    assert dan.name in says(whole, "user", "change", dora.name, "--manager", dan.name)
    assert dan.name in dora.does("user", "me")
    own = whole.golive("user", "change", dora.name, "--manager", dora.name)
    assert (own.exit_code, "their own manager" in own.stderr) == (1, True)
    both = whole.golive("user", "change", dora.name, "--manager", dan.name, "--no-manager")
    assert (both.exit_code, "or say that there is none" in " ".join(both.stderr.split())) == (2, True)
    assert whole.answer("user", "change", dora.name, "--no-manager")["manager"] is None


def test_an_absence_is_written_changed_and_ended(whole: Whole, dora: Person, dan: Person) -> None:
    times = ["--since", "2198-12-21T08:00", "--until", "2199-01-04T08:00"]
    made = dora.reads("absence", "add", *times, "--deputy", dan.name, "-r", "holidays")
    absence = str(made["id"])
    assert (made["user"], made["deputy"], made["by"]) == (dora.name, dan.name, dora.name)
    seen = dora.does("absence", "list", "--user", "me")
    for told in (absence, dora.name, dan.name, "holidays"):
        assert told in seen
    assert "holidays" not in dan.does("absence", "list", "--user", dora.name)
    assert "written by cli-dora" in dan.is_refused("absence", "end", absence)
    assert "already; change that absence" in dora.is_refused("absence", "add", *times)
    assert "stands in for themselves" in dora.is_refused("absence", "change", absence, "--deputy", dora.name)
    changed = dora.does("absence", "change", absence, "--until", "2199-01-05T08:00")
    assert ("2199-01-05 08:00" in changed, dan.name in changed) == (True, True)
    assert dan.name not in dora.does("absence", "change", absence, "--no-deputy")
    both = dora.types("absence", "change", absence, "--deputy", dan.name, "--no-deputy")
    assert both.exit_code == 2
    assert "Done." in dora.does("absence", "end", absence)
    assert "No absences." in dora.does("absence", "list", "--user", "me")


def test_an_administrator_writes_the_absence_of_somebody_else(whole: Whole, dan: Person) -> None:
    made = whole.answer("absence", "add", "--user", dan.name, "--until", "2199-01-04")
    assert (made["user"], made["by"]) == (dan.name, "admin")
    dan.does("absence", "end", str(made["id"]))
    assert "No absences." in dan.does("absence", "list", "--user", "me")
    assert str(made["id"]) in dan.does("absence", "list", "--user", "me", "--over")
