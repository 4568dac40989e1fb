"""A start that is refused, or of which nobody knows yet, keeps all that was typed and says what is wrong where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from tests.api.client import Client
from tests.api.team import Team
from tests.pages.reader import filled, reading
from tests.pages.starting import DIGEST, TYPED, press, run_of, small_team

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
