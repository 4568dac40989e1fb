"""The request behind a plan: titles, times, sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from golive.errors import Invalid
from golive.planning import GRACE, StartRequest
from golive.template_source import read_checklist, read_template
from tests.templates.library import NOW, RELEASE, bundled, plan_of, written

LIBRARY = written(
    t="stages:\n- id: s\n  process: uat\n  title: S\n  tasks: [{key: a, title: A, function: qa}]\n"
)


def test_what_was_asked_is_frozen() -> None:
    plan = plan_of(
        LIBRARY, "t", title="Autumn", start_at=NOW + timedelta(days=1), go_live_at=NOW + timedelta(days=9)
    )
    assert (plan.template, plan.template_version, plan.title) == ("t", 3, "Autumn")
    assert (plan.start_at, plan.go_live_at) == (NOW + timedelta(days=1), NOW + timedelta(days=9))
    assert plan.release.service == "checkout"
    assert plan.shift_timeout == 30


def test_a_run_without_a_title_is_called_after_its_release() -> None:
    assert plan_of(LIBRARY, "t").title == "checkout 1.4.0"
    long = {**RELEASE, "service": "s" * 120, "version": "v" * 120}
    assert len(plan_of(LIBRARY, "t", release=long).title) == 200


def test_times_that_cannot_be_are_refused() -> None:
    assert plan_of(LIBRARY, "t", start_at=NOW - GRACE).start_at == NOW - GRACE
    for wrong in (
        {"start_at": NOW - timedelta(days=1)},
        {"go_live_at": NOW - timedelta(days=1)},
        {"start_at": NOW + timedelta(days=2), "go_live_at": NOW + timedelta(days=1)},
    ):
        with pytest.raises(Invalid) as refused:
            plan_of(LIBRARY, "t", **wrong)
        assert refused.value.code == "start_time_invalid"


def test_parameters_keep_their_json_types() -> None:
    asked = {"template": "t", "release": RELEASE, "parameters": {"a": True, "b": 1, "c": 1.5, "d": "1"}}
    parameters = StartRequest.model_validate(asked).parameters
    assert [type(value) for value in parameters.values()] == [bool, int, float, str]
    with pytest.raises(ValidationError):
        StartRequest.model_validate({**asked, "parameters": {"a": [1]}})


def test_a_plan_that_does_not_fit_into_a_run_is_refused() -> None:
    text = "x" * 50_000
    task = f"  - {{key: a, title: {text}, function: qa}}\n"
    inner = f"stages:\n- id: s\n  process: uat\n  title: S\n  tasks:\n{task}"
    outer = "stages:\n" + "".join(f"- {{id: s{n}, use: inner}}\n" for n in range(20))
    with pytest.raises(Invalid, match="split the template") as refused:
        plan_of(written(inner=inner, t=outer), "t")
    assert refused.value.code == "plan_too_large"


def test_a_thousand_tasks_fit() -> None:
    tasks = "".join(
        f"  - {{key: t{n}, title: T, function: qa{f', needs: [t{n - 7}]' if n >= 7 else ''}}}\n"
        for n in range(1000)
    )
    plan = plan_of(written(t=f"stages:\n- id: s\n  process: uat\n  title: S\n  tasks:\n{tasks}"), "t")
    assert len(plan.stages[0].tasks) == 1000


def test_a_change_of_any_text_changes_the_hash() -> None:
    library = bundled()
    before = plan_of(library, "saas-standard").template_hash
    assert plan_of(bundled(), "saas-standard").template_hash == before
    for changed in (
        read_template("saas-standard.yaml", library.templates["saas-standard"].text + "#\n"),
        read_checklist("way-back.yaml", library.checklists["way-back"].text + "#\n"),
    ):
        assert plan_of(library.including(changed), "saas-standard").template_hash != before
