from __future__ import annotations

import json
import logging

import pytest
from temporalio.testing import ActivityEnvironment

from activities.notifying import Notifying
from db.session import Database
from golive.effects import Notify
from golive.words import say


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
