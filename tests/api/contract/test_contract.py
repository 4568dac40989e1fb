"""The OpenAPI document is true: schemathesis asks a whole golive, and each answer is what the document says.

`make contract` asks for longer, and at random: CONTRACT_SECONDS is how long each person goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from cli.language import ROOT
from golive.vocabulary import Role
from tests.api.client import RELEASE
from tests.cli.processes import environment
from tests.cli.whole import Whole, up

pytestmark = [pytest.mark.timeout(1800), pytest.mark.e2e, pytest.mark.proof]

RUNS = 2
"""How many runs there are to act on, and how many to end."""
HERE = Path(__file__).parent
SECONDS = int(os.environ.get("CONTRACT_SECONDS", "0"))
GETS_ROUND = SECONDS == 0 or SECONDS >= 60
"""Whether each person has the time to ask every operation. In less, all that is asked is held against the document,
and how far that came depends on the machine."""
FUNCTIONS = [
    "product",
    "dev",
    "qa",
    "ops",
    "business",
    "security",
    "release",
    "support",
    "dba",
    "data",
    "training",
]
"""What the bundled templates ask for, so that the example of a start starts a run."""


@dataclass(frozen=True)
class World:
    """A golive with the people of the examples, and everybody's token."""

    whole: Whole
    tokens: dict[str, str]
    config: Path

    def ask(self, who: str, *options: str, only: str | None = None) -> dict[str, Any]:
        """Let schemathesis ask as `who`, in the short form with `options`; return its report, of no failure.

        `only` is the one path to ask for, once.
        """
        token = self.tokens.get(who)
        how = ["--max-time", str(SECONDS)] if SECONDS else ["--generation-deterministic", *options]
        if only:
            how = ["--phases", "fuzzing", "--max-examples", "1", "--include-path", only]
        signed_in = ["-H", f"Authorization: Bearer {token}"] if token else []
        report = Path(self.whole.env["GOLIVE_HOME"]) / f"{who}.json"
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(self.config)]
        told = subprocess.run(
            [
                *command,
                "run",
                f"{self.whole.url}/openapi.json",
                "--no-color",
                "--report",
                "json",
                "--report-json-path",
                str(report),
                *signed_in,
                *how,
            ],
            env={**os.environ, "CONTRACT_USER": who, "CONTRACT_SHARE": "1" if SECONDS else "24"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=1700,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        reported: dict[str, Any] = json.loads(report.read_text())
        return reported

    def accepted_in(self, report: dict[str, Any], who: str, least: str) -> set[str]:
        """Return the operations that `who` was answered with a success: some of them, or the one that is `least`.

        In little time the asking may not have come to any that `who` is let into, so that one is asked for then.
        """
        found = accepted(report) or accepted(self.ask(who, only=least))
        assert found, f"{who} was let into nothing, not even {least}"
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with up(environment(tmp_path_factory.mktemp("contract") / "home")) as whole:
        admin = (Path(whole.env["GOLIVE_HOME"]) / "admin.token").read_text().strip()
        with httpx.Client(
            base_url=f"{whole.url}/api/v1", headers={"Authorization": f"Bearer {admin}"}, timeout=30
        ) as http:
            tokens = {"zoe": joined(http, "zoe", *get_args(Role)), "vic": joined(http, "vic", "viewer")}
            for name in ("ann", "bo", "cy", "dev1"):
                joined(http, name, "assignee", "approver")
            http.headers["Authorization"] = f"Bearer {joined(http, 'rm', 'release_manager')}"
            known = found(*([started(http) for _ in range(RUNS)] for _ in range(2)))
        config = tmp_path_factory.mktemp("config") / "schemathesis.toml"
        config.write_text((HERE / "schemathesis.toml").read_text() + known)
        yield World(whole, tokens, config)


def started(http: httpx.Client) -> dict[str, Any]:
    """Start a run by somebody else than the askers, so that these may sign it; return it."""
    answer = http.post("/runs", json={"template": "dual-sign-off", "release": RELEASE})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


def found(open_: list[dict[str, Any]], doomed: list[dict[str, Any]]) -> str:
    """Return the dictionaries of schemathesis with the ids in these runs, as TOML."""
    ids = {
        "runs": [run["id"] for run in open_],
        "doomed": [run["id"] for run in doomed],
        "tasks": [task["id"] for run in open_ for task in run["tasks"]],
        "approvals": [approval["id"] for run in open_ for approval in run["approvals"]],
    }
    return "".join(
        f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in ids.items()
    )


def joined(http: httpx.Client, name: str, *roles: str) -> str:
    """Make a user who has every function; return the token."""
    answer = http.post("/users", json={"name": name, "roles": roles, "functions": FUNCTIONS})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return str(made["token"])


def accepted(report: dict[str, Any]) -> set[str]:
    """Return the operations that were answered with a success at least once."""
    return {
        operation
        for operation, phases in report["valid_rates"].items()
        if any(counts["accepted"] for counts in phases.values())
    }


def test_who_may_do_everything_is_answered_as_documented(world: World) -> None:
    report = world.ask("zoe", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "2")
    assert world.accepted_in(report, "zoe", "/api/v1/users/me")
    if GETS_ROUND:
        assert report["operations"]["tested"] == report["operations"]["selected"]
        assert {"POST /api/v1/runs", "POST /api/v1/users", "GET /api/v1/tasks/{task_id}"} <= accepted(report)
        assert len(accepted(report)) > 30


def test_who_only_looks_on_is_answered_as_documented(world: World) -> None:
    report = world.ask("vic", "--phases", "fuzzing", "--max-examples", "1")
    found = world.accepted_in(report, "vic", "/api/v1/runs")
    assert "GET /api/v1/runs" in found or not GETS_ROUND
    assert not found & {"POST /api/v1/runs", "POST /api/v1/users", "GET /api/v1/audit"}


def test_a_stranger_is_answered_as_documented(world: World) -> None:
    report = world.ask("nobody", "--phases", "fuzzing", "--max-examples", "1")
    assert world.accepted_in(report, "nobody", "/api/v1/health") == {"GET /api/v1/health"}


def test_golive_never_failed_at_what_it_was_asked(world: World) -> None:
    log = (Path(world.whole.env["GOLIVE_HOME"]) / "logs" / "api.log").read_text()
    assert "unexpected:" not in log
