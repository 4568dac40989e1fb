"""The API under watch: what Prometheus reads from it, its request ids, and what is left when SQL or a port is away."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

import db.figures
from api import figures
from api.app import create_app
from api.metrics import PortTaken
from db.session import Database, Session
from golive.recording import Batch
from settings import Settings
from tests.api.client import Client, problem
from tests.api.conftest import admin, prepared, settings
from tests.cli.processes import free_ports
from tests.db.story import approval_change, first, record, run_change, task_change
from tests.db.story import event as happened
from tests.loopback import serving
from tests.observing.scraped import Scraped, scrape

__all__ = ["admin", "prepared", "settings"]


@pytest.fixture
def port(settings: Settings) -> int:
    """Switch metrics on; return where they are."""
    (settings.api_prometheus_port,) = free_ports(1)
    return settings.api_prometheus_port


@pytest.fixture
async def watched(port: int, admin: Client, settings: Settings) -> Client:
    """The application with metrics, whose database a story has filled."""
    database = Database(settings.url)
    for run_id, state in (("r1", "running"), ("r2", "held"), ("r3", "completed")):
        await record(database, first(run_id))
        asked = approval_change("expired" if run_id == "r2" else "pending")
        opened = (task_change("plan", overdue=True),)
        batch = Batch(
            run_id=run_id,
            events=(happened(2),),
            run=run_change(state),  # type: ignore[arg-type]
            tasks=opened,
            approvals=(asked,),
        )
        await record(database, batch)
    await database.close()
    return admin


async def read(port: int) -> Scraped:
    """Scrape from a thread, as Prometheus does from outside: the application lives in this loop."""
    return await asyncio.to_thread(scrape, port)


async def test_the_figures_are_those_of_the_database(watched: Client, port: int) -> None:
    told = await read(port)
    assert told("golive_database_up") == 1
    assert told("golive_runs", state="running", template="saas-standard") == 1
    assert told("golive_runs", state="held", template="saas-standard") == 1
    assert told.total("golive_runs") == 2
    assert told("golive_approvals", state="pending") == 1
    assert told("golive_approvals", state="expired") == 1
    assert told.total("golive_tasks_overdue") == 2
    assert told("golive_alerts_open", of="check") == 0


async def test_requests_are_counted_by_the_template_of_their_route(watched: Client, port: int) -> None:
    for task_id in ("r1.uat.plan", "r2.uat.plan", "nothing-like-it"):
        await watched.ask("GET", f"/tasks/{task_id}")
    await watched.http.get("/nothing/here")
    await watched.http.request("BREW", "/nothing/here")
    told = await read(port)
    route = "/api/v1/tasks/{task_id}"
    assert told("golive_http_requests_total", method="GET", route=route, status="200") == 2
    assert told("golive_http_requests_total", method="GET", route=route, status="404") == 1
    assert told("golive_http_request_duration_seconds_count", method="GET", route=route) == 3
    assert told("golive_http_requests_total", method="GET", route="none", status="404") == 1
    assert told("golive_http_requests_total", method="other", route="none", status="404") == 1


async def test_an_act_without_an_engine_counts_as_unknown(watched: Client, port: int) -> None:
    problem(await watched.post("/runs/r1/hold", {"reason": "wait"}), 403, "role_missing")
    rm = await watched.joined("rm", "release_manager")
    problem(await rm.post("/runs/r1/hold", {"reason": "wait"}), 503, "engine_unavailable")
    told = await read(port)
    assert told("golive_acts_total", act="hold", outcome="unknown") == 1
    assert told("golive_acts_total", act="hold", outcome="refused") == 1
    assert told("golive_http_unavailable_total", code="engine_unavailable") == 1
    assert told("golive_http_unavailable_total", code="busy") == 0
    assert told("golive_updates_in_flight") == told("golive_updates_queued") == 0


async def test_an_open_stream_is_told_and_its_length_is_no_latency(watched: Client, port: int) -> None:
    headers = {"Authorization": f"Bearer {watched.token}"}
    route = "/api/v1/runs/{run_id}/stream"
    async with serving(watched.app) as url, httpx.AsyncClient(base_url=url, headers=headers) as http:
        async with http.stream("GET", "/api/v1/runs/r1/stream?after=2"), asyncio.timeout(10):
            while (await read(port))("golive_streams_open") != 1:
                await asyncio.sleep(0.02)
        async with asyncio.timeout(10):
            while (told := await read(port))("golive_streams_open"):
                await asyncio.sleep(0.02)
    assert not told.total("golive_http_request_duration_seconds_count", route=route)


async def test_while_the_database_is_away_its_figures_are_absent(
    watched: Client, port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "FRESH", 0.0)
    house = watched.app.state.house
    file = settings.home / "golive.db"
    away = Path(settings.home / "away.db")
    await house.database.close()
    file.rename(away)
    file.mkdir()
    told = await read(port)
    assert told("golive_database_up") == 0
    assert told.total("golive_http_requests_total") >= 0
    counted = {name for name in told.names() if not name.startswith(("golive_http", "process_"))}
    assert counted == {
        "golive_database_up",
        "golive_updates_in_flight",
        "golive_updates_queued",
        "golive_streams_open",
    }
    file.rmdir()
    away.rename(file)
    assert (await read(port)).total("golive_runs") == 2


async def test_two_scrapes_at_once_ask_the_database_once(
    watched: Client, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    count = db.figures.figures

    async def counting(session: Session) -> db.figures.Figures:
        nonlocal looks
        looks += 1
        return await count(session)

    monkeypatch.setattr(figures, "figures", counting)
    await asyncio.gather(*(read(port) for _ in range(5)))
    assert looks == 1


async def test_a_port_that_is_taken_is_named_with_its_setting(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.api_prometheus_port = taken.getsockname()[1]
        app = create_app(settings)
        with pytest.raises(PortTaken, match="GOLIVE_API_PROMETHEUS_PORT"):
            async with app.router.lifespan_context(app):
                pass


async def test_a_well_formed_request_id_is_kept(admin: Client) -> None:
    told = await admin.ask("GET", "/users/me", headers={"X-Request-Id": "a-1.b:2/c"})
    assert told.headers["x-request-id"] == "a-1.b:2/c"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, 'quo"te', "né"])
async def test_another_is_replaced_by_one_of_ours(admin: Client, given: str) -> None:
    headers = {b"X-Request-Id": given.encode("latin-1")}
    answers = [await admin.http.get("/api/v1/health", headers=headers) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(len(each) == 16 and each.isalnum() for each in ids)


async def test_a_problem_names_the_request(admin: Client) -> None:
    answer = await admin.ask("GET", "/runs/none", headers={"X-Request-Id": "mine"})
    assert problem(answer, 404, "unknown_run")["request_id"] == "mine"


async def test_so_does_a_fault_of_golive(admin: Client) -> None:
    del admin.app.state.house
    answer = await admin.ask("GET", "/users/me", headers={"X-Request-Id": "mine"})
    assert problem(answer, 500, "unexpected")["request_id"] == "mine"
    assert answer.headers["x-request-id"] == "mine"
