"""Who starts runs at the pages, in tests: the people, a template with every kind of field, the buttons."""

from __future__ import annotations

from typing import Any

from bs4 import Tag

from demo.people import FUNCTIONS
from tests.api.client import RELEASE, Client
from tests.api.team import PEOPLE
from tests.pages.reader import Reader, Shown

DIGEST = str(RELEASE["artifacts"][0]["digest"])


TYPED = {
    "release.service": "checkout",
    "release.version": "1.4.0",
    "release.artifacts[0].name": "checkout-1.4.0.tar.gz",
    "release.artifacts[0].digest": DIGEST,
}


EVERY_TYPE = """
name: every-type
title: Every type
description: A parameter of each type.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
  - {key: mood, title: Mood, type: choice, choices: [calm, brave]}
  - {key: word, title: Word}
  - {key: kept, title: Kept, default: as it is}
  - {key: whole, title: Whole, type: integer, default: 3, min: 1, max: 9}
  - {key: part, title: Part, type: number, default: 0.5, min: 0, max: 1}
  - {key: on, title: Switched on, type: boolean, default: true}
  - {key: off, title: Switched off, type: boolean, default: false}
  - {key: span, title: Span, type: duration, default: 1d 4h}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - {key: test, title: "Test ${word} ${mood}", function: qa}
    approvals:
      - {key: go, title: Go, rules: [{function: ops}]}
"""


async def press(reader: Reader, shown: Shown, template: str, act: str, **typed: Any) -> Shown:
    """Press a button of a start's form."""
    return await reader.send(shown, f"/start/{template}", **typed, do=act)


async def crew(admin: Client, each: int = 4) -> Client:
    """Let people join who can do all that any bundled template asks; return a release manager."""
    for function in FUNCTIONS:
        for n in range(1, each + 1):
            await admin.joined(f"{function}-{n}", "assignee", "approver", functions=(function,))
    return await admin.joined("boss", "release_manager")


async def small_team(admin: Client) -> Client:
    """Let people join who can do what `every-type` asks; return a release manager."""
    await admin.post("/templates", {"source": EVERY_TYPE})
    for function, names in PEOPLE.items():
        for name in names:
            await admin.joined(name, "assignee", "approver", functions=(function,))
    return await admin.joined("rm", "release_manager")


def run_of(shown: Shown) -> str:
    """Return the id of the run that a start led to."""
    assert shown.path.startswith("/runs/"), f"{shown.status} {shown.alert or shown.text}"
    return shown.path.removeprefix("/runs/")


def field(shown: Shown, name: str) -> Tag:
    found = shown.html.select_one(f'[name="{name}"]:not([type="hidden"])')
    assert found is not None, name
    return found


async def parameters(client: Client, template: str) -> list[dict[str, Any]]:
    found = await client.get(f"/templates/{template}/versions/1")
    return list(found["outline"]["parameters"])
