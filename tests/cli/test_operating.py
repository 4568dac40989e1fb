"""What an operator does on golive's own machine, by the command line."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
from pathlib import Path

from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from db.freezing import freeze_unknown
from db.queries import get_header
from db.session import Database
from db.tables import journal
from db.words import texts_of
from tests.cli.processes import environment
from tests.cli.test_backup import cli
from tests.db.story import first, record

GIVE_UP = ("db", "abandon", "--reason", "the disk is gone")


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
    done = await asyncio.to_thread(cli, env, *GIVE_UP, "goes-on", "gone", "never-was")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Run gone is shown as ended now" in done.stdout
    assert "Run goes-on was left as it is: it is not frozen" in " ".join(done.stderr.split())
    assert "There is no run never-was" in " ".join(done.stderr.split())
    async with database.reading() as session:
        row = (await session.execute(select(journal).where(journal.c.action == "RunAbandoned"))).one()
        assert (row.actor, row.method, row.object) == (pwd.getpwuid(os.getuid()).pw_name, "shell", "run:gone")
        assert await texts_of(session, {row.reason}) == {row.reason: "the disk is gone"}
        states = [(await get_header(session, name)).state for name in ("gone", "goes-on")]
    await database.close()
    assert states == ["aborted", "running"]


def test_runs_are_not_given_up_without_saying_why(migrated: Path, tmp_path: Path) -> None:
    shutil.copyfile(migrated, tmp_path / "golive.db")
    assert cli(environment(tmp_path), "db", "abandon", "gone").returncode == 2
    blank = cli(environment(tmp_path), "db", "abandon", "gone", "--reason", " ")
    assert (blank.returncode, "Say why" in blank.stderr) == (1, True)
