from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.notifying import Notifying
from db.session import Database
from golive.effects import Notify
from golive.words import say

Told = Callable[[Notify], Awaitable[tuple[str, dict[str, Any] | None]]]


async def test_a_message_is_one_line_of_json_and_is_told_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    message = Notify(
        key="r1/7/0",
        run_id="r1",
        to=("ann", "李雷"),
        sentence=say("“{title}” is due", title="a\nb"),
        link="/tasks/r1.uat.t",
    )
    with caplog.at_level(logging.INFO, logger="golive.notifications"):
        for _ in range(3):
            assert await ActivityEnvironment().run(Notifying(database).notify, message) == "logged"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "golive.notifications"]
    assert "\n" not in line
    assert json.loads(line) == {
        "event": "notify",
        "key": "r1/7/0",
        "run": "r1",
        "to": ["ann", "李雷"],
        "text": "“a\nb” is due",
        "link": "/tasks/r1.uat.t",
    }


ASKED = Notify(
    key="r1/7/0",
    run_id="r1",
    to=("ann", "bo"),
    sentence=say("Please decide on “{title}”.", title="Sign-off"),
    link="/approvals/r1.sign-off.go",
    asks="r1/sign-off.go/1",
    at_seq=7,
)
CLOSED = Notify(
    key="r1/9/0",
    run_id="r1",
    to=("bo",),
    quietly=("ann",),
    sentence=say("“{title}” is approved.", title="Sign-off"),
    link="/approvals/r1.sign-off.go",
    closes="r1/sign-off.go/1",
    at_seq=9,
)


@pytest.fixture
def told(database: Database, caplog: pytest.LogCaptureFixture) -> Told:
    async def tell(message: Notify) -> tuple[str, dict[str, Any] | None]:
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="golive.notifications"):
            outcome = await ActivityEnvironment().run(Notifying(database).notify, message)
        lines = [record.getMessage() for record in caplog.records if record.name == "golive.notifications"]
        return outcome, json.loads(lines[0]) if lines else None

    return tell


async def test_the_end_of_a_request_goes_where_the_request_went(told: Told) -> None:
    _, asked = await told(ASKED)
    outcome, closed = await told(CLOSED)
    assert outcome == "logged"
    assert asked is not None
    assert closed is not None
    assert closed["closes"] == asked["asks"]
    assert closed["threads"] == asked["threads"]
    assert (closed["to"], closed["quietly"]) == (["bo"], ["ann"])


async def test_a_request_that_is_closed_before_it_was_delivered_is_not_delivered(told: Told) -> None:
    assert await told(CLOSED) == ("unsent", None)
    assert await told(ASKED) == ("unsent", None)
    assert await told(ASKED) == ("unsent", None)


async def test_only_who_was_asked_is_told_that_nothing_is_awaited_of_them(told: Told) -> None:
    await told(ASKED.model_copy(update={"to": ("ann",)}))
    outcome, closed = await told(CLOSED)
    assert outcome == "logged"
    assert closed is not None
    assert (closed["to"], closed["quietly"]) == ([], ["ann"])
    assert await told(ASKED.model_copy(update={"key": "r1/7/1", "to": ("bo",)})) == ("unsent", None)


async def test_who_is_asked_again_is_not_told_the_end_of_before(told: Told) -> None:
    """The former end comes late, when its thread is open again."""
    await told(ASKED)
    await told(ASKED.model_copy(update={"key": "r1/12/0", "at_seq": 12}))
    assert await told(CLOSED) == ("unsent", None)
    _, closed = await told(CLOSED.model_copy(update={"key": "r1/15/0", "at_seq": 15}))
    assert closed is not None
    assert closed["to"] == ["bo"]


async def test_the_two_messages_of_a_request_at_once_end_with_it_closed(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def requests(n: int) -> tuple[Notify, Notify]:
        return tuple(  # type: ignore[return-value]
            each.model_copy(
                update={
                    "key": f"{each.key}/{n}",
                    "asks": each.asks and f"r{n}",
                    "closes": each.closes and f"r{n}",
                }
            )
            for each in (ASKED, CLOSED)
        )

    notifying = Notifying(database)
    with caplog.at_level(logging.INFO, logger="golive.notifications"):
        await asyncio.gather(
            *(ActivityEnvironment().run(notifying.notify, each) for n in range(20) for each in requests(n))
        )
    lines = [
        json.loads(record.getMessage()) for record in caplog.records if record.name == "golive.notifications"
    ]
    for n in range(20):
        kinds = [
            "asks" if "asks" in each else "closes"
            for each in lines
            if f"r{n}" in (each.get("asks"), each.get("closes"))
        ]
        assert kinds in (["asks", "closes"], [])
