"""Ask on a terminal for what a task requires: the result of each item, with its evidence."""

from __future__ import annotations

import sys
from typing import Any

import typer

from cli import screen
from cli.client import fresh_key
from cli.connected import Connected
from cli.evidence import RESULTS, Offered
from cli.failure import Failure
from cli.language import _
from cli.screen import plain
from cli.tables import Row

_QUESTIONS = {
    "remark": _("Your answer"),
    "link": _("A link, https://..."),
    "file": _("A file"),
    "test_result": _("A JUnit XML file"),
    "metric": _("A value, as NAME=VALUE"),
}


def complete(golive: Connected, task: Row, given: dict[str, Any]) -> None:
    """Complete a task with what is `given` of its items, and what is asked of the others.

    What golive refuses of the answers is told, and asked again. Raises Failure where nobody is there to answer.
    """
    missing = [item for item in task["items"] if item["id"] not in given]
    if missing and not sys.stdin.isatty():
        lacking = ", ".join(item["id"] for item in missing)
        raise Failure(
            _(
                "Nobody is there to answer, and the run has begun: golive task complete {task}, with --item ID=pass "
                "for each of {items}."
            ).format(task=task["id"], items=lacking)
        )
    while True:
        asked = {item["id"]: _asked(golive, item) for item in missing}
        try:
            golive.client.post(f"/tasks/{task['id']}/complete", {"items": given | asked}, fresh_key())
        except Failure as refused:
            if not missing:
                raise
            for line in (str(refused), *refused.more):
                screen.say(line, "yellow")
        else:
            return


def _asked(golive: Connected, item: Row) -> dict[str, Any]:
    """Ask for the result of an item and for each piece of evidence that it requires."""
    screen.say("")
    screen.say(plain(item["text"]), "bold")
    result = RESULTS[_result()]
    if result == "not_applicable":
        return {"result": result, "remark": _said(_("Why it does not apply"))}
    answers: dict[str, list[str]] = {}
    for need in item["requires"]:
        question = _question(item, need)
        answers.setdefault(need["type"], []).extend(_said(question) for _n in range(need["min"]))
    files, junit, links, metrics = (
        answers.get(kind, []) for kind in ("file", "test_result", "link", "metric")
    )
    offered = Offered(files, junit, links, metrics)
    remark = "\n".join(answers.get("remark", []))
    return {"result": result, "remark": remark or None, "evidence": offered.pieces(golive, f"{fresh_key()}-")}


def _question(item: Row, need: Row) -> str:
    if need["type"] not in _QUESTIONS:
        sentence = _(
            "“{item}” requires a signature: complete the task on its page, or by `golive task complete`."
        )
        raise Failure(sentence.format(item=item["id"]))
    question = _QUESTIONS[need["type"]]
    return f"{question} ({plain(need['name'])})" if need.get("name") else question


def _result() -> str:
    while (said := _said(_("pass, fail or na"), "pass")) not in RESULTS:
        screen.say(_("“{result}” is not a result: pass, fail or na").format(result=said), "yellow")
    return said


def _said(question: str, default: str | None = None) -> str:
    return str(typer.prompt(f"  {question}", default=default, err=True)).strip()
