"""Builds the worker: which workflows and activities run, on which queues, with which parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.looking_up import LookingUp
from activities.notifying import Notifying
from activities.recording import Recording
from activities.reporting import Reporting
from activities.superseding import Superseding
from activities.traffic import Traffic
from activities.watching import Watching
from connectors.metrics import MetricsConnector
from connectors.traffic import TrafficConnector
from db.session import Database
from golive.names import TASK_QUEUE, WATCH_QUEUE
from settings import Settings
from worker.lending import Lending
from worker.observed import Observing
from workflows.dual_sign_off import DualSignOff
from workflows.go_live import GoLive
from workflows.grey_release import GreyRelease
from workflows.post_launch_review import PostLaunchReview
from workflows.uat import Uat

WORKFLOWS: tuple[type, ...] = (GoLive, Uat, DualSignOff, GreyRelease, PostLaunchReview)

BEAT = timedelta(seconds=2)
"""A cancelled watch learns it from a heartbeat; the SDK's own default holds heartbeats back for 24 seconds."""

PASSED_THROUGH = (
    "golive",
    "activities",
    "connectors",
    "db",
    "settings",
    "pydantic",
    "pydantic_core",
    "rfc8785",
    "tzdata",
    "zoneinfo",
)
"""Modules that the sandbox does not import again: pure ones, and those of which workflows only name activities."""

STICKY = timedelta(seconds=3)
"""How long a run waits for the worker that has it in its cache before any worker may replay it.

After a worker has died this is added to every run's first act: the SDK's own 10 seconds would be longer than a person
waits for an answer.
"""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What activities work with; `namespace` is the id of the one that they work for."""

    settings: Settings
    namespace: str
    database: Database
    traffic: TrafficConnector
    metrics: MetricsConnector


def sandbox() -> WorkflowRunner:
    """Return Temporal's sandbox, which notices what is not deterministic; a third more CPU than none."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


def build(client: Client, parts: Parts) -> tuple[Worker, Worker]:
    """Return the worker of runs and the worker of watches."""
    settings = parts.settings
    watching = Watching(parts.database, parts.metrics)
    runs = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=_activities(parts, watching),
        workflow_runner=sandbox() if settings.sandbox else UnsandboxedWorkflowRunner(),
        interceptors=[Lending(settings.keys("command")), Observing()],
        max_cached_workflows=settings.cached_runs,
        sticky_queue_schedule_to_start_timeout=STICKY,
    )
    watches = Worker(
        client,
        task_queue=WATCH_QUEUE,
        activities=[watching.watch_health],
        interceptors=[Observing()],
        max_concurrent_activities=500,
        max_heartbeat_throttle_interval=BEAT,
        default_heartbeat_throttle_interval=BEAT,
    )
    return runs, watches


def _activities(parts: Parts, watching: Watching) -> Sequence[Callable[..., Any]]:
    traffic = Traffic(parts.database, parts.traffic)
    return [
        *Recording(parts.database, parts.settings.keys("start"), parts.namespace).all,
        traffic.shift_traffic,
        traffic.return_traffic,
        traffic.confirm_stable,
        watching.measure,
        LookingUp(parts.database).look_up,
        Notifying(parts.database).notify,
        Reporting(parts.database).write_report,
        Superseding(parts.settings).supersede,
    ]
