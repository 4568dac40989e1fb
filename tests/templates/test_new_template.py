"""A template that is begun with a few answers: valid, startable and tested, whatever the answers are."""

from __future__ import annotations

import json
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.new_template import script_text, template_text
from golive.people import People
from golive.planning import check_template
from golive.rehearsal import play
from golive.rehearsal_script import read_script
from golive.template_answers import STAGES, Answers, Watched
from golive.template_source import Library, read_template
from tests.templates.library import PEOPLE, bundled, plan_of
from tests.templates.test_template_schema import TEMPLATE as SCHEMA
from tests.templates.test_template_schema import mistakes
from workflows.go_live import PROCESSES

LIBRARY = bundled()
CHOICES = list(chain.from_iterable(combinations(STAGES, n) for n in range(1, len(STAGES) + 1)))
FUNCTIONS = st.sampled_from([*PEOPLE, "null", "no", "y", "x1", "a-b_c"])
PRINTABLE = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=30)
NAMES = st.sampled_from(["mine", "null", "123", "1e5", "true", "a-b", "0-0", "saas-standard"])
METRICS = st.sampled_from(["success_rate", "null", "yes", "p99.latency", "a:b", "_", "Y"])
NUMBERS = st.one_of(
    st.integers(-1000, 1000).map(float),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.sampled_from([0.99, 1e-7, 1e15]),
)
WATCHED = st.builds(
    lambda metric, compare, value: Watched.model_validate(
        {"metric": metric, "good": {"compare": compare, "threshold": value}}
    ),
    METRICS,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    NUMBERS,
)
ANSWERS = st.builds(
    Answers,
    name=NAMES,
    title=PRINTABLE,
    title_zh=st.none() | PRINTABLE,
    stages=st.sampled_from(CHOICES),
    doers=st.lists(FUNCTIONS, min_size=1, max_size=6, unique=True).map(tuple),
    signers=st.lists(FUNCTIONS, min_size=2, max_size=2, unique=True).map(tuple),
    watched=st.lists(WATCHED, max_size=3, unique_by=lambda each: each.metric).map(tuple),
)


def judged(answers: Answers, schema: str | None = None) -> Library:
    """Judge a new template as the API would, start it, and play its tests. Return the library with it."""
    library = LIBRARY.including(read_template(f"{answers.name}.yaml", template_text(answers, schema)))
    assert mistakes(SCHEMA, library.templates[answers.name]) == []
    functions = {*PEOPLE, *answers.doers, *answers.signers}
    people = {function: tuple(f"{function}{n}" for n in range(1, 5)) for function in functions}
    outline = check_template(library, answers.name, people=People(members=people))
    assert outline.title.en == answers.title
    assert outline.title.zh == (answers.title_zh or answers.title)
    assert [stage.process for stage in outline.stages] == [STAGES[stage] for stage in answers.in_order]
    plan = plan_of(library, answers.name, people=people)
    signed = [approval for stage in plan.stages for approval in stage.approvals]
    assert any({rule.function for rule in each.rules} == set(answers.signers) for each in signed)
    script = read_script(f"{answers.name}.test.yaml", script_text(answers))
    assert len(script.tests) == 3
    for test in script.tests:
        assert play(library, script, test, PROCESSES).failure is None, template_text(answers, schema)
    return library


@pytest.mark.timeout(300)
@settings(max_examples=40)
@given(ANSWERS)
def test_whatever_is_answered_the_template_is_valid_startable_and_its_tests_pass(answers: Answers) -> None:
    judged(answers)


@pytest.mark.parametrize("stages", [each for each in CHOICES if len(each) in (1, 2, 7)], ids=",".join)
def test_every_choice_of_stages(stages: tuple[str, ...]) -> None:
    answers = {"name": "mine", "title": "Mine", "stages": stages, "doers": ("dev", "qa", "ops", "release")}
    watched = [{"metric": "success_rate", "good": ">= 0.99"}]
    judged(Answers.model_validate({**answers, "signers": ("ops", "qa"), "watched": watched}))


def test_what_golive_comes_with_is_used_where_it_asks_the_same_functions() -> None:
    rate = Watched.read("success_rate >= 0.95")
    doers = ("dev", "qa", "ops", "release", "support", "business")
    answers = Answers(
        name="mine", title="Mine", stages=tuple(STAGES), doers=doers, signers=("ops", "qa"), watched=(rate,)
    )
    assert "dual-sign-off" in check_template(judged(answers), "mine").uses
    grey = answers.model_copy(update={"stages": ("grey-release", "full-release")})
    library = judged(grey)
    assert "grey-release" in check_template(library, "mine").uses
    assert plan_of(library, "mine").stages[0].rollout.steps[-2].weight == 50  # type: ignore[union-attr]
    uat = answers.model_copy(
        update={"stages": ("uat", "full-release", "review"), "signers": ("business", "qa")}
    )
    assert {"uat", "post-launch-review"} <= set(check_template(judged(uat), "mine").uses)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "No"}, "name"),
        ({"title": "two\nlines"}, "one line"),
        ({"stages": ["uta"]}, "there is no stage “uta”"),
        ({"stages": []}, "stages"),
        ({"signers": ["ops", "ops"]}, "two different functions"),
        ({"doers": []}, "doers"),
        ({"watched": [{"metric": "a b", "good": "> 1"}]}, "metric"),
        ({"watched": [{"metric": "a", "good": "about 1"}]}, "compare"),
        ({"watched": [{"metric": "a", "good": "> 1"}] * 2}, "watched once"),
    ],
)
def test_answers_that_mean_nothing_are_refused(wrong: dict[str, object], told: str) -> None:
    good = {"name": "a", "title": "A", "stages": ["uat"], "doers": ["qa"], "signers": ["ops", "qa"]}
    with pytest.raises(ValueError, match=told):
        Answers.model_validate({**good, **wrong})


def test_it_teaches_and_names_its_schema_only_when_there_is_one() -> None:
    answers = Answers(name="a", title="A", stages=("uat",), doers=("qa",), signers=("ops", "qa"))
    text = template_text(answers, "template.schema.json")
    assert text.startswith("# yaml-language-server: $schema=template.schema.json\n")
    assert "$schema" not in template_text(answers, None)
    assert text.count("  # ") + text.count("\n# ") >= 4
    assert all(len(line) <= 120 for line in text.splitlines())
    assert json.dumps(answers.title) in text
