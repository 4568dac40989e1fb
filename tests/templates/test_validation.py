"""Each mistake in a template is told with file, line, path and what to write instead."""

from __future__ import annotations

import pytest

from golive.errors import Invalid
from golive.planning import check_checklist, check_template
from golive.problems import InvalidSource
from golive.template_source import Library, read_checklist, read_template
from tests.templates.library import HEAD, written

STAGE = "stages:\n- id: s\n  process: uat\n  title: S\n"
"""Lines 4 to 7 of the text."""
ROLLOUT = "stages:\n- id: s\n  process: grey_release\n  title: S\n  rollout:\n"
TASK = "  - {key: a, title: A, function: qa}\n"
OPEN_TASK = f"{STAGE}  tasks:\n  - key: a\n    title: A\n    function: qa\n"
"""Up to line 11; a test goes on with one more key of the task."""
OPEN_CHECK = (
    f"{STAGE}  tasks:\n{TASK}  gates:\n  - key: g\n    title: G\n    checks:\n"
    "    - key: c\n      title: C\n      source: {task: a, fact: f}\n"
)
"""Up to line 16; a test goes on with the comparison of a check."""
STEPS = f"{ROLLOUT}    steps:\n"


def problems(body: str, **others: str) -> list[str]:
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=body, **others), "t")
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        # what the schema says
        ("stage: []\n", "t.yaml:4: stage: there is no key “stage” here; did you mean “stages”?"),
        ("stages: []\n", "t.yaml:4: stages: needs at least one entry"),
        ("stages: 3\n", "t.yaml:4: stages: must be a list, not 3"),
        (
            f"{STAGE}  taks: []\n",
            "t.yaml:8: stages[0].taks: there is no key “taks” here; did you mean “tasks”?",
        ),
        (
            f"{STAGE}  zzz: 1\n",
            "t.yaml:8: stages[0].zzz: there is no key “zzz” here; there are: approvals, description",
        ),
        (
            "stages:\n- id: s\n  process: uta\n  title: S\n",
            "t.yaml:6: stages[0].process: “uta” is not possible here; did you mean “uat”?",
        ),
        (
            f"{OPEN_CHECK}      compare: '=>'\n      threshold: 1\n",
            "t.yaml:17: stages[0].gates[0].checks[0].compare: “=>” is not possible here; did you mean “>=”?",
        ),
        (
            "stages:\n- id: S\n  process: uat\n  title: S\n",
            "t.yaml:5: stages[0].id: “S” is no key: use lower",
        ),
        ("stages:\n- id: a.b\n  process: uat\n  title: S\n", "t.yaml:5: stages[0].id: “a.b” is no key"),
        ("stages:\n- id: s\n  process: uat\n", "t.yaml:5: stages[0].title: the key “title” is missing"),
        (
            "stages:\n- id: s\n  process: uat\n  title: {en: S}\n",
            "t.yaml:7: stages[0].title.zh: the key “zh” is missing",
        ),
        (
            "stages:\n- id: s\n  process: uat\n  title: 4\n",
            "t.yaml:7: stages[0].title: must be text, or its two languages as en: and zh:, not 4",
        ),
        (
            f"{STAGE}  tasks:\n  - {{key: a, title: A, function: QA}}\n",
            "t.yaml:9: stages[0].tasks[0].function: “QA” is no function",
        ),
        (
            f"{STAGE}  tasks:\n  - {{key: a, title: A, function: qa, due: 3x}}\n",
            "t.yaml:9: stages[0].tasks[0].due: “3x” is not a length of time; write for example 30s",
        ),
        (
            f"{STAGE}  tasks:\n  - {{key: a, title: A, function: qa, due: {{within: 3}}}}\n",
            "t.yaml:9: stages[0].tasks[0].due.within: must be a length of time such as",
        ),
        (
            f"{OPEN_TASK}    requires: [{{type: remrak}}]\n",
            "t.yaml:12: stages[0].tasks[0].requires[0].type: “remrak” is not possible here; did you mean",
        ),
        (
            f"{OPEN_TASK}    verify: maybe\n",
            't.yaml:12: stages[0].tasks[0].verify: must be true or false, not "maybe"',
        ),
        (
            f"{OPEN_TASK}    requires: [{{type: link, min: 99}}]\n",
            "t.yaml:12: stages[0].tasks[0].requires[0].min: must be at most 50, not 99",
        ),
        (
            f"{STEPS}    - {{do: set_wieght, weight: 5}}\n",
            "t.yaml:10: stages[0].rollout.steps[0]: “set_wieght” is not possible here; did you mean “set_",
        ),
        (
            f"{STEPS}    - {{weight: 5}}\n",
            "t.yaml:10: stages[0].rollout.steps[0]: the key “do” is missing, which says what this is",
        ),
        (
            f"{STEPS}    - {{do: approval, approval: 3}}\n",
            "t.yaml:10: stages[0].rollout.steps[0].approval: must be text, not 3",
        ),
        (
            f"{STEPS}    - {{do: set_weight, weight: 101}}\n",
            "t.yaml:10: stages[0].rollout.steps[0].weight: must be at most 100, not 101",
        ),
        (
            f"{STEPS}    - do: pause\n    analyses: [{{metric: m, success: '>= 1', count: 3}}]\n",
            "t.yaml:11: stages[0].rollout.analyses[0]: a count above 1 needs an interval",
        ),
        (
            (
                f"{STAGE}  gates:\n  - key: g\n    title: G\n    checks:\n"
                "    - {key: c, title: C, source: {tsk: a, fact: f}, compare: '==', threshold: 1}\n"
            ),
            "t.yaml:12: stages[0].gates[0].checks[0].source.tsk: there is no key “tsk” here; did you mean",
        ),
        (
            f"{STAGE}calendar: {{time_zone: Asia/Shangai}}\n",
            "t.yaml:8: calendar.time_zone: there is no time zone “Asia/Shangai”",
        ),
        (
            "stages:\n- {id: s, use: b, need: [x]}\n",
            "t.yaml:5: stages[0].need: there is no key “need” here; did",
        ),
        # parameters
        (
            f"parameters:\n- {{key: n, title: N, type: integer, default: x}}\n{STAGE}",
            't.yaml:5: parameters[0].default: the parameter “n” must be a whole number, not "x"',
        ),
        (
            f"parameters:\n- {{key: n, title: N, type: number, min: 2, max: 1}}\n{STAGE}",
            "t.yaml:5: parameters[0].min: “min” is above “max”",
        ),
        (
            f"parameters:\n- {{key: n, title: N, type: choice}}\n{STAGE}",
            "t.yaml:5: parameters[0].choices: “choices” belong to a parameter of the type choice",
        ),
        (
            f"parameters:\n- {{key: n, title: N}}\n- {{key: n, title: N}}\n{STAGE}",
            "t.yaml:6: parameters[1].key: the key “n” is used twice",
        ),
        (
            f"parameters:\n- {{key: bake, title: B}}\n{STAGE}  description: for ${{baek}} now\n",
            "t.yaml:10: stages[0].description: there is no parameter “baek”; did you mean “bake”?",
        ),
        # what stages and tasks name
        (f"{STAGE}  needs: [x]\n", "t.yaml:8: stages[0].needs[0]: there is no stage “x”; there are: s"),
        (f"{STAGE}- id: s\n  process: uat\n  title: S\n", "t.yaml:8: stages[1].id: there are two stages “s”"),
        (
            f"{STAGE}  tasks:\n{TASK}  - {{key: b, title: B, function: qa, needs: [aa]}}\n",
            "t.yaml:10: stages[0].tasks[1].needs[0]: there is no task “s.aa”; did you mean “s.a”?",
        ),
        (
            f"{STAGE}  tasks:\n  - {{key: b, title: B, function: qa, needs: [q.a]}}\n",
            "t.yaml:9: stages[0].tasks[0].needs[0]: there is no stage “q”; there are: s",
        ),
        (f"{STAGE}  tasks:\n{TASK}{TASK}", "t.yaml:10: stages[0].tasks[1].key: “a” stands twice"),
        (
            f"{STAGE}  tasks:\n{TASK}  approvals:\n  - {{key: a, title: A, rules: [{{function: qa}}]}}\n",
            "t.yaml:11: stages[0].approvals[0].key: “a” stands twice",
        ),
        (
            f"{STAGE}  tasks:\n  - {{key: a, title: A, function: qa, checklist: nope}}\n",
            "t.yaml:9: stages[0].tasks[0].checklist: there is no checklist “nope”; there are: –",
        ),
        (
            f"{OPEN_TASK}    items: [{{id: i, text: I}}, {{id: i, text: J}}]\n",
            "t.yaml:12: stages[0].tasks[0].items[1].id: “i” stands twice",
        ),
        (
            f"{STAGE}  approvals:\n  - {{key: a, title: A, rules: [{{function: qa}}], back_to: b}}\n",
            "t.yaml:9: stages[0].approvals[0].back_to: there is no task “s.b”",
        ),
        (
            f"{OPEN_TASK}    due: {{within: 4h, before_go_live: true}}\n",
            "t.yaml:12: stages[0].tasks[0].due: before the go-live only whole working days count",
        ),
        # gates
        (
            (
                f"{STAGE}  tasks:\n{TASK}  gates:\n  - key: g\n    title: G\n    checks:\n"
                "    - {key: c, title: C, source: {task: a, fact: pass_rate}, compare: '==', threshold: 1}\n"
            ),
            "t.yaml:14: stages[0].gates[0].checks[0].source.fact: “s.a” gives no “pass_rate”",
        ),
        (
            (
                f"{OPEN_TASK}    requires: [{{type: metric, name: m}}]\n"
                "  gates:\n  - key: g\n    on: entry\n    title: G\n    checks:\n"
                "    - {key: c, title: C, source: {task: a, fact: m}, compare: '==', threshold: 1}\n"
            ),
            "t.yaml:18: stages[0].gates[0].checks[0].source.task: an entry gate cannot read a task",
        ),
        # rollouts
        (
            "stages:\n- id: s\n  process: full_release\n  title: S\n",
            "t.yaml:5: stages[0].rollout: a rollout belongs",
        ),
        (f"{STAGE}  rollout: {{steps: [{{do: pause}}]}}\n", "t.yaml:8: stages[0].rollout: a rollout belongs"),
        (f"{STAGE}  observe: 3d\n", "t.yaml:8: stages[0].observe: only hypercare observes"),
        (
            f"{ROLLOUT}    steps: [{{do: approval, approval: go}}]\n",
            "t.yaml:9: stages[0].rollout.steps[0].approval: there is no approval “go”",
        ),
        (
            f"{STEPS}    - {{do: set_weight, weight: 20}}\n    - {{do: set_weight, weight: 10}}\n",
            "t.yaml:11: stages[0].rollout.steps[1].weight: the weight goes down from 20 to 10",
        ),
        (
            f"{ROLLOUT}    steps: [{{do: bake, duration: 5m}}]\n",
            "t.yaml:9: stages[0].rollout.steps[0]: nothing is measured here",
        ),
        (
            f"{STEPS}    - {{do: set_weight, weight: 50}}\n".replace("grey", "full"),
            "t.yaml:9: stages[0].rollout.steps: a full release must end at a weight of 100",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_path(body: str, told: str) -> None:
    found = problems(body)
    assert any(problem.startswith(told) for problem in found), found


def test_a_weight_may_go_down_when_that_is_meant() -> None:
    steps = (
        "    steps:\n    - {do: set_weight, weight: 20}\n    - {do: set_weight, weight: 10, lower: true}\n"
    )
    assert check_template(written(t=f"{ROLLOUT}{steps}"), "t").name == "t"


def test_all_problems_of_a_file_come_together_in_its_order() -> None:
    found = problems(f"{STAGE}  taks: []\n  needs: [s, x]\n  observe: 1x\nladdr: {{}}\n")
    assert [line.split(": ")[1] for line in found] == ["stages[0].taks", "stages[0].observe", "laddr"]


def test_a_mistake_in_a_used_template_or_checklist_names_that_file() -> None:
    found = problems("stages:\n- {id: a, use: inner}\n", inner=f"{STAGE}  observe: 1h\n")
    assert found == [
        "inner.yaml:8: stages[0].observe: only hypercare observes; use a pause or a bake in a rollout"
    ]

    task = "  tasks:\n  - {key: a, title: A, function: qa, checklist: c}\n"
    listed = read_checklist("c.yaml", "name: c\ntitle: C\nitems:\n- {id: i, txt: I}\n")
    with pytest.raises(InvalidSource, match=r"c\.yaml:4: items\[0\]\.txt: there is no key “txt” here"):
        check_template(written(t=f"{STAGE}{task}").including(listed), "t")
    with pytest.raises(InvalidSource, match="did you mean “text”"):
        check_checklist(listed)


@pytest.mark.parametrize("text", ["", "- a\n", "just text", "title: A\n", "name: 3\n", "name: Not A Key\n"])
def test_a_source_begins_with_its_name(text: str) -> None:
    with pytest.raises(InvalidSource, match=r"^t\.yaml:1: .*a template"):
        read_template("t.yaml", text)


def test_cycles_are_named() -> None:
    def stage(key: str, needs: str, tasks: str = "") -> str:
        return f"- {{id: {key}, process: uat, title: S, needs: [{needs}], tasks: [{tasks}]}}\n"

    found = problems("stages:\n" + stage("a", "c") + stage("b", "a") + stage("c", "b") + stage("d", "c"))
    assert "these stages need each other, so none of them can open: " in found[0]
    named = found[0].rpartition(": ")[2].split(" → ")
    assert named[0] == named[-1]
    assert set(named) == {"a", "b", "c"}
    assert "t.yaml:8: stages[3]: the stage “d” can never open" in found

    tasks = [f"{{key: {key}, title: T, function: qa, needs: [{need}]}}" for key, need in ("xy", "yz", "zx")]
    assert "these wait for each other, so none of them can be done: s.x → s.y → s.z → s.x" in " ".join(
        problems("stages:\n" + stage("s", "", ", ".join(tasks)))
    )

    early = "{key: x, title: T, function: qa, needs: [b.y]}"
    late = "{key: y, title: T, function: qa}"
    assert (
        "so none of them can be done: "
        in problems("stages:\n" + stage("a", "", early) + stage("b", "a", late))[0]
    )


def test_a_rejection_cannot_go_back_to_work_that_comes_later() -> None:
    later = "- id: z\n  process: uat\n  title: Z\n  needs: [s]\n  tasks:\n" + TASK
    approval = "  approvals:\n  - {key: p, title: A, rules: [{function: qa}], back_to: z.a}\n"
    assert "“z.a” is not done before this approval" in problems(f"{STAGE}{approval}{later}")[0]


def test_templates_that_use_each_other_are_refused() -> None:
    found = problems(
        "stages:\n- {id: a, use: u}\n", u="stages:\n- {id: b, use: v}\n", v="stages:\n- {id: c, use: t}\n"
    )
    assert found == ["v.yaml:5: stages[0].use: templates use each other without end: t → u → v → t"]
    assert "there is no template “uat”" in problems("stages:\n- {id: a, use: uat}\n")[0]

    chain = {f"u{n}": f"stages:\n- {{id: a, use: u{n + 1}}}\n" for n in range(6)}
    assert "more than 5 levels" in problems("stages:\n- {id: a, use: u0}\n", **chain)[0]


def test_many_uses_of_many_uses_stop_early() -> None:
    def fan(name: str) -> str:
        return "stages:\n" + "".join(f"- {{id: s{n}, use: {name}}}\n" for n in range(100))

    assert "more than 200 stages" in problems(fan("u"), u=fan("v"), v=fan("w"), w=STAGE)[0]


def test_a_checklist_extends_the_items_of_its_task() -> None:
    listed = read_checklist("c.yaml", "name: c\ntitle: C\nitems:\n- {id: i, text: I}\n- {id: j, text: J}\n")
    task = "  tasks:\n  - {key: a, title: A, function: qa, checklist: c, items: [{id: own, text: O}]}\n"
    library = written(t=f"{STAGE}{task}")
    outline = check_template(library.including(listed), "t")
    assert [item.id for item in outline.stages[0].tasks[0].items] == ["own", "i", "j"]
    assert outline.uses == ("c",)

    twice = read_checklist("c.yaml", "name: c\ntitle: C\nitems:\n- {id: own, text: I}\n")
    with pytest.raises(InvalidSource, match=r"t\.yaml:9: .*“own” stands twice"):
        check_template(library.including(twice), "t")


def test_an_unknown_template_is_told_with_the_nearest() -> None:
    with pytest.raises(
        Invalid, match="there is no template “saas-standart”; did you mean “saas-standard”"
    ) as refused:
        check_template(written(saas_standard=STAGE), "saas-standart")
    assert refused.value.code == "unknown_template"


def test_of_two_sources_with_one_name_the_later_counts() -> None:
    first, second = (read_template("t.yaml", f"name: t\n{HEAD}{STAGE}  # {n}\n") for n in (1, 2))
    assert Library.of([first, second]).templates["t"] is second
    assert first.sha256 != second.sha256


def test_until_a_point_of_no_return_there_must_be_a_way_back() -> None:
    task = "  tasks:\n  - {key: a, title: A, function: qa, point_of_no_return: true}\n"
    assert "there must be a way back" in problems(STAGE + task)[0]
    back = "  on_rollback:\n  - {key: b, title: B, function: qa}\n"
    assert check_template(written(t=STAGE + task + back), "t").functions == ("qa",)
    wrong = "  on_rollback:\n  - {key: b, title: B, function: qa, point_of_no_return: true}\n"
    assert "no point of no return" in problems(STAGE + wrong)[0]
