"""The tests of templates: played on the rules in memory, in virtual time; nothing else needs to run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli import screen
from cli.connected import failures_told
from cli.language import _, ngettext
from cli.source_files import library_of, scripts_in, text_of, told
from golive.problems import InvalidSource
from golive.rehearsal_script import Script, Test
from golive.template_source import Library

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="FILE|FOLDER", help=_("Templates, files of tests (*.test.yaml), or folders.")),
]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("test", help=_("Play the tests of templates, in virtual time and without the API."))(rehearse)


def rehearse(
    paths: Paths,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the results as JSON."))] = False,
) -> None:
    """Play the tests of templates."""
    with failures_told():
        results = list(_played(paths))
    if as_json:
        print(json.dumps(_as_json(results), ensure_ascii=False, indent=2))
    else:
        _show(results)
    if any(result["passed"] is not True for result in results):
        raise typer.Exit(1)


def _played(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield what came of each test and, after those of a script with mistakes, one entry with its errors."""
    from golive.rehearsal_script import read_script

    for file, folder in scripts_in(paths).items():
        try:
            script = read_script(str(file), text_of(file))
        except InvalidSource as wrong:
            yield _mistakes(file, wrong)
            continue
        library, problems = library_of(folder), list(script.problems)
        for each in script.tests:
            try:
                yield {"file": str(file), **_outcome(library, script, each)}
            except InvalidSource as wrong:
                problems += wrong.problems
        if problems:
            yield _mistakes(file, InvalidSource(problems))


def _mistakes(file: Path, wrong: InvalidSource) -> dict[str, Any]:
    errors = [problem.error(told(problem.sentence)) for problem in wrong.problems]
    return {"file": str(file), "passed": False, "errors": errors}


def _outcome(library: Library, script: Script, test: Test) -> dict[str, Any]:
    """Play one test. Raises InvalidSource."""
    from golive.rehearsal import play
    from workflows.go_live import PROCESSES

    began = time.perf_counter()
    outcome = play(library, script, test, PROCESSES)
    took = round((time.perf_counter() - began) * 1000, 1)
    failure = outcome.failure and {
        "line": outcome.failure.line,
        "step": outcome.failure.step,
        "expected": told(outcome.failure.expected),
        "found": told(outcome.failure.found),
    }
    return {
        "template": script.template,
        "test": outcome.test,
        "line": outcome.line,
        "passed": failure is None,
        "milliseconds": took,
        "failure": failure,
    }


def _as_json(results: list[dict[str, Any]]) -> dict[str, Any]:
    tests = [result for result in results if "errors" not in result]
    errors = [error for result in results for error in result.get("errors", ())]
    return {
        "tests": tests,
        "errors": errors,
        "passed": sum(result["passed"] for result in tests),
        "failed": sum(not result["passed"] for result in tests),
    }


def _show(results: Iterable[dict[str, Any]]) -> None:
    console = screen.out()
    passed = failed = broken = 0
    for result in results:
        if "errors" in result:
            broken += 1
            for error in result["errors"]:
                place = ": ".join(
                    str(part) for part in (f"{error['file']}:{error['line']}", error["path"]) if part
                )
                console.print(Text(f"✗ {place}: {error['message']}", style="red"), soft_wrap=True)
        elif result["passed"]:
            passed += 1
            name = f"✓ {result['template']}: {result['test']}"
            console.print(Text(f"{name} ({result['milliseconds']} ms)", style="green"), soft_wrap=True)
        else:
            failed += 1
            for line in _failure(result):
                console.print(Text(screen.plain(line), style="red"), soft_wrap=True)
    sentence = ngettext(
        "{passed} passed, {failed} failed, {broken} file with mistakes",
        "{passed} passed, {failed} failed, {broken} files with mistakes",
        broken,
    )
    console.print(sentence.format(passed=passed, failed=failed, broken=broken))


def _failure(result: dict[str, Any]) -> Iterator[str]:
    why = result["failure"]
    yield f"✗ {result['file']}:{why['line']}: {result['test']}: {why['step']}"
    yield "    " + _("expected: {what}").format(what=why["expected"])
    yield "    " + _("found:    {what}").format(what=why["found"])
