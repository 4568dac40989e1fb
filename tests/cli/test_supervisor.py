"""The supervisor with real child processes: it keeps them, ends them, and neither outlives the other."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cli.failure import Failure
from cli.supervisor.log import Log
from cli.supervisor.parts import Once, Part
from cli.supervisor.stack import Stack
from tests.cli.processes import gone, script, until

STAYS = """
import os, pathlib, signal, sys
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}")
signal.alarm(600), signal.pause()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + STAYS
FORKS = """
import os, pathlib, signal, sys
child = os.fork()
if child:
    pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child}")
signal.alarm(600), signal.pause()
"""


class Told(list[str]):
    """What the supervisor said, line by line."""

    def of(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self)


def part(folder: Path, name: str, code: str = STAYS) -> Part:
    """A part that is ready once it has written its process id to `folder/name.pid`."""
    kept = folder / f"{name}.pid"

    async def ready(http: httpx.AsyncClient) -> bool:
        return kept.exists()

    return Part(name, [*script(folder, name, code), str(kept)], ready, patience=20)


def pids(folder: Path, name: str) -> list[int]:
    kept = folder / f"{name}.pid"
    return [int(pid) for pid in kept.read_text().split()] if kept.exists() else []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


@asynccontextmanager
async def running(home: Path, order: list[list[Part | Once]], told: Told) -> AsyncIterator[Stack]:
    up = asyncio.Event()
    stack = Stack(home, order, told.append, up.set)
    run = asyncio.create_task(stack.run())
    waiting = asyncio.create_task(up.wait())
    await asyncio.wait({run, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if run.done():
            await run
        yield stack
    finally:
        if not run.done():
            os.kill(os.getpid(), signal.SIGINT)
            await run


async def test_ctrl_c_ends_every_process_and_what_it_started(home: Path) -> None:
    order: list[list[Part | Once]] = [[part(home, "one", FORKS)], [part(home, "two")]]
    async with running(home, order, Told()):
        alive = [*pids(home, "one"), *pids(home, "two")]
        assert len(alive) == 3
        assert not any(gone(pid) for pid in alive)
    await until(lambda: all(gone(pid) for pid in alive), "every process is gone")


async def test_groups_start_in_order(home: Path) -> None:
    prepare = Once("prepare", script(home, "prepare", f"assert open({str(home / 'one.pid')!r}).read()"))
    told = Told()
    async with running(home, [[part(home, "one")], [prepare], [part(home, "two")]], told):
        assert [line.split()[1] for line in told if line.startswith("starting")] == ["one", "two"]


async def test_a_killed_child_is_started_again_and_it_is_said(home: Path) -> None:
    told = Told()
    async with running(home, [[part(home, "one")]], told):
        (first,) = pids(home, "one")
        (home / "one.pid").unlink()
        os.kill(first, signal.SIGKILL)
        await until(lambda: pids(home, "one") not in ([], [first]), "it runs again")
        assert told.of("one ended", "signal SIGKILL", "starting it again", "one.log")
    await until(lambda: gone(pids(home, "one")[0]), "the second is gone too")


async def test_what_ignores_the_end_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.supervisor.stack.PATIENCE_AT_END", 0.3)
    told = Told()
    async with running(home, [[part(home, "one", STUBBORN)]], told):
        (pid,) = pids(home, "one")
    assert gone(pid)
    assert told.of("one did not end", "killed")


async def test_a_second_ctrl_c_kills_at_once(home: Path) -> None:
    told = Told()
    async with running(home, [[part(home, "one", STUBBORN)]], told):
        (pid,) = pids(home, "one")
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: told.of("ending"), "the first is heard")
    assert gone(pid)
    assert not told.of("did not end")


async def test_a_part_that_cannot_start_ends_everything_with_its_last_lines(home: Path) -> None:
    broken = part(home, "two", "raise SystemExit('the disk is full')")
    order: list[list[Part | Once]] = [[part(home, "one")], [broken]]
    with pytest.raises(
        Failure, match=r"two cannot start: it ended 3 times \(exit code 1\).*two\.log"
    ) as refused:
        async with running(home, order, Told()):
            pytest.fail("it was never up")
    assert refused.value.more == ("the disk is full",) * 3
    assert gone(pids(home, "one")[0])


async def test_a_part_that_never_gets_ready_ends_everything(home: Path) -> None:
    async def never(http: httpx.AsyncClient) -> bool:
        return False

    slow = Part("slow", [*script(home, "slow", STAYS), str(home / "slow.pid")], never, patience=0.5)
    with pytest.raises(Failure, match=r"slow was not ready after 0 s"):
        async with running(home, [[slow]], Told()):
            pytest.fail("it was never up")
    assert all(gone(pid) for pid in pids(home, "slow"))


async def test_a_failing_step_ends_everything_with_its_last_lines(home: Path) -> None:
    prepare = Once("prepare", script(home, "prepare", "raise SystemExit('no such table')"))
    order: list[list[Part | Once]] = [[part(home, "one")], [prepare]]
    with pytest.raises(Failure, match=r"the step “prepare” failed \(exit code 1\)") as refused:
        async with running(home, order, Told()):
            pytest.fail("it was never up")
    assert refused.value.more == ("no such table",)
    assert gone(pids(home, "one")[0])


async def test_everything_written_is_in_the_log_and_errors_are_shown(home: Path) -> None:
    code = (
        "print('plain', flush=True); print('2026 ERROR it broke', flush=True); print('x' * 200_000)" + STAYS
    )
    told = Told()
    async with running(home, [[part(home, "one", code)]], told):
        log = home / "logs" / "one.log"
        await until(lambda: log.read_text().count("x") == 200_000, "all of it is in the log")
        assert log.read_text().startswith("plain\n2026 ERROR it broke\n")
        assert told.of("one: 2026 ERROR it broke")
        assert not told.of("plain")


def test_a_full_log_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "one.log").write_text("old\n" * 2_000_000)
    log = Log(tmp_path, "one")
    log.write("new %s {}")
    log.close()
    assert (tmp_path / "one.log").read_text() == "new %s {}\n"
    assert (tmp_path / "one.log.1").stat().st_size == 8_000_000


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from cli.supervisor.parts import Part
from cli.supervisor.stack import Stack
home = Path(sys.argv[1])
async def ready(http): return (home / "child.pid").exists()
order = [[Part("child", [sys.executable, str(home / "child.py"), str(home / "child.pid")], ready)]]
asyncio.run(Stack(home, order, print, lambda: (home / "up").touch()).run())
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel ends children with their parent on Linux only"
)
@pytest.mark.parametrize("code", [STAYS, STUBBORN])
async def test_kill_9_of_the_supervisor_leaves_no_child(home: Path, code: str) -> None:
    script(home, "child", code)
    supervisor = await asyncio.create_subprocess_exec(
        *script(home, "supervisor", SUPERVISOR), str(home), env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    try:
        await until((home / "up").exists, "it is up")
        (child,) = pids(home, "child")
        assert not gone(child)
    finally:
        supervisor.kill()
        await supervisor.wait()
    await until(lambda: gone(child), "the child went with its supervisor")
