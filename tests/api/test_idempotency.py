"""One key, one body, one answer: also when nobody knows yet what came of the act."""

from __future__ import annotations

from api.acting import _sent
from api.attempts import Attempt
from api.house import House
from golive.commands import Abort
from golive.recording import Batch
from tests.api.client import Client, problem
from tests.api.test_reading import reader
from tests.databases import ON_BOTH
from tests.db.story import QA, record, run_change, words
from tests.db.story import event as happened

pytestmark = ON_BOTH

__all__ = ["reader"]


async def test_after_a_503_the_key_stands_for_the_body_that_was_sent(reader: Client) -> None:
    problem(await reader.post("/runs/r1/comments", {"text": "first"}, key="k"), 503, "engine_unavailable")
    problem(
        await reader.post("/runs/r1/comments", {"text": "second"}, key="k"), 422, "idempotency_key_reused"
    )
    problem(await reader.post("/runs/r1/comments", {"text": "first"}, key="k"), 503, "engine_unavailable")


async def test_an_act_that_ended_the_run_is_not_refused_to_its_twin(reader: Client, admin: Client) -> None:
    house: House = admin.app.state.house
    attempt = Attempt(QA, "POST /api/v1/runs/r1/abort", "k", "")
    # Recorded after the twin has looked into the journal and before it looks at the run.
    over = happened(3, "RunAborted", actor=QA, command_id=attempt.id)
    ended = run_change("aborted")
    await record(house.database, Batch(run_id="r1", events=(over,), run=ended))
    receipt = await _sent(house, attempt, "r1", Abort(reason=words("not today")))
    assert (receipt.seq, receipt.state) == (3, "aborted")
