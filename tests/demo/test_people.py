"""What people find to do in a run, from the run as the API shows it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from demo.acts import ActLog, Person
from demo.people import Cast, Evidence, Playing

HTTP = httpx.AsyncClient(trust_env=False)


def person(name: str) -> Person:
    return Person(HTTP, name, "token", ActLog(), patience=0)


@pytest.fixture
def playing() -> Playing:
    crew = {function: [f"{function}{n}" for n in (1, 2, 3)] for function in ("qa", "ops")}
    people = {name: person(name) for names in crew.values() for name in names}
    return Playing(Cast(person("rm"), people, crew), "r1")


def run_with(**parts: Any) -> dict[str, Any]:
    return {"tasks": [], "approvals": [], "waits": [], "stages": [], "seq": 1, "state": "running", **parts}


def task(state: str, **fields: Any) -> dict[str, Any]:
    return {"id": "r1.uat.t", "stage": "uat", "function": "qa", "state": state, "assignee": None, **fields}


def who_acts(playing: Playing, run: dict[str, Any]) -> list[str]:
    return [due.who.name for due in playing.possible(run)]


@pytest.mark.parametrize(
    ("shown", "who"),
    [
        (task("open"), ["qa1"]),
        (task("in_progress", assignee="qa2"), ["qa2"]),
        (task("to_verify", done_by="qa1"), ["qa2"]),
        (task("to_verify", done_by="qa2"), ["qa1"]),
        (task("locked"), []),
        (task("done"), []),
        (task("blocked"), []),
    ],
)
def test_tasks_are_done_by_doers_and_verified_by_another(
    playing: Playing, shown: dict[str, Any], who: list[str]
) -> None:
    assert who_acts(playing, run_with(tasks=[shown])) == who


def test_each_open_rule_is_signed_by_somebody_who_did_not_do_the_work(playing: Playing) -> None:
    rules = [{"function": "ops", "met": True, "min": 1}, {"function": "qa", "met": False, "min": 1}]
    approval = {"id": "r1.s.go", "state": "pending", "rules": rules, "waiting_for": ["qa1", "qa2", "qa3"]}
    assert who_acts(playing, run_with(approvals=[approval])) == ["qa3"]
    assert who_acts(playing, run_with(approvals=[approval | {"waiting_for": ["qa2"]}])) == ["qa2"]
    assert who_acts(playing, run_with(approvals=[approval | {"state": "approved"}])) == []


def test_the_release_manager_promotes_only_what_waits_for_it(playing: Playing) -> None:
    waits = [
        {"what": kind, "object": "rollout:grey", "since": "2026-11-22T12:00:00Z"}
        for kind in ("bake", "promote")
    ]
    assert who_acts(playing, run_with(waits=waits)) == ["rm"]


async def test_evidence_is_given_as_often_as_it_is_required_and_with_the_value_that_passes() -> None:
    needs = [
        {"type": "metric", "min": 1, "name": "high_findings", "example": 0},
        {"type": "remark", "min": 2},
        {"type": "link", "min": 1},
        {"type": "signature", "min": 1},
    ]
    given = await Evidence().for_all(person("qa1"), needs)
    assert [piece["type"] for piece in given] == ["metric", "remark", "remark", "link", "signature"]
    assert given[0] == {"type": "metric", "name": "high_findings", "value": 0}
    with pytest.raises(ValueError, match="not known here: dance"):
        await Evidence().for_all(person("qa1"), [{"type": "dance", "min": 1}])
