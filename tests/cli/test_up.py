"""`golive up` for real: Temporal, worker and API, killed and ended."""

from __future__ import annotations

import asyncio
import signal
import stat
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from tests.cli.processes import environment, gone, until
from tests.cli.whole import Whole, up

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

PARTS = ["temporal", "worker", "api"]


def home_of(whole: Whole) -> Path:
    return Path(whole.env["GOLIVE_HOME"])


def test_it_tells_where_everything_is_and_how_to_sign_in(whole: Whole) -> None:
    kept = home_of(whole) / "admin.token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for shown in (
        f"{whole.url}/openapi.json",
        whole.env["GOLIVE_TEMPORAL_UI_PORT"],
        str(kept),
        "curl",
        "logs",
    ):
        assert whole.said(shown), shown
    (example,) = [line[line.index("curl -H") :] for line in whole.lines if "curl -H" in line]
    done = subprocess.run(["sh", "-c", example], capture_output=True, text=True, timeout=30, check=True)
    assert '"items":' in done.stdout
    assert httpx.get(f"{whole.url}/openapi.json").status_code == 200


def test_doctor_finds_everything_well(whole: Whole) -> None:
    done = whole.golive("doctor")
    assert done.exit_code == 0, done.stdout
    assert "✗" not in done.stdout
    assert whole.answer("health")["state"] == "ok"


def test_a_second_one_on_the_same_home_is_refused(whole: Whole) -> None:
    again = whole.golive("up")
    assert again.exit_code == 1
    said = " ".join(again.stderr.split())
    assert f"golive already runs in {home_of(whole)}, as process {whole.process.pid}" in said
    assert whole.healthy()


@pytest.mark.parametrize("name", PARTS)
def test_what_is_killed_comes_back(whole: Whole, name: str) -> None:
    before = whole.children()[name]
    told = len(whole.lines)
    before.send_signal(signal.SIGKILL)
    whole.wait_until(lambda: gone(before.pid) and whole.children().keys() == set(PARTS), f"{name} runs again")
    whole.wait_until(whole.healthy, "all is well again")
    assert any(f"{name} ended (signal SIGKILL); starting it again" in line for line in whole.lines[told:])
    assert whole.children()[name].pid != before.pid


@pytest.mark.timeout(400)  # three starts, on a machine that may be busy
@pytest.mark.proof
async def test_what_was_ended_or_killed_leaves_nothing_running_and_is_found_as_it_was(tmp_path: Path) -> None:
    env = environment(tmp_path / "home")
    with up(env) as first:
        ann = first.answer("user", "add", "ann", "--role", "viewer")["token"]
        left = processes(first)
        assert first.end(signal.SIGINT) == 0
        assert first.said("ended")
    assert [process for process in left if not gone(process.pid)] == []
    with up(env) as second:
        assert second.answer("user", "me", token=ann)["name"] == "ann"
        left = processes(second)
        second.process.kill()
        await asyncio.to_thread(second.process.wait)
        await until(lambda: all(gone(process.pid) for process in left), "every process went with it")
    with up(env) as third:
        assert third.answer("user", "me", token=ann)["name"] == "ann"
        assert third.answer("user", "me")["name"] == "admin"
        assert not third.said("starting it again")
        left = processes(third)
        assert third.end(signal.SIGTERM) == 0
    assert [process for process in left if not gone(process.pid)] == []


def processes(whole: Whole) -> list[psutil.Process]:
    """Return every process that `golive up` started."""
    started = psutil.Process(whole.process.pid).children(recursive=True)
    assert len(started) >= len(PARTS)
    return started
