"""Starting a run through its form: every field, every refusal, once."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import Tag
from sqlalchemy import text

from api.pages.start_offer import MOST_NAMED
from demo.people import FUNCTIONS
from tests.api.client import RELEASE, Client
from tests.api.team import PEOPLE, Team
from tests.pages.reader import Reader, Shown, filled, reading
from tests.pages.test_runs_list import HOSTILE

DIGEST = str(RELEASE["artifacts"][0]["digest"])
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
TYPED = {
    "release.service": "checkout",
    "release.version": "1.4.0",
    "release.artifacts[0].name": "checkout-1.4.0.tar.gz",
    "release.artifacts[0].digest": DIGEST,
}
EVERY_TYPE = """
name: every-type
title: Every type
description: A parameter of each type.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
  - {key: mood, title: Mood, type: choice, choices: [calm, brave]}
  - {key: word, title: Word}
  - {key: kept, title: Kept, default: as it is}
  - {key: whole, title: Whole, type: integer, default: 3, min: 1, max: 9}
  - {key: part, title: Part, type: number, default: 0.5, min: 0, max: 1}
  - {key: on, title: Switched on, type: boolean, default: true}
  - {key: off, title: Switched off, type: boolean, default: false}
  - {key: span, title: Span, type: duration, default: 1d 4h}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - {key: test, title: "Test ${word} ${mood}", function: qa}
    approvals:
      - {key: go, title: Go, rules: [{function: ops}]}
"""
CONTROLS = {"choice": "select", "boolean": 'input[type="checkbox"]', "integer": 'input[type="number"]'}
CONTROLS |= {
    "number": 'input[type="number"]',
    "string": 'input[type="text"]',
    "duration": 'input[type="text"]',
}


async def press(reader: Reader, shown: Shown, template: str, act: str, **typed: Any) -> Shown:
    """Press a button of a start's form."""
    return await reader.send(shown, f"/start/{template}", **typed, do=act)


async def crew(admin: Client, each: int = 4) -> Client:
    """Let people join who can do all that any bundled template asks; return a release manager."""
    for function in FUNCTIONS:
        for n in range(1, each + 1):
            await admin.joined(f"{function}-{n}", "assignee", "approver", functions=(function,))
    return await admin.joined("boss", "release_manager")


async def small_team(admin: Client) -> Client:
    """Let people join who can do what `every-type` asks; return a release manager."""
    await admin.post("/templates", {"source": EVERY_TYPE})
    for function, names in PEOPLE.items():
        for name in names:
            await admin.joined(name, "assignee", "approver", functions=(function,))
    return await admin.joined("rm", "release_manager")


def run_of(shown: Shown) -> str:
    """Return the id of the run that a start led to."""
    assert shown.path.startswith("/runs/"), f"{shown.status} {shown.alert or shown.text}"
    return shown.path.removeprefix("/runs/")


def field(shown: Shown, name: str) -> Tag:
    found = shown.html.select_one(f'[name="{name}"]:not([type="hidden"])')
    assert found is not None, name
    return found


async def parameters(client: Client, template: str) -> list[dict[str, Any]]:
    found = await client.get(f"/templates/{template}/versions/1")
    return list(found["outline"]["parameters"])


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


REFUSALS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"release.service": ""}, {"release.service": "“Service” is missing."}),
    (
        {"release.version": "", "release.artifacts[0].digest": "sha256:xyz", "title": "x" * 201},
        {
            "title": "“Title of the run” may have at most 200 characters.",
            "release.version": "“Version” is missing.",
            "release.artifacts[0].digest": "“Digest of artifact 1” is not written as golive needs it",
        },
    ),
    (
        {"release.artifacts[0].name": "", "release.artifacts[0].digest": ""},
        {"release.artifacts": "“Artifacts” needs at least one entry."},
    ),
    (
        {"release.artifacts[1].name": "half"},
        {"release.artifacts[1].digest": "“Digest of artifact 2” is missing."},
    ),
    (
        {"release.authors": "dev1 stranger"},
        {"release.authors": "“Authors” names stranger, whom golive does not know"},
    ),
    ({"release.authors": "dev1 böse!"}, {"release.authors": "is not written as golive needs it"}),
    (
        {"release.external_refs[0].system": "jira", "release.external_refs[0].id": "1"}
        | {"release.external_refs[0].url": "javascript:alert(1)"},
        {"release.external_refs[0].url": "“Address 1” is not written as golive needs it"},
    ),
    (
        {"parameters.whole": "ten", "parameters.part": "7", "parameters.span": "soon"},
        {
            "parameters.whole": 'The parameter “Whole” must be a whole number, not "ten".',
            "parameters.part": "The parameter “Part” must be at most 1, not 7.",
            "parameters.span": "The parameter “Span” must be a length of time",
        },
    ),
    (
        {"parameters.word": ""},
        {"parameters.word": "The parameter “Word” (Word) has no default; give it a value."},
    ),
    ({"parameters.mood": "furious"}, {"parameters.mood": "must be one of calm, brave"}),
    ({"people.qa": None}, {"people.qa": "Nobody has both the function “qa” and the role assignee"}),
    ({"people.qa": ["qa1", "ghost"]}, {"people.qa": "“qa” names ghost, whom golive does not know."}),
    ({"people.qa": ["ops1"]}, {"people.qa": "ops1, who does not have that function"}),
    ({"release.authors": "ops1"}, {"people.ops": "Nobody could sign “Go” (uat.go)"}),
    ({"start_at": "2020-01-01T09:00"}, {"start_at": "The start lies in the past"}),
    (
        {"start_at": "2099-01-02T09:00", "go_live_at": "2099-01-01T09:00"},
        {"go_live_at": "lies before the start of the run"},
    ),
    ({"go_live_at": "tomorrow"}, {"go_live_at": "“Planned go-live” must be a day and a time, such as"}),
    ({"start_at": "9999-12-31T23:59"}, {"start_at": "“Start at” must lie in the years 1970 to 2199."}),
    (  # all at once, whoever finds it: the form, the API's schema, the template, the people, the clock
        {
            "release.version": "",
            "release.artifacts[0].digest": "1.5.0",
            "release.authors": "dev1 stranger",
            "parameters.whole": "ten",
            "people.qa": ["qa1", "ghost"],
            "people.ops": None,
            "start_at": "2020-01-01T09:00",
            "go_live_at": "tomorrow",
        },
        {
            "release.version": "“Version” is missing.",
            "release.artifacts[0].digest": "“Digest of artifact 1” is not written as golive needs it",
            "release.authors": "“Authors” names stranger",
            "parameters.whole": "must be a whole number",
            "people.qa": "“qa” names ghost",
            "people.ops": "Nobody has both the function “ops” and the role approver",
            "start_at": "The start lies in the past",
            "go_live_at": "“Planned go-live” must be a day and a time",
        },
    ),
]


@pytest.mark.parametrize(("wrong", "told"), REFUSALS)
async def test_a_refusal_names_its_fields_and_nothing_typed_is_lost(
    admin: Client, wrong: dict[str, Any], told: dict[str, str]
) -> None:
    manager = await small_team(admin)
    typed = {
        **TYPED,
        "release.scope": "kept",
        "parameters.mood": "calm",
        "parameters.word": "kept too",
        "parameters.on": None,
        **wrong,
    }
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        for act in ("preview", "start"):
            shown = await press(reader, form, "every-type", act, **typed)
            assert shown.status == 422, shown.text
            for name, sentence in told.items():
                assert sentence in shown.alert
                anchor = shown.html.select_one(f'[role="alert"] a:-soup-contains("{sentence[:20]}")')
                assert anchor is not None, (name, shown.alert)
                place = shown.html.select_one(str(anchor["href"]))
                assert place is not None, anchor
                assert sentence in shown.html.select_one(f"{anchor['href']}-wrong").get_text(), name  # type: ignore[union-attr]
                assert f"{place['id']}-wrong" in str(place["aria-describedby"])
            kept = filled(shown.form("/start/every-type"))
            for name, value in typed.items():
                if name.startswith("people."):  # who has no such function is no choice
                    expected = [one for one in value or [] if one.startswith("qa")]
                else:
                    expected = [value] if value not in (None, "") else []
                assert [one for one in kept.get(name, []) if one] == expected or name == "parameters.mood", (
                    name
                )
            assert (await admin.get("/runs"))["items"] == []


async def test_who_may_not_start_sees_why_and_who_can(admin: Client) -> None:
    await admin.joined("rm", "release_manager")
    await admin.joined("away", "release_manager")
    await admin.ask("PATCH", "/users/away", json={"enabled": False})
    doer = await admin.joined("ann", "assignee", functions=("qa",))
    manager = await admin.joined("boss", "release_manager")
    async with reading(admin.app, doer.token) as reader:
        for path in ("/start", "/start/saas-standard"):
            shown = await reader.look(path)
            assert shown.status == 403
            assert "needs the role release manager; you have: assignee" in shown.alert
            assert "Can start it for you boss, rm" in shown.text
        assert not (await reader.look("/")).html.select('a[href="/start"]')
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/dual-sign-off")
        await admin.ask("PATCH", "/users/boss", json={"roles": ["viewer"]})
        for act in ("preview", "start"):
            shown = await press(reader, form, "dual-sign-off", act, **TYPED)
            assert shown.status == 403
            assert "Nothing was started." in shown.alert
    assert (await admin.get("/runs"))["items"] == []


async def test_a_template_that_is_not_there_is_told(admin: Client) -> None:
    manager = await admin.joined("rm", "release_manager")
    async with reading(admin.app, manager.token) as reader:
        shown = await reader.look("/start/no-such-thing")
    assert shown.status == 404
    assert "no-such-thing" in shown.alert


async def test_a_start_whose_outcome_is_unknown_is_kept_and_can_be_asked_again(admin: Client) -> None:
    manager = await small_team(admin)
    typed = {**TYPED, "parameters.mood": "calm", "parameters.word": "w", "people.qa": ["qa1", "qa2"]}
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        shown = await press(reader, form, "every-type", "start", **typed)
        assert shown.status == 503
        assert "nobody knows yet whether it is done" in shown.text
        assert "Not known yet: Start a run checkout 1.4.0" in shown.text
        kept = filled(shown.form("/start/every-type"))
        sent = filled(form.form("/start/every-type"))
        assert kept["do"] == ["start"]
        assert kept["key"] == sent["key"]
        assert kept["people.qa"] == ["qa1", "qa2"]
        assert kept["release.artifacts[0].digest"] == [DIGEST]


async def test_while_the_database_is_away_the_form_is_kept_and_goes_on_when_it_is_back(admin: Client) -> None:
    manager = await small_team(admin)
    typed = {**TYPED, "parameters.mood": "calm", "parameters.word": "w"}
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        await renamed(admin, "templates", "away")
        shown = await press(reader, form, "every-type", "preview", **typed)
        assert shown.status == 503
        assert "nobody knows yet whether it is done" in shown.text
        await renamed(admin, "away", "templates")
        shown = await reader.send(shown, "/start/every-type")
        assert "Preview of checkout 1.4.0" in shown.text


async def renamed(admin: Client, table: str, name: str) -> None:
    async with admin.app.state.house.database.transaction() as sql:
        await sql.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_a_form_without_its_key_starts_nothing(admin: Client) -> None:
    manager = await small_team(admin)
    async with reading(admin.app, manager.token) as reader:
        form = await reader.look("/start/every-type")
        shown = await press(reader, form, "every-type", "start", **TYPED, key="")
    assert shown.status == 422
    assert "Load it again" in shown.alert


@pytest.mark.parametrize(
    ("zone", "typed", "meant"),
    [
        ("", "2099-07-01T09:00", "2099-07-01T09:00"),
        ("Asia/Shanghai", "2099-07-01T09:00", "2099-07-01T01:00"),
        ("Europe/Berlin", "2099-03-28T09:00", "2099-03-28T08:00"),
        ("Europe/Berlin", "2099-03-29T09:00", "2099-03-29T07:00"),
        ("Europe/Berlin", "2099-10-25T02:30", "2099-10-25T00:30"),
        ("America/New_York", "2099-11-01T03:00", "2099-11-01T08:00"),
        ("Europe/Berlin", "2099-07-01T09:00+08:00", "2099-07-01T01:00"),
    ],
)
async def test_times_are_of_the_readers_clock_also_across_a_change_of_it(
    team: Team, zone: str, typed: str, meant: str
) -> None:
    async with reading(team.admin.app, team.manager.token) as reader:
        if zone:
            reader.http.cookies.set("golive-zone", zone)
        form = await reader.look("/start/small")
        assert f"in {zone or 'UTC'}." in form.text
        reader.http.cookies.set("golive-zone", "Pacific/Auckland")  # they travel on while the form is open
        times = {"start_at": "2098-01-01T00:00", "go_live_at": typed}
        shown = await press(reader, form, "small", "start", **TYPED, **times)
    team.stack.runs.append(run_of(shown))
    run = await team.manager.get(f"/runs/{run_of(shown)}")
    assert datetime.fromisoformat(run["go_live_at"]) == datetime.fromisoformat(meant).replace(tzinfo=UTC)
    assert run["state"] == "scheduled"


async def test_a_time_that_the_clock_leaves_out_is_refused(admin: Client) -> None:
    manager = await small_team(admin)
    async with reading(admin.app, manager.token) as reader:
        reader.http.cookies.set("golive-zone", "Europe/Berlin")
        form = await reader.look("/start/every-type")
        shown = await press(reader, form, "every-type", "preview", **TYPED, go_live_at="2099-03-29T02:30")
    assert "“Planned go-live”: the clocks go forward then, so Europe/Berlin has no 02:30" in shown.alert
    assert filled(shown.form("/start/every-type"))["go_live_at"] == ["2099-03-29T02:30"]


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
