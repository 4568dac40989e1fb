"""Each act on a run is done through its form, once; what was typed stays when it is refused."""

from __future__ import annotations

import asyncio

from api.schemas.release import ReleaseGiven
from db.freezing import freeze
from tests.api.client import RELEASE
from tests.api.team import Team, journal
from tests.pages.reader import filled, reading
from tests.pages.walking import LEADING, SPEAKING, offered, seen, walking


async def test_a_run_is_held_and_resumed_through_its_forms_and_why_is_told(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        assert offered(shown) == LEADING
        held = await manager.send(shown, f"{path}/hold", reason="The copy is not ready.\nops1 restores it.")
        assert held.path == path
        assert "number" in held.text
        assert offered(held) == {"amend", "resume", "new_build", "rollback", "abort", *SPEAKING}
        assert "Why it is not moving" in held.text
        quoted = held.html.select_one(".why blockquote")
        assert quoted is not None
        assert [str(line) for line in quoted.stripped_strings] == [
            "The copy is not ready.",
            "ops1 restores it.",
        ]
        resumed = await manager.send(held, f"{path}/resume", reason="It is ready")
        assert offered(resumed) == LEADING
    assert [e for e in await journal(team, run["id"]) if e.startswith("RunHe") or e == "RunResumed"] == [
        "RunHeld",
        "RunResumed",
    ]


async def test_a_refusal_keeps_the_reason_that_was_typed_and_says_why(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        await manager.send(shown, f"{path}/hold", reason="first")
        again = await manager.send(shown, f"{path}/hold", reason="my own reason", key="another")
    assert again.status == 409
    assert "only a running one can be held" in again.alert
    form = again.form(f"{path}/hold")
    assert filled(form)["reason"] == ["my own reason"]
    assert form.find_parent("details", open=True) is not None
    assert form.find_parent(hidden=True) is None


async def test_a_blank_reason_is_refused_in_words(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.act(path, f"{path}/abort", reason="   ")
    assert shown.status == 422
    assert shown.alert
    assert "AbortRequested" not in await journal(team, run["id"])


async def test_the_same_form_sent_twice_acts_once(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        both = await asyncio.gather(*(manager.send(shown, f"{path}/hold", reason="lunch") for _ in range(2)))
    assert [one.status for one in both] == [200, 200]
    assert (await journal(team, run["id"])).count("RunHeld") == 1


async def test_an_abort_wins_while_the_run_is_held(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    async with reading(team.manager.app, team.manager.token) as manager:
        await manager.act(path, f"{path}/hold", reason="wait")
        shown = await manager.look(path)
        assert offered(shown) == {"amend", "resume", "rollback", "abort", *SPEAKING}
        danger = shown.form(f"{path}/abort")
        assert "Traffic returns to the stable version at once" in danger.get_text()
        assert danger.select_one("button.danger") is not None
        await manager.send(shown, f"{path}/abort", reason="users cannot pay")
        ended = await seen(manager, run_id, lambda shown: "ended" in shown.text and not offered(shown))
        assert "rm aborted the run." in ended.text
        assert "users cannot pay" in ended.text
        (told,) = ended.html.select("#acts > p:not([hidden])")
        assert told.get_text() == "This run has ended; nothing can be done in it any more."


async def test_the_rollout_is_promoted_retried_and_rolled_back_through_its_forms(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    rolling = {"amend", "hold", "promote", "promote_full", "retry", "rollback", "abort", *SPEAKING}
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        assert offered(shown) == rolling
        assert "2 of 5: pause until a person promotes" in shown.text
        await manager.send(shown, f"{path}/promote", reason="all well")
        shown = await seen(manager, run_id, lambda one: "4 of 5" in one.text and offered(one) == rolling)
        await manager.send(shown, f"{path}/retry", reason="once more")
        shown = await seen(manager, run_id, lambda one: "2 of 5" in one.text and offered(one) == rolling)
        await manager.send(shown, f"{path}/rollback", reason="the totals are wrong")
        back = await seen(manager, run_id, lambda one: "Restore it" in one.text)
        assert offered(back) == {"abort", *SPEAKING}
        assert "rolling back" in back.text
    assert {"RolloutPromoted", "RolloutRestarted", "RollbackRequested"} <= set(await journal(team, run_id))


async def test_a_promotion_to_the_end_ends_the_rollout(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    async with reading(team.manager.app, team.manager.token) as manager:
        await manager.act(path, f"{path}/promote-full", reason="nobody complains")
        ended = await seen(manager, run_id, lambda one: "completed" in one.text)
        assert "Everything was done, and the run is complete." in ended.text
        await seen(manager, run_id, lambda one: bool(one.html.select(f'#live a[href="{path}/report"]')))
        assert not offered(ended)


async def test_a_new_build_is_given_by_its_form_and_mistakes_keep_what_was_typed(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        form = filled(shown.form(f"{path}/release"))
        assert form["artifacts"] == [f"checkout sha256:{'a' * 64}"]
        wrong = await manager.send(shown, f"{path}/release", reason="RC2", artifacts="my tar.gz sha256:xyz")
        assert wrong.status == 422
        assert wrong.alert
        assert filled(wrong.form(f"{path}/release"))["artifacts"] == ["my tar.gz sha256:xyz"]
        given = f"my tar.gz sha256:{'b' * 64}\nsecond sha256:{'c' * 64}"
        done = await manager.send(
            wrong, f"{path}/release", version="1.4.1", artifacts=given, authors="dev1, qa2", scope="Totals"
        )
        assert done.status == 200, done.alert
    release = (await team.manager.get(path))["release"]
    assert release["version"] == "1.4.1"
    assert [one["name"] for one in release["artifacts"]] == ["my tar.gz", "second"]
    assert (release["authors"], release["scope"]) == (["dev1", "qa2"], "Totals")
    assert ReleaseGiven.model_validate({**RELEASE, "version": "1.4.1"}).environment == release["environment"]


async def test_lessons_actions_and_comments_are_added_and_closed_by_their_forms(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.qa1.app, team.qa1.token) as reader:
        reader.http.cookies.set("golive-zone", "Asia/Shanghai")
        assert offered(await reader.look(path)) == SPEAKING
        await reader.act(path, f"{path}/comments", text="Thursday is better.")
        await reader.act(path, f"{path}/lessons", text="Start earlier")
        added = await reader.act(
            path, f"{path}/actions", text="Automate it", owner="qa2", due_at="2099-01-02T09:30"
        )
        assert offered(added) == {*SPEAKING, "close_action"}
        for part in ("Thursday is better.", "Start earlier", "Automate it", "qa2"):
            assert part in added.text, part
        closed = await reader.send(added, f"{path}/actions/close", remark="it runs")
        assert "closed by qa1" in closed.text
        nobody = await reader.act(
            path, f"{path}/actions", text="x", owner="nobody", due_at="2099-01-02T09:30"
        )
        assert nobody.status == 422
        assert "nobody" in nobody.alert
        when = await reader.act(path, f"{path}/actions", text="x", owner="qa2", due_at="soon")
        assert when.status == 422
    (action,) = (await team.qa1.get(f"{path}/actions"))["items"]
    assert action["due_at"] == "2099-01-02T01:30:00Z"
    assert action["closed_by"] == "qa1"


async def test_a_form_that_comes_after_its_run_was_frozen_is_refused_and_does_not_wait(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        async with team.stack.database.transaction() as sql:
            assert await freeze(sql, run["id"])
        refused = await manager.send(shown, f"{path}/hold", reason="lunch")
    assert (refused.status, "golive db recover" in refused.alert) == (503, True)
    assert "Not known yet" not in refused.text
    assert filled(refused.form(f"{path}/hold"))["reason"] == ["lunch"]
