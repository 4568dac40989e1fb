"""Telling people: to the log for now; channels come behind the same activity."""

from __future__ import annotations

import json
import logging

from temporalio import activity

from db.notifications import outcome_of, save_outcome
from db.session import Database
from golive.effects import Notify

LOG = logging.getLogger("golive.notifications")
LOGGED = "logged"


class Notifying:
    """Delivers messages; each key is told once, however often the activity is tried."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def notify(self, message: Notify) -> str:
        """Deliver a message and return the outcome of the delivery in one word, `logged`.

        A worker that dies between the log and SQL logs the line twice, with the same key: better than never.
        """
        async with self.database.reading() as session:
            known = await outcome_of(session, message.key)
        if known is not None:
            return known
        LOG.info("%s", _line(message))
        async with self.database.transaction() as session:
            return await save_outcome(session, message, LOGGED)


def _line(message: Notify) -> str:
    """Write the message as one line of JSON, so that a log collector can pick it up."""
    said = {
        "event": "notify",
        "key": message.key,
        "run": message.run_id,
        "to": list(message.to),
        "text": str(message.sentence),
        "link": message.link,
    }
    return json.dumps(said, ensure_ascii=False)
