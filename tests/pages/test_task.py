"""The page of a task: every act of the people around it, on a real run; refusals keep what was typed."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.pages.reader import filled
from tests.pages.working import FILES, WHOLE, Pages, pages

__all__ = ["pages"]


async def test_a_task_is_taken_completed_with_everything_and_verified(pages: Pages) -> None:
    path = pages.task()
    shown = await pages.qa1.look(path)
    assert "It is offered to qa: qa1, qa2." in shown.text
    assert "for example 0.9" in shown.text
    assert "for example https://ci.example.com/1" in shown.text
    taken = await pages.qa1.send(shown, f"{path}/start")
    assert (taken.status, taken.path) == (200, path)
    assert "It is yours." in taken.text
    assert re.search(r"Done: it is number \d+ in the run's journal", taken.text)
    done = await pages.qa1.send(taken, f"{path}/complete", files=FILES, **WHOLE)
    assert (done.status, done.alert) == (200, "")
    task = await pages.state()
    assert (task["state"], task["done_by"]) == ("to_verify", "qa1")
    assert [piece["type"] for piece in task["evidence"]] == [
        "remark", "link", "link", "metric", "metric", "signature", "file", "test_result",
    ]  # fmt: skip
    assert task["evidence"][0]["text"] == "All of it\nworks"
    assert task["evidence"][1]["title"] == "the build"
    items = {item["id"]: item for item in task["items"]}
    assert (items["pays"]["state"], items["pays"]["evidence"][0]["type"]) == ("pass", "link")
    assert (items["refunds"]["state"], items["refunds"]["remark"]) == (
        "not_applicable",
        "Nobody refunds here",
    )
    for said in (
        "You did it",
        "tests: 2",
        "qa1 signed for it",
        "coverage = 0.93 share",
        "Three cards",
        "shot.png",
    ):
        assert said in done.text, said
    link = done.html.find("a", href="https://ci.example.com/1")
    assert link is not None
    assert set(link["rel"]) == {"noopener", "noreferrer"}
    verified = await pages.qa2.act(path, f"{path}/verify", result="pass", remark="so it is")
    assert (verified.status, verified.alert) == (200, "")
    assert "qa1 did it, and qa2 confirmed it." in verified.text
    assert "so it is" in verified.text
    assert "qa2 verified “Do it all”" in verified.text


async def test_a_refusal_keeps_all_that_was_typed_chosen_and_uploaded(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    wrong = {
        **WHOLE,
        "task.metric.0.value": "many",
        "item.pays.links": "shop.example.com",
        "item.refunds.result": None,
    }
    refused = await pages.qa1.send(await pages.qa1.look(pages.task()), path, files=FILES, **wrong)
    assert refused.status == 422
    for said in ("the metric coverage", "the link shop.example.com", "the result of refunds"):
        assert said in refused.alert, refused.alert
    typed = {name: values[-1].replace("\r\n", "\n") for name, values in filled(refused.form(path)).items()}
    for name, value in wrong.items():
        assert typed.get(name) == value, name
    invalid = {str(field["name"]) for field in refused.html.select("[name][aria-invalid]")}
    assert invalid == {"task.metric.0.value", "item.pays.links"}
    stored = {name: value for name, value in typed.items() if re.fullmatch(r"task\.file\.[0-9a-f]+", name)}
    assert sorted(stored.values()) == ["file", "test_result"]
    assert "shot.png" in refused.text
    mended: dict[str, Any] = {
        "task.metric.0.value": "0.93",
        "item.pays.links": "https://shop.example.com",
        "item.refunds.remark": "",
    }
    done = await pages.qa1.send(refused, path, **mended)
    assert (done.status, done.alert) == (200, "")
    kinds = [piece["type"] for piece in (await pages.state())["evidence"]]
    assert (kinds.count("file"), kinds.count("test_result")) == (1, 1)


async def test_the_rules_name_everything_that_is_missing_and_the_form_stays(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    typed: dict[str, Any] = {"task.remark": "only this"}
    refused = await pages.qa1.act(pages.task(), path, **typed)
    assert refused.status == 422
    assert "The required item “pays” has no result: Pays by card" in refused.alert
    assert "2 × link" in refused.alert
    assert filled(refused.form(path))["task.remark"] == ["only this"]
    assert (await pages.state())["state"] == "open"


async def test_a_file_that_is_left_out_is_not_given(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    refused = await pages.qa1.send(shown, path, files=[*FILES, ("task.files", ("wrong.txt", b"wrong"))])
    row = next(row for row in refused.html.select(".file") if "wrong.txt" in row.get_text())
    out = row.select_one('input[type="checkbox"]')
    assert out is not None
    left_out: dict[str, Any] = {str(out["name"]): "on"}
    still = await pages.qa1.send(refused, path, **left_out)
    assert filled(still.form(path))[str(out["name"])] == ["on"]
    done = await pages.qa1.send(still, path, **WHOLE)
    assert (done.status, done.alert) == (200, "")
    assert "wrong.txt" not in done.text


async def test_the_same_form_sent_twice_acts_once_with_its_files(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    answers = await asyncio.gather(*(pages.qa1.send(shown, path, files=FILES, **WHOLE) for _ in range(3)))
    assert {(answer.status, answer.alert) for answer in answers} == {(200, "")}
    assert (await pages.events()).count("TaskCompleted") == 1
    again = await pages.qa1.send(shown, path, files=FILES, **{**WHOLE, "task.remark": "other"})
    assert again.status == 422
    comments = f"{pages.task()}/comments"
    for _ in range(2):
        assert (await pages.qa1.send(shown, comments, text="once")).status == 200
    assert (await pages.events()).count("Commented") == 1


async def test_two_people_who_take_it_at_once_have_one_owner_and_one_reason(pages: Pages) -> None:
    path = f"{pages.task()}/start"
    one, other = await pages.qa1.look(pages.task()), await pages.qa2.look(pages.task())
    answers = await asyncio.gather(pages.qa1.send(one, path), pages.qa2.send(other, path))
    assert sorted(answer.status for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status == 409)
    assert "in progress" in late.alert
    assert not late.offers(path)
    assert (await pages.events()).count("TaskStarted") == 1


async def test_blocked_started_again_given_away_not_applicable_and_open_again(pages: Pages) -> None:
    path = pages.task()
    blocked = await pages.qa1.act(path, f"{path}/block", reason="no test cards")
    assert "qa1 cannot go on with it." in blocked.text
    assert "no test cards" in blocked.text
    started = await pages.qa1.act(path, f"{path}/start")
    assert "It is yours." in started.text
    given = await pages.rm.act(path, f"{path}/reassign", to="qa2", reason="qa1 is away")
    assert (given.status, (await pages.state())["assignee"]) == (200, "qa2")
    assert "qa1 is away" in given.text
    offered = await pages.rm.act(path, f"{path}/reassign", to="", reason="")
    assert (offered.status, (await pages.state())["assignee"]) == (200, None)
    aside = await pages.qa2.act(path, f"{path}/not-applicable", reason="no checkout in it")
    assert "Why it does not apply" in aside.text
    assert (await pages.qa1.act(path, f"{path}/verify", result="pass")).status == 200
    assert (await pages.state())["state"] == "not_applicable"
    again = await pages.rm.act(path, f"{path}/reopen", reason="it does")
    assert (again.status, (await pages.state())["state"]) == (200, "open")
    assert "Why it came back" in again.text


async def test_what_was_typed_stays_although_somebody_else_was_faster(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    await pages.qa2.act(pages.task(), f"{pages.task()}/start")
    late = await pages.qa1.send(shown, path, files=FILES, **WHOLE)
    assert (late.status, "belongs to qa2" in late.alert) == (403, True)
    kept = {name: values[-1].replace("\r\n", "\n") for name, values in filled(late.form(path)).items()}
    assert {name: kept.get(name) for name in WHOLE} == WHOLE
    assert len(late.html.select(".file")) == 2
    await pages.qa2.act(pages.task(), f"{pages.task()}/complete", files=FILES, **WHOLE)
    acts: list[tuple[str, dict[str, Any]]] = [
        ("block", {"reason": "no cards"}),
        ("reassign", {"to": "qa1", "reason": "mine"}),
    ]
    for act, typed in acts:
        refused = await pages.qa1.send(shown, f"{pages.task()}/{act}", **typed)
        assert refused.status in (403, 409)
        form = refused.form(f"{pages.task()}/{act}")
        assert form.select_one("[role=alert]")
        assert {name: filled(form)[name][0] for name in typed} == typed


@pytest.mark.parametrize(
    ("act", "field"), [("block", "reason"), ("not-applicable", "reason"), ("comments", "text")]
)
async def test_an_act_without_its_reason_is_refused_and_says_so_at_its_form(
    pages: Pages, act: str, field: str
) -> None:
    path = f"{pages.task()}/{act}"
    blank: dict[str, Any] = {field: "  "}
    refused = await pages.qa1.act(pages.task(), path, **blank)
    assert refused.status == 422
    assert refused.form(path).select_one("[role=alert]")
    assert (await pages.state())["state"] == "open"


async def test_what_is_sent_back_comes_with_the_reason_and_what_was_given_before(pages: Pages) -> None:
    path = pages.task()
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    refused = await pages.qa2.act(path, f"{path}/verify", result="fail")
    assert (refused.status, "Say in the remark what is wrong" in refused.alert) == (422, True)
    back = await pages.qa2.act(path, f"{path}/verify", result="fail", remark="The link is dead")
    assert back.status == 200
    shown = await pages.qa1.look(path)
    assert "Why it came back The link is dead" in shown.text
    before = {name: values[-1] for name, values in filled(shown.form(f"{path}/complete")).items()}
    for name, value in WHOLE.items():
        assert before.get(name) == value, name
    again = await pages.qa1.send(shown, f"{path}/complete")
    assert (again.status, again.alert) == (200, "")
    assert len((await pages.state())["evidence"]) == 8


async def test_nobody_verifies_their_own_work_and_the_page_says_who_does(pages: Pages) -> None:
    path = pages.task()
    shown = await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    assert "Nobody confirms their own work" in shown.text
    assert "Who can: qa2" in shown.text
    assert not shown.offers(f"{path}/verify")
