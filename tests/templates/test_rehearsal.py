"""The tests of templates are played on the rules: those of the bundled ones pass, and a wrong one says where."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from golive.problems import InvalidSource
from golive.rehearsal import Outcome, play
from golive.rehearsal_script import ENDING, Script, read_script
from golive.rehearsal_steps import KINDS_OF_STEPS
from golive.template_source import Library
from tests.templates.library import ROOT, bundled, written
from workflows.go_live import PROCESSES

LIBRARY = bundled()
SCRIPTS = sorted((ROOT / "templates/processes").glob(f"*{ENDING}"))
TESTS = [
    pytest.param(script, n, id=f"{script.template}-{n}")
    for script in (read_script(str(path), path.read_text(encoding="utf-8")) for path in SCRIPTS)
    for n in range(len(script.tests))
]
SMALL = """
stages:
- id: uat
  process: uat
  title: UAT
  tasks:
  - {key: run, title: Run, function: qa, due: 1d, requires: [{type: metric, name: faults}], items: [{id: a, text: A}]}
  - {key: look, title: Look, function: dev, verify: true}
  approvals: [{key: go, title: Go, rules: [{function: ops}], back_to: run}]
  gates: [{key: few, title: Few, checks: [
    {key: f, title: F, source: {task: run, fact: faults}, compare: "<", threshold: 3},
    {key: m, title: M, source: {metric: speed}, compare: "<=", threshold: 9}]}]
- id: full
  process: full_release
  title: Full
  needs: [uat]
  rollout:
    on_conflict: supersede
    on_unhealthy: hold
    analyses: [{metric: rate, success: ">= 0.9", interval: 1m}]
    steps: [{do: set_weight, weight: 20}, {do: pause}, {do: set_weight, weight: 100}, {do: bake, duration: 1h}]
"""


def script(steps: str, head: str = "") -> Script:
    written_steps = f"\n{steps}" if steps else " []"
    return sound(f"tests:\n- name: one\n{head}  steps:{written_steps}")


def sound(text: str) -> Script:
    """Read a file of tests. Raises InvalidSource with what is wrong in any of them."""
    read = read_script("t.test.yaml", text)
    if read.problems:
        raise InvalidSource(read.problems)
    return read


def played(steps: str, head: str = "", library: Library | None = None) -> Outcome:
    read = script(steps, head)
    return play(library or written(t=SMALL), read, read.tests[0], PROCESSES)


def test_every_bundled_template_has_tests() -> None:
    assert [path.name.removesuffix(ENDING) for path in SCRIPTS] == sorted(LIBRARY.templates)
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        assert "run: completed" in text, path
        assert "refused: " in text, path
        assert re.search(r": fail\b|aborted|rejected", text), path


@pytest.mark.parametrize(("read", "n"), TESTS)
def test_the_tests_of_the_bundled_templates_pass_quickly(read: Script, n: int) -> None:
    began = time.process_time()
    assert play(LIBRARY, read, read.tests[n], PROCESSES).failure is None
    assert (
        time.process_time() - began < 1
    )  # about 0.1 s at most; one that waits, or goes on for ever, is told


@pytest.mark.parametrize(
    "steps",
    [
        "  - rest: done\n    expect: {run: completed, traffic: 100, gates: {uat.few: pass}}\n",
        "  - {start: uat.run, by: qa2}\n  - {complete: uat.run, by: qa1, refused: foreign_task}\n",
        "  - {complete: uat.run, evidence: [], refused: evidence_missing}\n",
        "  - {complete: uat.run, leave_out: [a], refused: item_open}\n",
        (
            "  - {complete: uat.look, by: dev1, expect: {tasks: {uat.look: to_verify}}}\n"
            "  - {verify: uat.look, result: fail, expect: {tasks: {uat.look: in_progress}}}\n"
        ),
        (
            "  - {block: uat.run, expect: {tasks: {uat.run: blocked}}}\n  - {start: uat.run}\n"
            "  - {reassign: uat.run, to: qa3, expect: {awaited: [qa3], not_awaited: [qa1]}}\n"
        ),
        "  - {not_applicable: uat.look, by: manager, reason: small}\n  - {until: {tasks: {uat.run: done}}}\n",
        (
            "  - until: {approvals: {uat.go: pending}}\n  - {send_back: uat.go, to: uat.run}\n"
            "  - expect: {approvals: {uat.go: returned}, tasks: {uat.run: open}}\n"
        ),
        (
            "  - measure: {speed: 12}\n  - rest: done\n    expect: {gates: {uat.few: fail}, run: running}\n"
            "  - measure: {speed: 8}\n  - {after: 2 minutes, expect: {gates: {uat.few: pass}, traffic: 20}}\n"
        ),
        "  - measure: {speed: unreadable}\n  - rest: done\n    expect: {gates: {uat.few: error}}\n",
        (
            "  - until: {traffic: 20}\n  - measure: {rate: 0.1}\n  - {after: 90s, expect: {traffic: 20}}\n"
            "  - rest: done\n    expect: {traffic: 20, awaited: [manager]}\n"
            "  - {retry: again, expect: {traffic: 20}}\n  - measure: {rate: 1}\n"
            "  - rest: done\n    expect: {run: completed}\n"
        ),
        "  - until: {traffic: 20}\n  - {promote_full: fine, expect: {traffic: 100}}\n",
        (
            "  - until: {traffic: 20}\n  - measure: {rate: null}\n  - after: 1 hour\n  - {rollback: no data}\n"
            "  - rest: done\n    expect: {run: aborted, traffic: 0, happened: [StableConfirmed]}\n"
        ),
        (
            "  - traffic: broken\n  - rest: done\n    expect: {traffic: 0, happened: [ShiftFailed]}\n"
            "  - traffic: works\n  - {retry: the gateway is back}\n  - rest: done\n    expect: {run: completed}\n"
        ),
        "  - service: taken\n  - rest: done\n    expect: {run: completed, happened: [ServiceLockWaiting]}\n",
        (
            "  - {hold: wait, expect: {run: held}}\n  - after: 5 days\n  - rest: done\n    expect: {run: held}\n"
            "  - resume: on\n  - rest: done\n    expect: {run: completed}\n"
        ),
        (
            "  - {build: 1.0.1, reason: fixed}\n  - {lesson: test earlier, by: qa1}\n  - {abort: enough}\n"
            "  - rest: done\n    expect: {run: aborted, happened: [BuildReplaced, LessonAdded]}\n"
        ),
        "  - {after: 2 days, expect: {overdue: [uat.run], happened: [Escalated]}}\n",
        (
            "  - {complete: uat.run, facts: {faults: 7}}\n  - rest: done\n    expect: {blocked_by: [Few, 7 is not]}\n"
            "  - {reopen: uat.run}\n  - rest: done\n    expect: {run: completed}\n"
        ),
    ],
)
def test_what_a_script_can_say_comes_out_as_the_rules_have_it(steps: str) -> None:
    assert played(steps).failure is None


def test_the_same_script_comes_out_the_same() -> None:
    steps = "  - rest: done\n    expect: {traffic: 7}\n"
    assert played(steps) == played(steps)


def test_every_kind_of_step_is_played_by_a_test_of_this_file_or_a_bundled_one() -> None:
    told = Path(__file__).read_text(encoding="utf-8") + "".join(
        p.read_text(encoding="utf-8") for p in SCRIPTS
    )
    assert [kind for kind in KINDS_OF_STEPS if f"- {kind}:" not in told and f"{{{kind}:" not in told] == []


@pytest.mark.parametrize(
    ("steps", "line", "step", "expected", "found"),
    [
        ("  - expect: {run: held}\n", 4, "expect", "run: held", "run: running"),
        ("  - rest: done\n  - approve: uat.go\n", 5, "approve: uat.go", "may do this", "refused: run_ended"),
        (
            "  - complete: uat.run\n    refused: item_open\n",
            4,
            "complete: uat.run",
            "item_open",
            "done by qa1",
        ),
        ("  - complete: uat.run\n    by: dev1\n", 4, "complete: uat.run", "dev1 may", "foreign_task"),
        (
            "  - approve: uat.go\n",
            4,
            "approve: uat.go",
            "ops1 may do this; the step names",
            "nobody is asked now",
        ),
        ("  - until: {run: held}\n", 4, "until", "run: held", "run: completed"),
        ("  - expect: {blocked_by: money}\n", 4, "expect", "blocked_by: money", "waits since"),
        ("  - expect: {awaited: [ops1]}\n", 4, "expect", "awaited: ops1", "awaited: dev1"),
        ("  - after: 1m\n    expect: {happened: [RunHeld]}\n", 4, "after: 1m", "RunHeld", "RunStarted"),
    ],
)
def test_a_failure_says_line_step_expected_and_found(
    steps: str, line: int, step: str, expected: str, found: str
) -> None:
    failure = played(steps).failure
    assert failure is not None
    assert (failure.line, failure.step) == (line, step)
    assert expected in str(failure.expected)
    assert found in str(failure.found)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (
            "  - complete: uat.rn\n",
            "t.test.yaml:4: tests[0].steps[0].complete: there is no task “uat.rn”; did you",
        ),
        ("  - approve: uat.no\n", "there is no approval “uat.no”; did you mean “uat.go”?"),
        (
            "  - hold: x\n    by: mangaer\n",
            "t.test.yaml:5: tests[0].steps[0].by: there is no person “mangaer”; did",
        ),
        ("  - expect: {stages: {utt: open}}\n", "there is no stage “utt”; did you mean “uat”?"),
        ("  - expect: {gates: {few: pass}}\n", "there is no gate “few”"),
        ("  - expect: {run: complete}\n", "“complete” is not possible here; did you mean “completed”?"),
        ("  - expect: {runn: held}\n", "there is no key “runn” here; did you mean “run”?"),
        ("  - expect: {happened: [RunHalted]}\n", "there is no event “RunHalted”; did you mean “RunHeld”?"),
        (
            "  - complete: uat.run\n    facts: {fault: 1}\n",
            "there is no metric “fault”; did you mean “faults”?",
        ),
        ("  - complete: uat.run\n    items: {b: pass}\n", "there is no item “b”; there are: a"),
        ("  - complte: uat.run\n", "there is no step “complte”; did you mean “complete”?"),
        ("  - zzz: 1\n", "a step is one of rest, until, after"),
        ("  - {hold: a, resume: b}\n", "a step does one thing; this one says hold, resume"),
        ("  - after: soon\n", "“soon” is not a length of time"),
        ("  - just words\n", "a step is one of rest"),
        ("  - measure: {rate: fine}\n", "measure"),
    ],
)
def test_a_wrong_script_gets_one_clear_sentence_with_its_line(steps: str, told: str) -> None:
    with pytest.raises(InvalidSource) as refused:
        played(steps)
    assert "t.test.yaml:" in str(refused.value)
    assert any(told in str(problem) for problem in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tests: []\n", "tests: needs at least one entry"),
        ("test: []\n", "there is no key “test” here; did you mean “tests”?"),
        ("- a\n", "a file of tests is a group of keys"),
        (
            "tests:\n- nam: x\n",
            "t.test.yaml:2: tests[0].nam: there is no key “nam” here; did you mean “name”?",
        ),
        ("tests: [", "this is not YAML"),
    ],
)
def test_a_wrong_file_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidSource, match=r"t\.test\.yaml:\d") as refused:
        sound(text)
    assert told in str(refused.value)


def test_a_start_can_be_expected_to_be_refused() -> None:
    head = "  people: {ops: []}\n"
    assert played("", head + "  refused: nobody_for_function\n").failure is None
    for told in (head, head + "  refused: other\n", "  refused: nobody_for_function\n"):
        failure = played("", told).failure
        assert failure is not None
        assert (failure.line, failure.step) == (2, "start")


def test_a_template_that_is_not_there_or_wrong_is_told_at_its_place() -> None:
    with pytest.raises(InvalidSource, match="there is no template “t”"):
        played("  - rest: done\n", library=Library.of([]))
    with pytest.raises(InvalidSource, match=r"t\.yaml:"):
        played("  - rest: done\n", library=written(t=SMALL.replace("needs: [uat]", "needs: [ut]")))


def test_people_and_parameters_of_the_file_and_of_a_test_count() -> None:
    text = "people: {qa: [quinn], ops: [otto]}\ntests:\n- name: a\n  people: {ops: [olga]}\n  manager: mona\n"
    steps = "  steps:\n  - until: {approvals: {uat.go: pending}}\n  - {approve: uat.go, by: olga}\n"
    read = read_script("t.test.yaml", text + steps)
    assert play(written(t=SMALL), read, read.tests[0], PROCESSES).failure is None
