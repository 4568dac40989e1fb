"""Ask on a terminal for what a task requires: the result of each item, with its evidence."""

from __future__ import annotations

import sys
from collections import Counter
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


_OPTIONS = {
    "link": "--item-link {item}=URL",
    "file": "--item-file {item}=FILE",
    "test_result": "--item-junit {item}=FILE",
    "metric": "--item-metric {item}={name}=VALUE",
}


def complete(golive: Connected, task: Row, given: dict[str, Any]) -> None:
    """Complete a task with what is `given` of its items, and what is asked of the others.

    What golive refuses of the answers is told, and asked again. Raises Failure where nobody is there to answer, or
    whoever is there leaves.
    """
    missing = [item for item in task["items"] if _lacks(item, given.get(item["id"]))]
    if missing and not sys.stdin.isatty():
        raise _unanswered(task, missing)
    while True:
        asked = _all_asked(golive, task, missing)
        try:
            golive.client.post(f"/tasks/{task['id']}/complete", {"items": given | asked}, fresh_key())
        except Failure as refused:
            if not missing:
                raise
            for line in (str(refused), *refused.more):
                screen.say(line, "yellow")
        else:
            return


def _lacks(item: Row, result: dict[str, Any] | None) -> bool:
    """Tell whether an item has no result yet, or one without the remark or a piece of evidence that it requires."""
    if result is None:
        return True
    if result["result"] == "not_applicable":
        return not result.get("remark")
    there = Counter(piece["type"] for piece in result.get("evidence") or [])
    there["remark"] = int(bool(result.get("remark")))
    wanted: Counter[str] = Counter()
    for need in item["requires"]:
        wanted[need["type"]] += need["min"]
    return any(there[kind] < least for kind, least in wanted.items())


def _unanswered(task: Row, missing: list[Row]) -> Failure:
    """Return what is to be said of the items by whom nobody can ask, option by option."""
    sentence = _(
        "Run {run} has begun and waits for the facts. The same command goes on with it: at a terminal it asks for "
        "them; elsewhere say them in its options, each pass, fail or na:"
    )
    return Failure(sentence.format(run=task["run_id"]), tuple(map(_options, missing)))


def _options(item: Row) -> str:
    """Return the options that give the result of an item, with everything that it requires."""
    needs = item["requires"]
    said = any(need["type"] == "remark" for need in needs)
    options = [f"--item '{item['id']}=pass:REMARK'" if said else f"--item {item['id']}=pass"]
    for need in needs:
        if need["type"] != "remark":
            option = _OPTIONS[need["type"]] if need["type"] in _OPTIONS else _signature(item)
            options += [option.format(item=item["id"], name=need.get("name") or "NAME")] * need["min"]
    return " ".join(options)


def _signature(item: Row) -> str:
    sentence = _(
        "“{item}” requires a signature: complete the task on its page, or by `golive task complete`."
    )
    return sentence.format(item=item["id"])


def _all_asked(golive: Connected, task: Row, missing: list[Row]) -> dict[str, Any]:
    try:
        return {item["id"]: _asked(golive, item) for item in missing}
    except typer.Abort as left:
        screen.say("")
        raise _unanswered(task, missing) from left


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
        raise Failure(_signature(item))
    question = _QUESTIONS[need["type"]]
    return f"{question} ({plain(need['name'])})" if need.get("name") else question


def _result() -> str:
    while (said := _said(_("pass, fail or na"), "pass")) not in RESULTS:
        screen.say(_("“{result}” is not a result: pass, fail or na").format(result=said), "yellow")
    return said


def _said(question: str, default: str | None = None) -> str:
    return str(typer.prompt(f"  {question}", default=default, err=True)).strip()
