"""What the command line shows of an approval: which row of a table gave it its rules, and when each rule expires."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from cli.approvals import approval_page
from cli.screen import when

SOON, LATER = "2027-01-11T09:00:00Z", "2027-01-13T09:00:00Z"
RULE = {"mode": "any", "min": 1, "met": False, "people": [], "added_by": None, "decisions": []}


def shown(**more: object) -> str:
    out = StringIO()
    console = Console(file=out, width=200)
    rules = [
        {**RULE, "function": "ops", "asks": "ops", "expires_at": SOON},
        {**RULE, "function": "qa", "asks": "qa", "expires_at": LATER},
    ]
    for part in approval_page(
        {"title": "Go", "state": "pending", "expires_at": SOON, "rules": rules, **more}
    ):
        console.print(part)
    return out.getvalue()


def test_the_row_that_applied_and_the_time_of_each_rule_are_shown() -> None:
    why = "row 2 of 2: Risk is 4 (>= 3 and < 7)"
    told = shown(applied={"row": 2, "count": 2, "why": why})
    assert f"Decided by table: {why}." in told
    ops, qa = (next(line for line in told.splitlines() if line.split()[:1] == [who]) for who in ("ops", "qa"))
    assert when(SOON) in ops
    assert when(LATER) in qa
    assert told.count(when(SOON)) == 2, "the first is that of the whole approval"


def test_without_a_table_nothing_is_said_of_one() -> None:
    assert "Decided by table" not in shown(applied=None)
