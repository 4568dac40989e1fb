"""Starting a run through its form: every template, every field, its plan before, once."""

from __future__ import annotations

import asyncio
import re

import pytest

from api.pages.start_offer import MOST_NAMED
from tests.api.client import RELEASE, Client
from tests.api.team import PEOPLE, Team
from tests.pages.reader import filled, reading
from tests.pages.starting import DIGEST, EVERY_TYPE, TYPED, crew, field, parameters, press, run_of, small_team
from tests.pages.test_runs_list import HOSTILE

BUNDLED = (
    "data-migration",
    "dual-sign-off",
    "erp-cutover",
    "grey-release",
    "hotfix",
    "mobile-app",
    "post-launch-review",
    "saas-standard",
    "uat",
)


CONTROLS = {"choice": "select", "boolean": 'input[type="checkbox"]', "integer": 'input[type="number"]'}


CONTROLS |= {
    "number": 'input[type="number"]',
    "string": 'input[type="text"]',
    "duration": 'input[type="text"]',
}


async def test_every_template_is_offered_with_what_it_takes(admin: Client) -> None:
    manager = await admin.joined("rm", "release_manager")
    async with reading(admin.app, manager.token) as reader:
        shown = await reader.look("/start")
    assert sorted(link["href"] for link in shown.html.select(".offers h2 a")) == [
        f"/start/{n}" for n in BUNDLED
    ]
    for part in (
        "Standard SaaS go-live",
        "Seven stages:",
        "Preparation UAT Sign-off",
        "version 1",
        "security",
    ):
        assert part in shown.text


@pytest.mark.parametrize("template", BUNDLED)
async def test_every_parameter_is_a_field_of_its_type_with_its_limits(admin: Client, template: str) -> None:
    manager = await admin.joined("rm", "release_manager")
    async with reading(admin.app, manager.token) as reader:
        shown = await reader.look(f"/start/{template}")
    asked = await parameters(admin, template)
    assert asked
    for each in asked:
        control = field(shown, f"parameters.{each['key']}")
        assert control in shown.html.select(CONTROLS[each["type"]]), each
        label = shown.html.select_one(f'label[for="{control["id"]}"]')
        assert label is not None
        assert each["title"] in label.get_text()
        for limit in ("min", "max"):
            if each[limit] is not None:
                assert float(str(control[limit])) == each[limit]
        if each["type"] == "choice":
            assert [option["value"] for option in control.select("option")] == each["choices"]


async def test_every_bundled_template_starts_with_its_defaults_and_shows_its_plan_before(team: Team) -> None:
    manager = await crew(team.admin)
    async with reading(team.admin.app, manager.token) as reader:
        for template in BUNDLED:
            typed = {**TYPED, "release.service": template, "parameters.pace": "demo"}
            shown = await press(reader, await reader.look(f"/start/{template}"), template, "preview", **typed)
            assert not shown.alert, template
            assert f"Preview of {template} 1.4.0" in shown.text
            run_id = run_of(await press(reader, shown, template, "start"))
            team.stack.runs.append(run_id)
            run = await manager.get(f"/runs/{run_id}")
            defaults = {each["key"]: each["default"] for each in await parameters(manager, template)}
            assert run["parameters"] == {**defaults, "pace": "demo"}, template
            assert (run["template"], run["release_manager"], run["release"]["environment"]) == (
                template,
                "boss",
                "production",
            )
            assert all(len(names) >= 4 for names in run["people"].values()), run["people"]


async def test_what_is_typed_into_every_kind_of_field_is_what_the_run_gets(team: Team) -> None:
    await team.admin.post("/templates", {"source": EVERY_TYPE})
    typed = {
        **TYPED,
        "title": "Named by hand",
        "release.environment": "staging",
        "release.authors": "dev1, qa2",
        "release.scope": "Line one\r\nline two",
        "release.artifacts[2].name": "migrations.sql",
        "release.artifacts[2].digest": "sha256:" + "b" * 64,
        "release.external_refs[0].system": "jira",
        "release.external_refs[0].id": "REL-42",
        "release.external_refs[0].url": "https://example.com/REL-42",
        "parameters.pace": "demo",
        "parameters.mood": "brave",
        "parameters.word": "übermut 勇",
        "parameters.kept": "",
        "parameters.whole": "9",
        "parameters.part": "0.25",
        "parameters.on": None,
        "parameters.off": "true",
        "parameters.span": "2h",
        "people.qa": ["qa1"],
    }
    async with reading(team.admin.app, team.manager.token) as reader:
        shown = await press(reader, await reader.look("/start/every-type"), "every-type", "start", **typed)
    team.stack.runs.append(run_of(shown))
    run = await team.manager.get(f"/runs/{run_of(shown)}")
    assert run["title"] == "Named by hand"
    assert run["parameters"] == {
        "pace": "demo",
        "mood": "brave",
        "word": "übermut 勇",
        "kept": "as it is",
        "whole": 9,
        "part": 0.25,
        "on": False,
        "off": True,
        "span": "2h",
    }
    assert run["people"] == {"qa": ["qa1"], "ops": ["ops1"]}
    release = run["release"]
    assert (release["environment"], release["authors"]) == ("staging", ["dev1", "qa2"])
    assert release["scope"].split() == ["Line", "one", "line", "two"]
    assert [each["name"] for each in release["artifacts"]] == ["checkout-1.4.0.tar.gz", "migrations.sql"]
    assert release["external_refs"] == [
        {"system": "jira", "id": "REL-42", "url": "https://example.com/REL-42"}
    ]


async def test_a_form_sent_twice_at_once_and_again_later_starts_one_run(team: Team) -> None:
    async with reading(team.admin.app, team.manager.token) as reader:
        form = await reader.look("/start/small")
        typed = {**TYPED, "parameters.pace": "demo"}
        both = await asyncio.gather(*(press(reader, form, "small", "start", **typed) for _ in range(2)))
        later = await press(reader, form, "small", "start", **typed)
        other = await press(reader, await reader.look("/start/small"), "small", "start", **typed)
    ids = {run_of(shown) for shown in (*both, later)}
    team.stack.runs += [*ids, run_of(other)]
    assert len(ids) == 1
    assert run_of(other) not in ids
    assert len((await team.manager.get("/runs"))["items"]) == 2


async def test_a_preview_and_more_rows_start_nothing_and_keep_what_was_typed(admin: Client) -> None:
    manager = await small_team(admin)
    typed = {
        **TYPED,
        "release.artifacts[0].name": "",
        "release.artifacts[0].digest": "",
        "release.artifacts[2].name": "late.bin",
        "release.artifacts[2].digest": DIGEST,
        "release.scope": "<b>bold</b>\nsecond line",
        "parameters.mood": "calm",
        "parameters.word": "w",
        "parameters.on": None,
        "people.qa": ["qa2"],
        "start_at": "2099-01-05T09:00",
    }
    async with reading(admin.app, manager.token) as reader:
        shown = await press(
            reader, await reader.look("/start/every-type"), "every-type", "release.artifacts", **typed
        )
        kept = filled(shown.form("/start/every-type"))
        assert kept["release.artifacts[0].name"] == ["late.bin"], "rows that are empty close up"
        assert "release.artifacts[5].digest" in kept
        shown = await press(reader, shown, "every-type", "release.external_refs")
        assert "release.external_refs[3].id" in filled(shown.form("/start/every-type"))
        shown = await press(reader, shown, "every-type", "preview")
        assert "Preview of checkout 1.4.0" in shown.text
        assert "Nothing is started yet." in shown.text
        assert "Test w calm" in shown.text
        kept = filled(shown.form("/start/every-type"))
    assert kept["release.scope"] == ["<b>bold</b>\nsecond line"]
    assert kept["parameters.word"] == ["w"]
    assert kept["people.qa"] == ["qa2"]
    assert kept["start_at"] == ["2099-01-05T09:00"]
    assert "parameters.on" not in kept
    assert (await admin.get("/runs"))["items"] == []


async def test_it_is_there_in_chinese(admin: Client) -> None:
    manager = await crew(admin, each=3)
    async with reading(admin.app, manager.token, language="zh-CN") as reader:
        assert "SaaS 标准上线" in (await reader.look("/start")).text
        form = await reader.look("/start/saas-standard")
        assert form.html.html["lang"] == "zh-CN"  # type: ignore[index]
        assert "UAT 至少执行的用例数" in form.text
        shown = await press(
            reader, form, "saas-standard", "preview", **TYPED, **{"parameters.min_tests": "0"}
        )
        assert "“UAT 至少执行的用例数”" in shown.alert
        shown = await press(reader, form, "saas-standard", "preview", **TYPED)
        assert "灰度发布" in shown.text
        assert not shown.alert


async def test_a_hostile_title_is_only_text(team: Team) -> None:
    typed = {**TYPED, "title": HOSTILE, "release.scope": HOSTILE, "parameters.pace": "demo"}
    async with reading(team.admin.app, team.manager.token) as reader:
        shown = await press(reader, await reader.look("/start/small"), "small", "preview", **typed)
        assert not shown.html.select("main script, main img, [onerror]")
        assert f"Preview of {HOSTILE}" in shown.text
        run_id = run_of(await press(reader, shown, "small", "start"))
    team.stack.runs.append(run_id)
    assert (await team.manager.get(f"/runs/{run_id}"))["title"] == HOSTILE


async def test_lessons_of_earlier_runs_are_shown_for_the_service_that_is_typed(team: Team) -> None:
    run = await team.start()
    await team.manager.post(f"/runs/{run['id']}/lessons", {"text": "Warm the cache <first>"})
    async with reading(team.admin.app, team.manager.token) as reader:
        assert "Warm the cache" not in (await reader.look("/start/small")).text
        alone = await reader.look("/lessons", **{"release.service": " checkout "})
        assert "Warm the cache <first>" in alone.html.get_text()
        other = await reader.look("/lessons", **{"release.service": "other"})
        assert "No earlier run of other has left a lesson." in other.html.get_text()
        shown = await press(reader, await reader.look("/start/small"), "small", "preview", **TYPED)
    assert "Warm the cache <first>" in shown.text


async def test_at_the_demo_pace_the_preview_tells_seconds(admin: Client) -> None:
    manager = await small_team(admin)
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        typed = {**TYPED, "parameters.mood": "calm", "parameters.word": "w"}
        for pace, seconds in (("real", False), ("demo", True)):
            shown = await press(reader, form, "every-type", "preview", **typed, **{"parameters.pace": pace})
            times = [time.get_text() for time in shown.html.select("#preview time")]
            assert times
            assert all(bool(re.search(r"\d\d:\d\d:\d\d$", told)) == seconds for told in times), times


async def test_a_parameter_is_told_in_words(team: Team) -> None:
    await team.admin.post("/templates", {"source": EVERY_TYPE})
    body = {"template": "every-type", "release": RELEASE, "people": PEOPLE}
    made = await team.manager.post(
        "/runs", {**body, "parameters": {"mood": "calm", "word": "w", "off": False}}
    )
    assert made.status_code == 201, made.text
    team.stack.runs.append(made.json()["id"])
    async with reading(team.manager.app, team.manager.token) as reader:
        shown = await reader.look(f"/runs/{made.json()['id']}")
    facts = {str(dt.get_text()): dt.find_next("dd").get_text() for dt in shown.html.select("#rest dt")}  # type: ignore[union-attr]
    assert (facts["on"], facts["off"], facts["whole"]) == ("yes", "no", "3")


async def test_with_very_many_people_in_a_function_all_of_them_take_part(admin: Client) -> None:
    manager = await small_team(admin)
    for n in range(MOST_NAMED):
        await admin.joined(f"tester{n:03}", "assignee", functions=("qa",))
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        assert f"All {MOST_NAMED + 2} people who have this function" in form.text
        typed = {**TYPED, "parameters.mood": "calm", "parameters.word": "w"}
        shown = await press(reader, form, "every-type", "preview", **typed)
    assert not shown.alert
    assert "tester099" in shown.text
