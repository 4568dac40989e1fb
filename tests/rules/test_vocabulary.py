"""The closed lists of words stand in one place each."""

from __future__ import annotations

import re
from typing import get_args

from sqlalchemy import CheckConstraint

from cli.language import ROOT
from db.tables import runs
from golive.vocabulary import ENDED, RunStateName

SOURCES = ("activities", "api", "bench", "cli", "connectors", "db", "demo", "golive", "worker", "workflows")
PINNED = ("db/tables/run.py", "db/migrations/versions/0001_runs.py")
"""What the database itself demands is written out as the migrations write it."""


def test_the_states_of_an_ended_run_are_listed_once() -> None:
    together = re.compile(r"""["']completed["'],\s*["']aborted["']""")
    listing = [
        str(file.relative_to(ROOT))
        for folder in SOURCES
        for file in sorted((ROOT / folder).rglob("*.py"))
        if together.search(file.read_text())
    ]
    assert sorted(listing) == sorted([*PINNED, "golive/vocabulary.py"])


def test_the_database_lets_exactly_those_runs_have_an_end() -> None:
    (rule,) = [
        str(check.sqltext)
        for check in runs.constraints
        if isinstance(check, CheckConstraint) and str(check.name).endswith("only_finished_runs_have_ended")
    ]
    assert tuple(re.findall(r"'(\w+)'", rule)) == ENDED
    assert set(ENDED) < set(get_args(RunStateName))
