"""Every history that an earlier version has made replays with the installed code."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Interceptor, Replayer

from observing.acts import ActTracing
from tests.workflows.golden import FOLDER, STORIES
from worker.building import WORKFLOWS, sandbox
from worker.lending import Lending
from worker.observed import Observing


def replayer(*more: Interceptor) -> Replayer:
    return Replayer(
        workflows=list(WORKFLOWS),
        workflow_runner=sandbox(),
        data_converter=pydantic_data_converter,
        interceptors=[*more, Lending((b"any key: validators do not rerun",))],
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json.gz")), ids=lambda path: path.name)
async def test_a_golden_history_replays(path: Path) -> None:
    history = WorkflowHistory.from_json("golive/golden", gzip.decompress(path.read_bytes()).decode())
    await replayer().replay_workflow(history)
    await replayer(ActTracing(), Observing()).replay_workflow(history)


def test_every_story_is_kept() -> None:
    for story in STORIES:
        kept = list(FOLDER.glob(f"{story.__name__}.*.json.gz"))
        assert kept, f"no history of {story.__name__}: run `python -m tests.workflows.golden`"
