"""A real database with recorded runs, for tests of activities."""

from __future__ import annotations

from datetime import UTC, datetime

from db.locks import take
from db.recording import record
from db.session import Database
from golive.calendar import Calendar
from golive.commands import Actor, sign
from golive.events import Event
from golive.plan import Artifact, Plan, Release
from golive.recording import Batch, Start
from golive.template import Stage
from golive.words import Text

KEY = b"a key of tests"
NO_DIGEST = "sha256:" + "0" * 64
SERVICE = {"service": "shop", "environment": "production"}


def start_of(run_id: str) -> Start:
    """Return the signed start of a run of the shop."""
    ann = Actor(name="ann", roles=("release_manager",))
    plan = Plan(
        template="grey",
        template_version=1,
        template_hash=NO_DIGEST,
        title=f"shop {run_id}",
        template_title=Text(en="Grey", zh="灰度"),
        release=Release(
            service="shop",
            environment="production",
            version="1.4.0",
            artifacts=(Artifact(name="shop", digest=NO_DIGEST),),
        ),
        release_manager="ann",
        people={},
        calendar=Calendar(always=True),
        stages=(Stage(id="grey", process="grey_release", title=Text(en="Grey", zh="灰度")),),
    )
    start = Start(run_id=run_id, plan=plan, actor=ann, engine=1, command_id=f"start-{run_id}")
    return start.model_copy(update={"signature": sign(start, KEY)})


async def started(database: Database, run_id: str) -> None:
    """Record the start of a run."""
    event = Event(
        seq=1,
        at=datetime.now(UTC),
        type="RunStarted",
        payload={"title": run_id, "template": "grey"},
        command_id=f"start-{run_id}",
    )
    batch = Batch(run_id=run_id, start=start_of(run_id), events=(event,))
    async with database.transaction() as session:
        await record(session, batch, (KEY,))


async def holding(database: Database, run_id: str, generation: int = 1) -> None:
    """Record the start of a run and let it take the shop."""
    await started(database, run_id)
    async with database.transaction() as session:
        held = await take(session, run_id, generation=generation, **SERVICE)
    assert held is not None
    assert held.run_id == run_id
