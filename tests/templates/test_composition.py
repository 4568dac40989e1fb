"""Templates made of templates: ids, needs and references end up as full ones, in an order that works."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.planning import check_template
from golive.problems import InvalidSource
from golive.template import FactSource, Stage
from golive.template_source import read_template
from golive.wait_graph import in_order
from golive.words import Text
from tests.templates.library import HEAD, PEOPLE, plan_of, written

ONE = """parameters:
- {key: who, title: W, default: nobody}
- {key: pace, title: P, type: choice, choices: [real, demo], default: real}
stages:
- id: decide
  process: dual_sign_off
  title: for ${who} at ${pace}
  tasks:
  - {key: collect, title: T, function: release}
  - {key: print, title: T, function: release, needs: [collect], due: {within: 1d, after: decide.collect}}
  approvals:
  - key: go
    title: Go
    rules: [{function: qa, exclude_doers_of: [print]}]
    after: [decide.print]
    back_to: collect
"""
THREE = """stages:
- {id: first, process: uat, title: F, tasks: [{key: a, title: A, function: qa}]}
- id: left
  process: uat
  title: L
  needs: [first]
  tasks: [{key: b, title: B, function: qa, needs: [first.a]}]
- id: right
  process: uat
  title: R
  needs: [first]
  tasks: [{key: c, title: C, function: qa, requires: [{type: metric, name: m}]}]
  gates:
  - {key: g, title: G, checks: [{key: c, title: C, source: {task: c, fact: m}, compare: '>', threshold: 1}]}
"""
OUTER = """parameters:
- {key: pace, title: P, type: choice, choices: [real, demo], default: real}
stages:
- id: end
  process: uat
  title: E
  needs: [test]
  tasks: [{key: z, title: Z, function: qa, needs: [test.left.b]}]
- {id: test, use: three, needs: [go]}
- {id: go, use: one, title: Now, needs: [begin], parameters: {who: us}}
- {id: begin, process: preparation, title: B}
"""
LIBRARY = written(outer=OUTER, one=ONE, three=THREE)


def stages() -> dict[str, Stage]:
    return {stage.id: stage for stage in check_template(LIBRARY, "outer").stages}


def test_a_used_template_takes_the_place_of_its_stage() -> None:
    assert list(stages()) == ["begin", "go", "test.first", "test.left", "test.right", "end"]
    assert check_template(LIBRARY, "outer").uses == ("three", "one")


def test_needs_go_to_the_first_and_from_the_last_inner_stages() -> None:
    needs = {key: stage.needs for key, stage in stages().items()}
    assert needs == {
        "begin": (),
        "go": ("begin",),
        "test.first": ("go",),
        "test.left": ("test.first",),
        "test.right": ("test.first",),
        "end": ("test.left", "test.right"),
    }


def test_references_become_full_inside_and_outside() -> None:
    found = stages()
    go = found["go"]
    assert go.tasks[1].needs == ("go.collect",)
    assert go.tasks[1].due is not None
    assert go.tasks[1].due.after == "go.collect"
    assert go.approvals[0].after == ("go.print",)
    assert go.approvals[0].back_to == "go.collect"
    assert go.approvals[0].rules[0].exclude_doers_of == ("go.print",)
    assert found["test.left"].tasks[0].needs == ("test.first.a",)
    source = found["test.right"].gates[0].checks[0].source
    assert isinstance(source, FactSource)
    assert source.task == "test.right.c"
    assert found["end"].tasks[0].needs == ("test.left.b",)


def test_parameters_are_given_by_the_use_and_the_pace_goes_along() -> None:
    alone = check_template(LIBRARY, "one").stages[0]
    assert alone.title == Text(en="for nobody at real", zh="for nobody at real")
    assert stages()["go"].title.en == "Now"

    untitled = written(outer=OUTER.replace("title: Now, ", ""), one=ONE, three=THREE)
    plan = plan_of(untitled, "outer", parameters={"pace": "demo"})
    assert {stage.id: stage.title.en for stage in plan.stages}["go"] == "for us at demo"


def test_three_levels_keep_their_references() -> None:
    library = written(top="stages:\n- {id: all, use: outer}\n", outer=OUTER, one=ONE, three=THREE)
    found = {stage.id: stage for stage in check_template(library, "top").stages}
    assert list(found)[-1] == "all.end"
    assert found["all.end"].tasks[0].needs == ("all.test.left.b",)
    assert found["all.test.first"].needs == ("all.go",)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ("{id: a, use: one, parameters: {wo: us}}", "stages[0].parameters.wo: there is no parameter “wo”"),
        (
            "{id: a, use: one, parameters: {pace: 3}}",
            "stages[0].parameters.pace: the parameter “pace” must be",
        ),
        ("{id: a, use: three, title: X}", "stages[0].title: only a template of one stage"),
    ],
)
def test_a_mistake_in_a_use_is_told_at_the_use(use: str, told: str) -> None:
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=f"stages:\n- {use}\n", one=ONE, three=THREE), "t")
    assert str(refused.value).startswith(f"t.yaml:5: {told}")


def test_the_hash_follows_every_text_that_was_read() -> None:
    before = check_template(LIBRARY, "outer").hash
    assert plan_of(LIBRARY, "outer").template_hash == before
    inner = read_template("one.yaml", f"name: one\n{HEAD}{ONE}# another\n")
    assert check_template(LIBRARY.including(inner), "outer").hash != before
    stranger = read_template("x.yaml", f"name: x\n{HEAD}{ONE}")
    assert check_template(LIBRARY.including(stranger), "outer").hash == before


def test_a_single_stage_of_a_process_with_its_own_workflow_runs_as_that() -> None:
    assert plan_of(LIBRARY, "one").workflow == "DualSignOff"
    assert plan_of(LIBRARY, "outer").workflow == "GoLive"
    alone = "stages:\n- {id: s, process: hypercare, title: H, tasks: [{key: a, title: A, function: qa}]}\n"
    assert plan_of(written(t=alone), "t").workflow == "GoLive"


graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.permutations(range(count)),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30),
    )
)


@given(graphs)
def test_each_stage_stands_after_its_needs_and_else_as_written(
    graph: tuple[list[int], list[tuple[int, int]]],
) -> None:
    order, edges = graph
    rank = {stage: n for n, stage in enumerate(order)}
    needs = {n: sorted({a for a, b in edges if b == n and rank[a] < rank[b]}) for n in rank}
    stages = [
        Stage(
            id=f"s{n}",
            process="uat",
            title=Text(en="S", zh="S"),
            needs=tuple(f"s{need}" for need in needs[n]),
        )
        for n in sorted(rank)
    ]
    found = [int(stage.id[1:]) for stage in in_order(stages)]
    assert sorted(found) == sorted(rank)
    for at, n in enumerate(found):
        assert set(needs[n]) <= set(found[:at])
        ready = [m for m in rank if m not in found[:at] and set(needs[m]) <= set(found[:at])]
        assert n == min(ready)


def test_only_those_who_take_part_are_in_the_plan() -> None:
    assert list(plan_of(LIBRARY, "one").people) == ["release", "qa"]
    assert plan_of(LIBRARY, "one", people={**PEOPLE, "qa": ["ann", "bo", "ann"]}).people["qa"] == (
        "ann",
        "bo",
    )
