"""What an operator does on golive's own machine, by the command line."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from db.freezing import freeze_unknown
from db.queries import get_header
from db.session import Database
from tests.cli.processes import environment
from tests.cli.test_backup import cli
from tests.db.story import first, record


async def test_runs_whose_workflow_is_gone_are_given_up_by_name_and_each_answer_is_told(
    temporal: WorkflowEnvironment, migrated: Path, tmp_path: Path
) -> None:
    shutil.copyfile(migrated, tmp_path / "golive.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'golive.db'}")
    for name in ("gone", "goes-on"):
        await record(database, first(name))
    async with database.transaction() as session:
        assert await freeze_unknown(session, "gone")
    port = temporal.client.service_client.config.target_host.rpartition(":")[2]
    env = environment(tmp_path, GOLIVE_TEMPORAL_PORT=port)
    done = await asyncio.to_thread(cli, env, "db", "abandon", "goes-on", "gone", "never-was")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Run gone is shown as ended now" in done.stdout
    assert "Run goes-on was left as it is: it is not frozen" in " ".join(done.stderr.split())
    assert "Run never-was was left as it is" in " ".join(done.stderr.split())
    async with database.reading() as session:
        states = [(await get_header(session, name)).state for name in ("gone", "goes-on")]
    await database.close()
    assert states == ["aborted", "running"]
