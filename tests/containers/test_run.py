"""The compose file's services, started in its order as other users on a tree that cannot be written.

What stands in for images that are not ours: a PostgreSQL server of this machine and Temporal's development server.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import temporal_binary
from tests.containers.machine import Machine, machine, possible
from tests.containers.written import command, compose, last
from tests.databases import Command, required, runner

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(300)]

PATIENCE = 60.0
STOP = signal.Signals[last("STOPSIGNAL").rest]
SERVICES: dict[str, Any] = compose()["services"]
PEOPLE = {
    "rita": ["--role", "release_manager"],
    "wei": ["--role", "assignee", "--function", "release"],
    "olga": ["--role", "approver", "--function", "ops"],
    "quentin": ["--role", "assignee", "--role", "approver", "--function", "qa"],
}


class Containers:
    """The services by their names."""

    def __init__(self, made: Machine, stack: ExitStack) -> None:
        self.made = made
        self._stack = stack
        self._logs = made.folder / "logs"
        self._logs.mkdir()

    def run(
        self, name: str, words: Sequence[str] | None = None, host: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a job to its end, or `words` in a service's container, as `docker compose exec` does."""
        words = command(SERVICES[name]) if words is None else words
        given = self.made.container(host or name, SERVICES[name], words)
        return subprocess.run(given, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def job(self, name: str) -> str:
        """Run a job that must do well, and return what it said."""
        done = self.run(name)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, name: str, host: str = "") -> subprocess.Popen[bytes]:
        """Start a service and wait until its health check passes; `host` tells replicas apart."""
        host = host or name
        process = self.serve(host, self.made.container(host, SERVICES[name], command(SERVICES[name])))
        self.wait(name, process, SERVICES[name]["healthcheck"]["test"][1:], host)
        return process

    def serve(self, name: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a process that is ended with the test."""
        with (self._logs / name).open("wb") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._stack.callback(_end, process)
        return process

    def wait(self, name: str, process: subprocess.Popen[bytes], check: Sequence[str], host: str = "") -> None:
        """Wait until the service's check passes; each look takes the time of a process or two."""
        end = time.monotonic() + PATIENCE
        while (looked := self.run(name, check, host)).returncode != 0:
            said = f"{looked.stdout}{looked.stderr}\n{self.log(host or name)}"
            assert process.poll() is None, f"{name} ended: {said}"
            assert time.monotonic() < end, f"{name} is not healthy after {PATIENCE:.0f} s: {said}"

    def log(self, name: str) -> str:
        return (self._logs / name).read_text()

    def golive(self, *words: str) -> Any:
        """Run the command line in the API's container, with --json."""
        done = self.run("api", ["python", "-m", "cli", *words, "--json"])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(30)


@contextmanager
def postgresql(containers: Containers) -> Iterator[None]:
    """Stand in for the service `postgresql`: its superuser, its password, and nobody let in without one."""
    made, programs, who = containers.made, required(), runner()
    data = Path(tempfile.mkdtemp(prefix="golive-postgresql-", dir=made.folder))
    shutil.chown(data, who["user"], who["group"])
    password = data.with_suffix(".password")
    password.write_text((made.secrets / "postgres_password").read_text())
    password.chmod(0o644)
    made_by: Command = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "-N"]
    subprocess.run(
        [*made_by, f"--pwfile={password}"], check=True, capture_output=True, cwd=made.folder, **who
    )
    become = ["setpriv", f"--reuid={who['user']}", f"--regid={who['group']}", "--clear-groups"]
    tuned = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]
    server = containers.serve(
        "postgresql",
        made.inside(
            *become, programs / "postgres", "-D", data, *SERVICES["postgresql"]["command"][1:], *tuned
        ),
    )
    containers.wait("postgresql", server, SERVICES["postgresql"]["healthcheck"]["test"][1:])
    try:
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    """Start everything in the order of `depends_on`."""
    possible()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="golive-containers-")))
        folder.chmod(0o711)
        made = stack.enter_context(machine(folder))
        running = Containers(made, stack)
        stack.enter_context(postgresql(running))
        running.job("postgresql-roles")
        options = ("--ip", "127.0.0.1", "--headless", "--log-level", "error")
        words = [temporal_binary(), "server", "start-dev", *options]
        running.serve("temporal", made.inside(*words))
        running.job("temporal-namespace")
        running.job("golive-schema")
        yield running


def test_the_services_start_are_healthy_work_and_stop(containers: Containers) -> None:
    api, worker, another = (
        containers.start("api"),
        containers.start("worker"),
        containers.start("worker", "worker-2"),
    )
    check = SERVICES["worker"]["healthcheck"]["test"][1:]
    assert "no worker on worker-3 has asked" in containers.run("worker", check, "worker-3").stdout
    assert "engine: up, worker: up" in containers.run("api", last("HEALTHCHECK").exec_form).stdout
    _a_run_starts(containers)
    for process in (api, worker, another):
        environment = Path(f"/proc/{process.pid}/environ").read_text()
        assert "GOLIVE_ENV=production" in environment
        for secret in containers.made.secrets.iterdir():
            assert secret.read_text().strip() not in environment
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert "Uid:\t65532\t65532\t65532\t65532" in status
        assert "CapEff:\t0000000000000000" in status
        assert "CapBnd:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        process.send_signal(STOP)
    codes = [process.wait(30) for process in (api, worker, another)]
    assert codes == [0, 0, 0], containers.log("api") + containers.log("worker")
    assert containers.run("api", last("HEALTHCHECK").exec_form).returncode == 1
    assert containers.run("worker", ["python", "-m", "api.alive"]).returncode == 1


def _a_run_starts(containers: Containers) -> None:
    """The token of the first administrator lies in the volume; others get a link, and nothing of it is written."""
    assert "dual-sign-off" in {each["name"] for each in containers.golive("template", "list")["items"]}
    for name, words in PEOPLE.items():
        added = containers.golive("user", "add", name, *words)
        assert added["token"] is None
        assert "/enrol/" in added["enrolment_url"]
    containers.golive("user", "change", "admin", "--role", "admin", "--role", "release_manager")
    started = containers.golive(
        *("start", "dual-sign-off", "--service", "shop", "--version", "1.0.0", "--artifact", "/app/LICENSE"),
    )
    assert started["state"] == "running"
    assert not (containers.made.folder / "golive-home" / "secret.keys").exists()


@pytest.mark.parametrize("name", ["api", "worker"])
def test_nothing_can_be_written_but_the_volume_and_tmp(containers: Containers, name: str) -> None:
    """/proc and /dev are the kernel's; /usr is this machine's and large, so it is only tried."""
    left_out = "-path /proc -o -path /dev -o -path /usr"
    looked = containers.run(
        name, ["sh", "-c", rf"find / \( {left_out} \) -prune -o -writable ! -type l -print"]
    )
    places = {line for line in looked.stdout.splitlines() if not line.startswith("/var/lib/golive/")}
    assert places == {"/tmp", "/var/lib/golive"}  # noqa: S108
    tried = containers.run(name, ["sh", "-c", "touch /app/x /usr/x /opt/golive/x /run/secrets/x /etc/x /x"])
    assert tried.stderr.count("Read-only file system") == 6


@pytest.mark.parametrize("name", ["postgresql-roles", "golive-schema", "temporal-namespace"])
def test_a_job_does_well_again(containers: Containers, name: str) -> None:
    containers.job(name)


def test_the_namespace_keeps_ended_runs_for_thirty_days(containers: Containers) -> None:
    told = containers.run(
        "temporal-namespace", ["temporal", "operator", "namespace", "describe", "-n", "golive", "-o", "json"]
    )
    assert json.loads(told.stdout)["config"]["workflowExecutionRetentionTtl"] == "2592000s"


@pytest.mark.parametrize(
    "statement", ["DELETE FROM journal", "UPDATE journal SET actor = 'x'", "CREATE TABLE x (y int)"]
)
def test_the_role_of_api_and_workers_cannot_change_the_journal_or_the_schema(
    containers: Containers, statement: str
) -> None:
    asked = f'exec {required()}/psql "$(cat /run/secrets/golive_database_url)" -c "{statement}"'
    done = containers.run("api", ["sh", "-euc", asked])
    assert done.returncode == 1
    assert "permission denied" in done.stderr


def test_a_wrong_password_lets_nobody_in(containers: Containers) -> None:
    asked = f"exec {required()}/psql postgresql://golive:wrong@postgresql:5432/golive -c 'SELECT 1'"
    done = containers.run("api", ["sh", "-euc", asked])
    assert "password authentication failed" in done.stderr


def test_another_programs_database_is_closed_to_golives_role(containers: Containers) -> None:
    address = "$(sed 's|/golive$|/temporal|' /run/secrets/golive_database_url)"
    asked = f"exec {required()}/psql \"{address}\" -c 'SELECT 1'"
    done = containers.run("api", ["sh", "-euc", asked])
    assert 'permission denied for database "temporal"' in done.stderr
