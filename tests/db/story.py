"""A small run to record: its plan, its signed start, and what may happen in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from db import recording
from db.session import Database
from golive.calendar import Calendar
from golive.commands import Actor, sign
from golive.events import Event
from golive.plan import Artifact, Plan, Release
from golive.recording import ApprovalChange, Batch, Build, Recorded, RunChange, StageView, Start, TaskChange
from golive.template import Item, Requirement, Stage, Task
from golive.template_approvals import Approval, Rule
from golive.template_rollouts import Rollout, SetWeight
from golive.vocabulary import ENDED, RunStateName
from golive.words import Text, Words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = (b"signs", b"only verifies")
RELEASE = Release(
    service="checkout",
    version="1.4.0",
    artifacts=(Artifact(name="checkout", digest=f"sha256:{'a' * 64}"),),
    authors=("dev1",),
)
RM = Actor(name="rm", roles=("release_manager",))
QA = Actor(name="qa1", roles=("assignee",), functions=("qa",), address="192.0.2.7")


def text(english: str) -> Text:
    return Text(en=english, zh=f"{english}（中文）")


def words(said: str, salt: str = "5a17") -> Words:
    return Words(text=said, salt=salt)


def task(key: str, **more: Any) -> Task:
    return Task(key=key, title=text(key), function=more.pop("function", "qa"), **more)


STAGES = (
    Stage(
        id="uat",
        process="uat",
        title=text("UAT"),
        tasks=(
            task("plan", requires=(Requirement(type="metric", name="coverage", example=0.9),)),
            task("test", needs=("plan",), verify=True, items=(Item(id="pays", text=text("Pays")),)),
            task("notes", function="business", description=text("Write them")),
        ),
        approvals=(Approval(key="go", title=text("Go"), rules=(Rule(function="business"),)),),
        on_rollback=(task("restore", function="ops"),),
    ),
    Stage(
        id="grey",
        process="grey_release",
        title=text("Grey release"),
        needs=("uat",),
        tasks=(task("watch", needs=("uat.test",), function="ops"),),
        rollout=Rollout(steps=(SetWeight(weight=10), SetWeight(weight=100))),
    ),
)


def plan(*, stages: tuple[Stage, ...] = STAGES, service: str = "checkout", **more: Any) -> Plan:
    return Plan(
        template="saas-standard",
        template_version=1,
        template_hash=f"sha256:{'b' * 64}",
        template_title=text("SaaS"),
        title=more.pop("title", "Checkout 1.4.0"),
        release=RELEASE.model_copy(update={"service": service}),
        release_manager="rm",
        people={"qa": ("qa1", "qa2"), "business": ("business1",), "ops": ("ops1",)},
        calendar=Calendar(always=True),
        stages=stages,
        **more,
    )


def start(run_id: str = "r1", *, key: bytes = KEYS[0], plan_: Plan | None = None) -> Start:
    unsigned = Start(run_id=run_id, plan=plan_ or plan(), actor=RM, engine=1, command_id=f"start-{run_id}")
    return unsigned.model_copy(update={"signature": sign(unsigned, key)})


def event(seq: int, type_: str = "TaskStarted", **more: Any) -> Event:
    return Event(seq=seq, at=NOON + timedelta(seconds=seq), type=type_, **more)


def started(run_id: str = "r1") -> Event:
    told = {"title": "Checkout 1.4.0", "template": "saas-standard"}
    return event(1, "RunStarted", actor=RM, payload=told, command_id=f"start-{run_id}")


def run_change(state: RunStateName = "running", **more: Any) -> RunChange:
    return RunChange(
        state=state,
        stages=tuple(
            StageView(id=stage.id, process=stage.process, title=stage.title, state="locked")
            for stage in STAGES
        ),
        builds=more.pop("builds", (Build(n=1, release=RELEASE, at=NOON, by="rm"),)),
        started_at=NOON,
        ended_at=NOON if state in ENDED else None,
        **more,
    )


def first(run_id: str = "r1", *, plan_: Plan | None = None, **more: Any) -> Batch:
    return Batch(run_id=run_id, start=start(run_id, plan_=plan_), events=(started(run_id),), **more)


def task_change(key: str, state: Any = "open", **more: Any) -> TaskChange:
    return TaskChange(ref=key if "." in key else f"uat.{key}", state=state, **more)


def approval_change(state: Any = "pending", **more: Any) -> ApprovalChange:
    return ApprovalChange(ref="uat.go", state=state, **more)


async def record(database: Database, batch: Batch) -> Recorded:
    """Record as the activity does, after the batch has been through JSON as Temporal carries it."""
    carried = Batch.model_validate_json(batch.model_dump_json())
    async with database.transaction() as session:
        return await recording.record(session, carried, KEYS)


def with_signature(batch: Batch) -> Batch:
    """Return `batch` with its start, if it has one, signed as the API does."""
    if batch.start is None:
        return batch
    start = batch.start.model_copy(update={"signature": sign(batch.start, KEYS[0])})
    return batch.model_copy(update={"start": start})


async def record_all(database: Database, batches: Iterable[Batch]) -> None:
    """Record every batch of a run, in order."""
    for batch in batches:
        await record(database, with_signature(batch))
