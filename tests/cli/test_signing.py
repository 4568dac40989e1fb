"""Around decisions and what blocks, as people type it: hand over, add signers, withdraw, waivers, break-glass."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

TEMPLATE = """
name: gated
title: Gated
description: One measured task, and one sign-off.
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - {key: test, title: Test it, function: sqa, requires: [{type: metric, name: rate}]}
    approvals:
      - {key: go, title: Go, rules: [{function: sops}]}
    gates:
      - key: tests
        title: Tests
        checks:
          - {key: rate, title: Share that pass, source: {task: test, fact: rate}, compare: '>=', threshold: 1}
"""


@pytest.fixture(scope="module")
def team(whole: Whole) -> dict[str, Person]:
    """Everybody of the run, by what they are; sam and dan join after its start."""
    return {
        "manager": Person(whole, "sig-manager", "release_manager"),
        "qa": Person(whole, "sig-qa", "assignee", "approver", function="sqa"),
        "ops": Person(whole, "sig-ops", "assignee", "approver", function="sops"),
    }


@pytest.fixture(scope="module")
def run(whole: Whole, team: dict[str, Person], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run whose gate is closed, since three in a hundred tests failed, and whose sign-off is open."""
    folder: Path = tmp_path_factory.mktemp("signing")
    (folder / "gated.yaml").write_text(TEMPLATE)
    (folder / "shop.tar").write_bytes(b"built")
    whole.answer("template", "publish", str(folder / "gated.yaml"))
    words = ("--service", "sig-shop", "--version", "1.0.0", "--artifact", str(folder / "shop.tar"))
    started = str(team["manager"].reads("start", "gated", *words)["id"])
    team["qa"].does("task", "complete", f"{started}.uat.test", "--metric", "rate=0.97")
    return started


def test_a_decision_is_handed_over_and_taken_back(whole: Whole, team: dict[str, Person], run: str) -> None:
    Person(whole, "sig-sam", "approver", function="sops")
    approval, ops = f"{run}.uat.go", team["ops"]
    told = ops.types("delegate", approval, "--reason", "away")
    assert told.exit_code == 2
    assert "--back" in told.stderr
    ops.does("delegate", approval, "--to", "sig-sam", "--until", "2099-01-01T17:00", "--reason", "away")
    assert "sig-sam decides for sig-ops" in " ".join(ops.does("approval", approval).split())
    ops.does("delegate", approval, "--back", "--reason", "here again")
    assert ops.reads("approval", approval)["waiting_for"] == ["sig-ops"]


def test_signers_are_added_reminded_informed_and_withdraw(
    whole: Whole, team: dict[str, Person], run: str
) -> None:
    dan = Person(whole, "sig-dan", "approver")
    approval, ops = f"{run}.uat.go", team["ops"]
    ops.does("add-signer", approval, "--person", "sig-dan", "--reason", "he owns the ledger")
    assert "sig-dan, added by sig-ops" in " ".join(ops.does("approval", approval).split())
    team["manager"].does("remind", approval)
    assert "a short while ago" in team["manager"].is_refused("remind", approval)
    ops.does("inform", approval, "--person", "sig-qa", "--comment", "for you")
    assert "Kept informed: sig-qa." in ops.does("approval", approval)
    dan.does("approve", approval, "--yes")
    dan.does("withdraw", approval, "--reason", "of another build")
    assert "withdrawn" in ops.does("approval", approval)
    dan.does("approve", approval, "--yes")


def test_a_waiver_is_asked_for_and_granted_by_another_function(team: dict[str, Person], run: str) -> None:
    asked = ("--check", "uat/tests.rate", "--until", "2099-01-01", "--reason", "behind a switch")
    said = ("--risk", "somebody switches it on", "--mitigation", "the switch is locked")
    made = team["qa"].reads("waiver", "request", run, *asked, *said)["waiver"]
    assert isinstance(made, dict)
    assert made["id"] in team["ops"].does("waiver", "list", "--mine")
    assert "sig-ops" in team["qa"].is_refused("waiver", "grant", made["id"])
    assert "the switch is locked" in team["ops"].does("waiver", "show", made["id"])
    assert "granted" in team["ops"].does("waiver", "grant", made["id"], "--comment", "until the fix")
    assert "No waivers." in team["ops"].does("waiver", "list", "--mine")


def test_the_glass_is_broken_with_a_reason_and_by_who_may(
    whole: Whole, team: dict[str, Person], run: str
) -> None:
    eva = Person(whole, "sig-eva", "break_glass")
    approval = f"{run}.uat.go"
    digest = str(eva.reads("approval", approval)["digest"])
    assert "break_glass" in team["ops"].is_refused(
        "break-glass", approval, "--digest", digest, "--reason", "urgent"
    )
    assert "20 characters" in eva.is_refused(
        "break-glass", approval, "--digest", digest, "--reason", "urgent"
    )
    why = "payments fail for everybody and ops is away"
    assert "Recorded as no." in eva.does("break-glass", approval, "--digest", digest, "--reason", why)
    assert eva.reads("approval", approval)["glass_broken_by"] == "sig-eva"
    shown = team["ops"].does("approval", approval)
    assert "sig-eva broke the glass on 20" in shown
    assert f"Reason: {why}" in shown
    assert f"Nobody else has reviewed it yet: golive action list {run}" in shown
    (action,) = team["ops"].answer_items("action", "list", run)
    team["ops"].does("action", "close", run, str(action["id"]), "--remark", "looked at it")
    assert f"{team['ops'].name} reviewed it on 20" in team["ops"].does("approval", approval)


STRICT = """
name: strict
title: Strict
description: One signature, of somebody who proves that it is them.
stages:
  - id: sign
    process: dual_sign_off
    title: Sign
    approvals:
      - {key: go, title: Go, reauthenticate: true, rules: [{function: sops}]}
"""
PASSWORD = "correct horse battery"


def enrolled(whole: Whole, name: str) -> None:
    """Choose a password as its owner does, at the link that an administrator prints."""
    link = str(whole.answer("user", "enrol", name)["enrolment_url"])
    with httpx.Client(headers={"Origin": whole.url}, trust_env=False) as http:
        form = BeautifulSoup(http.get(link).text, "html.parser").select_one("main form")
        assert form is not None
        values = {
            str(field["name"]): str(field.get("value", "")) for field in form.select("input[type=hidden]")
        }
        chosen = http.post(link, data={**values, "password": PASSWORD, "again": PASSWORD})
        assert chosen.status_code == 303, chosen.text


def test_where_it_is_asked_for_the_password_is_read_from_a_file_or_the_environment(
    whole: Whole, team: dict[str, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "shop.tar").write_bytes(b"built")
    whole.answer("template", "publish", str(tmp_path / "strict.yaml"))
    words = ("--service", "strict-shop", "--version", "1.0.0", "--artifact", str(tmp_path / "shop.tar"))
    run = str(team["manager"].reads("start", "strict", *words)["id"])
    approval, ops = f"{run}.sign.go", team["ops"]
    assert "whoever signs proves again who they are" in ops.does("approval", approval)
    assert "add --password-file FILE" in ops.is_refused("approve", approval, "--yes")
    enrolled(whole, ops.name)
    (tmp_path / "wrong").write_text("correct horse batterie\n")
    (tmp_path / "right").write_text(f"{PASSWORD}\n")
    refused = ops.is_refused("approve", approval, "--yes", "--password-file", str(tmp_path / "wrong"))
    assert f"That is not the password of {ops.name}" in refused
    assert ops.types("approve", approval, "--yes", "--password-file", str(tmp_path / "none")).exit_code == 2
    ops.does("add-signer", approval, "--person", team["qa"].name, "--place", "after", "--reason", "ledger")
    ops.does("approve", approval, "--yes", "--password-file", str(tmp_path / "right"))
    assert '"method":"password"' in ops.does("approval", approval, "--json")
    assert "PROVED BY" in ops.does("approval", approval)
    monkeypatch.setenv("GOLIVE_SIGNING_PASSWORD", PASSWORD)
    ops.does("withdraw", approval, "--reason", "too early")
    assert "withdrawn" in ops.does("approval", approval)
