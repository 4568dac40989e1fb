"""Runs that were started by the code before the last change go on with this one, to their end.

UPGRADE_FROM names another commit to start them with.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import pytest

from cli.language import ROOT
from demo.acts import Person
from demo.people import Cast, Playing, administrator, invite
from tests.cli.processes import free_ports
from tests.several.processes import Place, people_of, place
from tests.several.test_several import RELEASE

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(400)]

RUNNING = ("activities", "api", "db", "golive", "worker", "workflows")
"""What runs of golive are made of."""


def git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        without_history(done.stderr.decode().strip())
    return done.stdout


def without_history(why: str) -> NoReturn:
    """Leave the test out where there is no code before, unless CI is set: there it is needed."""
    if os.environ.get("CI"):
        pytest.fail(
            f"the upgrade is tested from a clone with its history, which CI has to fetch in full: {why}"
        )
    pytest.skip(f"this is no clone with its history, so there is no code before: {why}")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the code before the last change of what runs are made of."""
    changed = git("log", "-1", "--format=%H", "--", *RUNNING).decode().strip()
    revision = os.environ.get("UPGRADE_FROM") or f"{changed}~1"
    folder = tmp_path_factory.mktemp("code") / "before"
    with tarfile.open(fileobj=BytesIO(git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")  # what npm installs is in no archive
    return folder


@pytest.fixture
def here(tmp_path: Path, before: Path) -> Iterator[Place]:
    with place(tmp_path, root=before) as found:
        yield found


async def test_runs_that_are_open_during_an_upgrade_are_finished_after_it(here: Place) -> None:
    (port,) = free_ports(1)
    http, _balancer = people_of([port])
    async with http:
        await begin(here, port)
        admin = administrator(http, (here.folder / "home" / "admin.token").read_text().strip(), patience=90)
        cast = await invite(admin, each=3)
        runs = [await start(cast, template) for template in ("dual-sign-off", "saas-standard")]
        await acted(cast, runs[1])
        await cast.manager.act(f"/runs/{runs[0]}/hold", {"reason": "golive itself is upgraded"})

        here.root = ROOT
        assert replayed(here), "the new code replays every open run"
        here.end()
        upgraded = here.run("db", "upgrade")
        assert upgraded.returncode == 0, upgraded.stderr
        await begin(here, port)

        await cast.manager.act(f"/runs/{runs[0]}/resume", {"reason": "golive is upgraded"})
        for run_id in runs:
            run = await Playing(cast, run_id).to_the_end(within=200)
            assert run["state"] == "completed"
        assert (await admin.get("/audit/verify"))["ok"]


async def begin(here: Place, port: int) -> None:
    await here.start("api", port).ready()
    await here.start("worker").ready()


async def start(cast: Cast, template: str) -> str:
    body = {
        "template": template,
        "release": RELEASE,
        "people": cast.functions,
        "parameters": {"pace": "demo"},
    }
    return str((await cast.manager.act("/runs", body))["id"])


async def acted(cast: Cast, run_id: str) -> None:
    """Let everybody do once what they could do now."""
    playing = Playing(cast, run_id)
    manager: Person = cast.manager
    for due in list(playing.possible(await manager.get(f"/runs/{run_id}"))):
        await due.do()


def replayed(here: Place) -> bool:
    """Look as `golive doctor` of the new code does; the schema may be another before the upgrade."""
    found = [json.loads(line) for line in here.run("worker.examining").stdout.splitlines()]
    replays = [finding for finding in found if finding["about"] == "replay"]
    assert replays[-1]["found"]["args"]["count"] == 2, found
    return all(finding["well"] for finding in replays)


@pytest.mark.parametrize(
    ("ci", "said"), [("true", "which CI has to fetch in full"), ("", "this is no clone")]
)
def test_without_history_it_is_left_out_only_where_nobody_counts_on_it(
    monkeypatch: pytest.MonkeyPatch, ci: str, said: str
) -> None:
    monkeypatch.setenv("CI", ci)
    ended: type[BaseException] = pytest.fail.Exception if ci else pytest.skip.Exception
    with pytest.raises(ended, match=said):
        git("log", "no-such-revision")
