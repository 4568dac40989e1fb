"""A run in a pause of its rollout, and what its page offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.api.client import RELEASE
from tests.api.team import Team
from tests.pages.reader import Reader, Shown, reading

WALK = """
name: walk
title: Walk
description: Traffic in steps.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: grey
    process: grey_release
    title: Grey
    rollout:
      steps:
        - {do: set_weight, weight: 5}
        - {do: pause}
        - {do: set_weight, weight: 50}
        - {do: pause}
        - {do: set_weight, weight: 100}
    on_rollback: [{key: restore, title: Restore it, function: ops}]
"""
SPEAKING = {"comment", "add_lesson", "add_action"}
LEADING = {"amend", "hold", "new_build", "rollback", "abort", *SPEAKING}


def offered(shown: Shown) -> set[str]:
    """Return the acts whose forms are shown."""
    return {
        str(act["data-offered"])
        for act in shown.html.select(".act[data-offered]")
        if not act.has_attr("hidden")
    }


async def seen(reader: Reader, run_id: str, until: Callable[[Shown], bool]) -> Shown:
    """Open the page again and again until it is as wanted."""
    async with asyncio.timeout(30):
        while not until(shown := await reader.look(f"/runs/{run_id}")):
            await asyncio.sleep(0.05)
    return shown


async def walking(team: Team) -> str:
    """Start a run that is in a pause of its rollout."""
    published = await team.admin.post("/templates", {"source": WALK})
    assert published.status_code == 201, published.text
    body = {
        "template": "walk",
        "release": RELEASE,
        "people": {"ops": ["ops1"]},
        "parameters": {"pace": "demo"},
    }
    answer = await team.manager.post("/runs", body)
    assert answer.status_code == 201, answer.text
    run_id = str(answer.json()["id"])
    team.stack.runs.append(run_id)
    async with reading(team.manager.app, team.manager.token) as manager:
        await seen(manager, run_id, lambda shown: "promote" in offered(shown))
    return run_id
