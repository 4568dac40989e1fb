"""Amendments of a run as people type them: foreseen, asked for, approved, rejected and withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

TEMPLATE = """
name: amended
title: Amended
description: One task, and one sign-off.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - {key: test, title: Test it, function: aqa, due: 2d}
    approvals:
      - {key: go, title: Go, rules: [{function: aops}]}
"""
SMOKE = TEMPLATE.replace(
    "    approvals:", "      - {key: smoke, title: Smoke test, function: aqa}\n    approvals:"
)


@pytest.fixture(scope="module")
def team(whole: Whole) -> dict[str, Person]:
    return {
        "manager": Person(whole, "am-manager", "release_manager"),
        "qa": Person(whole, "am-qa", "assignee", "approver", function="aqa"),
        "ops": Person(whole, "am-ops", "assignee", "approver", function="aops"),
    }


@pytest.fixture(scope="module")
def run(whole: Whole, team: dict[str, Person], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("amending")
    (folder / "shop.tar").write_bytes(b"built")
    _publish(whole, folder, TEMPLATE)
    words = ("--service", "am-shop", "--version", "1.0.0", "--artifact", str(folder / "shop.tar"))
    started = str(team["manager"].reads("start", "amended", *words)["id"])
    _publish(whole, folder, SMOKE)
    return started


def _publish(whole: Whole, folder: Path, source: str) -> None:
    (folder / "amended.yaml").write_text(source)
    whole.answer("template", "publish", str(folder / "amended.yaml"))


def test_people_are_changed_at_once_and_what_that_does_is_shown_before(
    whole: Whole, team: dict[str, Person], run: str
) -> None:
    Person(whole, "am-sam", "assignee", "approver", function="aops")
    changed = ("amend", run, "--person", "aops=am-ops,am-sam")
    seen = team["manager"].does(*changed, "--preview")
    assert "Minor" in seen
    assert "Of aops now act: am-ops, am-sam; before: am-ops." in seen
    told = team["manager"].types(*changed)
    assert told.exit_code == 2
    assert "in force" in team["manager"].does(*changed, "--reason", "two are needed")
    assert team["manager"].reads("show", run)["plan_version"] == 2


def test_a_later_version_is_approved_rejected_or_withdrawn(team: dict[str, Person], run: str) -> None:
    changed = ("amend", run, "--template-version", "2")
    seen = team["manager"].does(*changed, "--preview")
    assert "Major" in seen
    assert "new task: Smoke test" in seen
    made = team["manager"].reads(*changed, "--reason", "test it twice")["amendment"]
    assert isinstance(made, dict)
    assert made["id"] in team["ops"].does("amendment", "list", "--mine")
    team["manager"].does("amendment", "withdraw", made["id"], "--reason", "not yet")

    made = team["manager"].reads(*changed, "--reason", "test it twice")["amendment"]
    assert isinstance(made, dict)
    assert "am-ops" in team["qa"].is_refused("amendment", "approve", made["id"], "--yes")
    assert "rejected" in team["ops"].does("amendment", "reject", made["id"], "--reason", "why", "--yes")

    made = team["manager"].reads(*changed, "--reason", "test it twice")["amendment"]
    assert isinstance(made, dict)
    assert "no longer 1" in team["ops"].does("amendment", "show", made["id"])
    approved = team["ops"].does("amendment", "approve", made["id"], "--digest", made["digest"])
    assert "in force" in approved
    assert "No amendments." in team["ops"].does("amendment", "list", "--mine")
    assert made["id"] in team["manager"].does("show", run)
    assert f"{run}.uat.smoke" in team["qa"].does("task", "list", "--run", run)
