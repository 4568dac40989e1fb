"""`make demo` as a user runs it: the real stack, in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from cli.language import ROOT

pytestmark = [
    pytest.mark.proof,
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(280),
    pytest.mark.xdist_group("demo"),
]


@asynccontextmanager
async def demo(home: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the demo without a terminal; whatever it leaves behind is ended and counted as a failure."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo", "--home", str(home), *options),
        cwd=ROOT,
        env=os.environ | {"LANGUAGE": "en"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        left = running_for(home)
        for one in left:
            one.kill()
        await process.wait()
    assert not left, f"left running: {left}"


def running_for(home: Path) -> list[psutil.Process]:
    """Return the processes whose golive lives in `home`."""
    found = []
    for process in psutil.process_iter(["pid"]):
        try:
            words, home_of = process.cmdline(), process.environ().get("GOLIVE_HOME")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if home_of == str(home) or str(home) in words:
            found.append(process)
    return found


async def told(process: asyncio.subprocess.Process) -> str:
    output, _ = await process.communicate()
    return output.decode()


async def test_a_whole_go_live_is_told(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    async with demo(home) as process:
        said = await told(process)
    assert process.returncode == 0, said
    stages = re.findall(r"Stage “([^”]+)” passed", said)
    assert sorted(stages) == sorted(
        ["Preparation", "UAT", "Sign-off", "Grey release", "Full release", "Hypercare", "Post-launch review"]
    )
    shares = [int(share) for share in re.findall(r"measured: 1\.4\.0 (\d+) %", said)]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert any(abs(share - 50) <= 5 for share in shares)
    (held,) = (home / "traffic").glob("*.json")
    assert json.loads(held.read_text())["weight"] == 100
    (artifact,) = (home / "artifact").iterdir()
    report = home / "report.md"
    assert str(report) in said
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() in report.read_text()
    assert b"<testsuite" in (home / "junit.xml").read_bytes()


@pytest.mark.proof
async def test_a_version_that_fails_is_taken_back_by_itself(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    async with demo(home, "--faulty") as process:
        said = await told(process)
    assert process.returncode == 0, said
    assert "Health is unhealthy: “success_rate” failed" in said
    assert (
        said.index("Health is unhealthy")
        < said.index("Traffic returned to stable")
        < said.index("ended aborted")
    )
    (held,) = (home / "traffic").glob("*.json")
    assert json.loads(held.read_text())["weight"] == 0


@pytest.mark.parametrize(
    ("number", "when"),
    [
        (signal.SIGTERM, b"starting golive"),
        pytest.param(signal.SIGINT, b" took ", marks=pytest.mark.proof),  # a minute of play comes before
    ],
)
async def test_it_can_be_ended_at_any_time_and_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, when: bytes
) -> None:
    async with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        async for line in process.stdout:
            if when in line:
                break
        process.send_signal(number)
        said = await asyncio.wait_for(told(process), 60)
        assert process.returncode == 130
        assert "nothing is left running" in said
