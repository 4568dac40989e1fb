"""The bundled templates, small ones written in a test, and people enough to play them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golive.people import People
from golive.plan import Plan
from golive.planning import StartRequest, make_plan
from golive.rehearsal_script import ENDING
from golive.template_source import Library, read_checklist, read_template

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai."""

FUNCTIONS = (
    *("product", "dev", "qa", "ops", "business", "security", "release", "support", "dba", "data", "training"),
)
PEOPLE = {function: tuple(f"{function}{n}" for n in range(1, 5)) for function in FUNCTIONS}
RELEASE = {
    "service": "checkout",
    "version": "1.4.0",
    "artifacts": [{"name": "checkout.tar", "digest": f"sha256:{'a' * 64}"}],
}
HEAD = "title: A\ndescription: d\n"


def bundled() -> Library:
    """Return what is shipped."""
    return Library.of(
        [read_template(file.name, file.read_text()) for file in _files("templates/processes")],
        [read_checklist(file.name, file.read_text()) for file in _files("checklists")],
    )


def _files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).glob("*.yaml"))
    return [file for file in found if not file.name.endswith(ENDING)]


def written(**texts: str) -> Library:
    """Return a library of templates, each given by its name (`_` for `-`) and what follows its title."""
    named = {name.replace("_", "-"): body for name, body in texts.items()}
    return Library.of(
        [read_template(f"{name}.yaml", f"name: {name}\n{HEAD}{body}") for name, body in named.items()]
    )


def plan_of(library: Library, template: str, **asked: Any) -> Plan:
    """Return the plan of a start on `NOW`; `people`, `metrics` and `release_manager` may differ."""
    people = asked.pop("people", PEOPLE)
    people = people if isinstance(people, People) else People(members=people)
    metrics = asked.pop("metrics", True)
    manager = asked.pop("release_manager", "rm")
    request = StartRequest.model_validate({"template": template, "release": RELEASE, **asked})
    return make_plan(library, request, people, version=3, release_manager=manager, metrics=metrics, now=NOW)
