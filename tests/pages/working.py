"""People at the page of one task, in tests: the task that asks for every kind of evidence, and a run in SQL alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from api.house import House
from golive.plan import Plan
from golive.recording import Batch
from tests.api.client import RELEASE, Client
from tests.api.team import JUNIT, PEOPLE, Team
from tests.api.test_reading import frozen
from tests.db.story import event, first, record, run_change, task_change
from tests.pages.reader import Reader, reading

FULL = """
name: full
title: Full
description: One task that asks for everything.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - key: all
        title: Do it all
        description: Everything at once
        function: qa
        verify: true
        requires:
          - {type: remark}
          - {type: link, min: 2, example: "https://ci.example.com/1"}
          - {type: metric, name: coverage, example: 0.9}
          - {type: signature}
          - {type: file}
          - {type: test_result}
        items:
          - {id: pays, text: Pays by card, requires: [{type: link}]}
          - {id: refunds, text: Refunds, required: false}
      - {key: after, title: Look after it, function: qa, needs: [all]}
    approvals:
      - {key: go, title: Go, rules: [{function: ops}]}
"""


@dataclass(frozen=True)
class Pages:
    """The people of one run at its pages."""

    team: Team
    run: str
    qa1: Reader
    qa2: Reader
    ops1: Reader
    rm: Reader

    def task(self, key: str = "all") -> str:
        return f"/tasks/{self.run}.uat.{key}"

    async def state(self, key: str = "all") -> dict[str, Any]:
        told: dict[str, Any] = await self.team.manager.get(self.task(key))
        return told

    async def events(self) -> list[str]:
        path = f"/runs/{self.run}/events"
        return [row["type"] for row in (await self.team.manager.get(path, limit=500))["items"]]


@pytest.fixture
async def pages(team: Team) -> AsyncIterator[Pages]:
    await team.admin.post("/templates", {"source": FULL})
    body = {"template": "full", "release": RELEASE, "people": PEOPLE, "parameters": {"pace": "demo"}}
    run = (await team.manager.post("/runs", body)).json()["id"]
    team.stack.runs.append(run)
    async with AsyncExitStack() as readers:
        seated = {
            name: await readers.enter_async_context(reading(team.admin.app, client.token))
            for name, client in {
                "qa1": team.qa1,
                "qa2": team.qa2,
                "ops1": team.ops1,
                "rm": team.manager,
            }.items()
        }
        yield Pages(team=team, run=run, **seated)


WHOLE: dict[str, Any] = {
    "task.remark": "All of it\nworks",
    "task.links": "https://ci.example.com/1 the build\nhttps://ci.example.com/2",
    "task.metric.0.value": "0.93",
    "task.metric.0.unit": "share",
    "task.metric.1.name": "seconds",
    "task.metric.1.value": "12",
    "task.signature": "1",
    "item.pays.result": "pass",
    "item.pays.links": "https://shop.example.com/order/1",
    "item.pays.remark": "Three cards",
    "item.refunds.result": "not_applicable",
    "item.refunds.remark": "Nobody refunds here",
}


FILES = [
    ("task.files", ("shot.png", b"\x89PNG", "image/png")),
    ("task.files", ("results.xml", JUNIT, "text/xml")),
]


async def recorded(admin: Client, plan_: Plan | None = None, key: str = "plan") -> Client:
    """Record a run `r1` whose task is in progress with qa1, and return qa1."""
    house: House = admin.app.state.house
    await record(house.database, first(plan_=plan_ or frozen(), run=run_change()))
    taken = event(2, "TaskStarted", object=f"task:uat.{key}", payload={"title": {"en": "Plan", "zh": "计划"}})
    change = task_change(f"uat.{key}", "in_progress", assignee="qa1")
    await record(house.database, Batch(run_id="r1", events=(taken,), tasks=(change,)))
    return await admin.joined("qa1", "assignee", functions=("qa",))
