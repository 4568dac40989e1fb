"""A whole golive with everything switched on by its settings: what it logs, what it measures, what it traces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.processes import environment, free_ports
from tests.cli.whole import Whole, up
from tests.observing.receiver import Received, Span, receiving
from tests.observing.scraped import scrape

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(400), pytest.mark.xdist_group("up")]

REMARK = "the-words-that-nobody-else-may-read"
REQUEST = "ticket-4711"
TRACEPARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"


@dataclass
class Played:
    """What was done, and where it can be seen."""

    whole: Whole
    home: Path
    received: Received
    ports: tuple[int, int]
    run: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more.pop("headers", {})}
        return httpx.request(method, f"{self.whole.url}/api/v1{path}", headers=headers, timeout=30, **more)

    def lines(self, part: str) -> list[dict[str, Any]]:
        """Return the log of a part: every line of it is one JSON object."""
        return [json.loads(line) for line in self.written(part).splitlines()]

    def written(self, part: str) -> str:
        return (self.home / "logs" / f"{part}.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    home = tmp_path_factory.mktemp("observed") / "home"
    api, worker = free_ports(2)
    with receiving() as received:
        asked = {
            "GOLIVE_LOG_FORMAT": "json",
            "GOLIVE_LOG_LEVEL": "debug",
            "GOLIVE_API_PROMETHEUS_PORT": str(api),
            "GOLIVE_WORKER_PROMETHEUS_PORT": str(worker),
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        kept = {name: value for name, value in environment(home, **asked).items() if name[:5] != "OTEL_"}
        with up(kept | {n: v for n, v in asked.items() if n[:5] == "OTEL_"}) as whole:
            played = Played(whole, home, received, (api, worker))
            play(played)
            yield played


def play(played: Played) -> None:
    """Start a run, take its task, comment on it, try to complete it without evidence, and do one thing twice."""
    played.tokens["admin"] = (played.home / "admin.token").read_text().strip()
    people = {"rita": ("release_manager", ""), "wei": ("assignee", "release")}
    people |= {"olga": ("approver", "ops"), "quentin": ("approver", "qa")}
    for name, (role, function) in people.items():
        body = {"name": name, "roles": [role], "functions": [function] if function else []}
        made = played.ask("admin", "POST", "/users", json=body)
        played.tokens[name] = made.json()["token"]
    release = {
        "service": "shop",
        "version": "1.0.0",
        "artifacts": [{"name": "shop", "digest": f"sha256:{'a' * 64}"}],
    }
    started = played.ask("rita", "POST", "/runs", json={"template": "dual-sign-off", "release": release})
    assert started.status_code == 201, started.text
    played.run = started.json()["id"]
    task = f"/tasks/{played.run}.sign-off.put-facts-together"
    key = {"Idempotency-Key": "once"}
    taken = played.ask("wei", "POST", f"{task}/start", headers={"X-Request-Id": REQUEST, **key})
    assert taken.status_code == 200, taken.text
    assert taken.headers["x-request-id"] == REQUEST
    assert played.ask("wei", "POST", f"{task}/start", headers=key).json() == taken.json()
    headers = {"traceparent": TRACEPARENT}
    said = played.ask("wei", "POST", f"{task}/comments", json={"text": REMARK}, headers=headers)
    assert said.status_code < 300, said.text
    refused = played.ask("wei", "POST", f"{task}/complete", json={"remark": REMARK})
    assert 400 <= refused.status_code < 500, refused.text
    assert played.ask("wei", "GET", f"/tasks?assignee=me&run={played.run}").status_code == 200


def act_trace(played: Played) -> list[Span]:
    return [span for span in played.received.spans if span.trace == "ab" * 16]


def only(spans: list[Span]) -> Span:
    (one,) = spans
    return one


def test_an_act_is_one_trace_from_the_request_through_the_update_to_sql(played: Played) -> None:
    def whole_trace() -> bool:
        names = {span.name for span in act_trace(played)}
        return {"RunActivity:record", "StartWorkflowUpdate:command"} <= names and "POST" in {
            name.partition(" ")[0] for name in names
        }

    played.whole.wait_until(whole_trace, "the spans of the act have come", 60)
    http = only([span for span in act_trace(played) if span.name.startswith("POST ")])
    assert http.name == "POST /api/v1/tasks/{task_id}/comments"
    assert http.service == "golive-api"
    assert http.parent == "cd" * 8
    update = only(
        [span for span in played.received.under(http) if span.name == "StartWorkflowUpdate:command"]
    )
    started = only([s for s in played.received.under(update) if s.name == "StartActivity:record"])
    record = only(played.received.under(started))
    assert record.name == "RunActivity:record"
    assert record.service == "golive-worker"
    written = played.received.under(record)
    assert any(span.name.startswith("INSERT") for span in written)
    assert any(span.name.startswith("SELECT") for span in played.received.under(http))


def test_statements_are_traced_without_the_values_bound_to_them(played: Played) -> None:
    told = [span for span in played.received.spans if "db.statement" in span.facts]
    assert any("INSERT INTO journal" in span.facts["db.statement"] for span in told)
    everything = repr(played.received.spans)
    assert REMARK not in everything
    assert not [name for name, token in played.tokens.items() if token in everything]


@pytest.mark.parametrize("part", ["api", "worker"])
def test_every_line_is_an_object_with_time_level_logger_and_message(played: Played, part: str) -> None:
    lines = played.lines(part)
    assert lines
    for line in lines:
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        assert line["level"] in {"DEBUG", "INFO", "WARNING", "ERROR"}
        assert line["logger"]
        assert line["message"]


def test_an_answered_act_is_one_line_with_who_what_where_and_how_long(played: Played) -> None:
    lines = [line for line in played.lines("api") if line.get("request_id") == REQUEST]
    (line,) = [each for each in lines if each["logger"] == "golive.access"]
    assert line["route"] == "/api/v1/tasks/{task_id}/start"
    assert (line["method"], line["status"]) == ("POST", 200)
    assert line["ms"] > 0
    assert line["actor"] == "wei"
    assert line["act"] == "start_task"
    assert line["run"] == played.run
    assert line["task"] == f"{played.run}.sign-off.put-facts-together"
    assert len(line["command"]) == 64
    assert len(line["trace_id"]) == 32


def test_a_refused_act_is_a_line_with_its_code(played: Played) -> None:
    lines = [line for line in played.lines("api") if "was refused" in line["message"]]
    (line,) = lines
    assert (line["act"], line["actor"], line["run"]) == ("complete_task", "wei", played.run)
    access = [each for each in played.lines("api") if each.get("request_id") == line["request_id"]]
    assert next(each["code"] for each in access if each["logger"] == "golive.access") in line["message"]


def test_the_worker_says_of_which_run_it_speaks(played: Played) -> None:
    told = [line for line in played.lines("worker") if line["message"].startswith("recorded ")]
    assert {line["run"] for line in told} == {played.run}
    assert {line["activity"] for line in told} == {"open_tasks", "record"}
    assert {line["workflow"] for line in told} == {f"golive/{played.run}"}
    taken = next(
        line for line in played.lines("api") if line.get("request_id") == REQUEST and "command" in line
    )
    (same,) = [line for line in told if line.get("command") == taken["command"]]
    assert same["actor"] == "wei"
    assert same["trace_id"] == taken["trace_id"]


@pytest.mark.parametrize("part", ["api", "worker"])
def test_no_token_no_key_and_nothing_that_people_wrote_is_logged(played: Played, part: str) -> None:
    written = played.written(part)
    assert not [name for name, token in played.tokens.items() if token in written]
    assert (played.home / "secret.keys").read_text().strip() not in written
    assert REMARK not in written


def test_the_api_counts_requests_and_acts(played: Played) -> None:
    told = scrape(played.ports[0])
    route = "/api/v1/tasks/{task_id}/start"
    assert told("golive_http_requests_total", method="POST", route=route, status="200") == 2
    assert told("golive_http_request_duration_seconds_count", method="POST", route=route) == 2
    assert told("golive_acts_total", act="start_run", outcome="done") == 1
    assert told("golive_acts_total", act="start_task", outcome="done") == 1
    assert told("golive_acts_total", act="start_task", outcome="again") == 1
    assert told("golive_acts_total", act="complete_task", outcome="refused") == 1
    assert told("golive_database_up") == 1
    assert told("golive_runs", state="running", template="dual-sign-off") == 1
    assert told("golive_waits", kind="task", age="under_1h") == 1
    assert not told.labels() & {played.run, "wei", "rita", "shop"}


def test_the_worker_counts_what_it_records(played: Played) -> None:
    told = scrape(played.ports[1])
    assert told.total("golive_record_duration_seconds_count", activity_type="open_tasks") >= 1
    assert told.total("golive_record_duration_seconds_bucket", le="0.5") >= 3
    assert told.total("golive_events_recorded_total", type="TaskStarted") == 1
    assert told.total("golive_events_recorded_total", type="Commented") == 1
    assert told.total("temporal_activity_execution_latency_seconds_count", activity_type="record") >= 2
    assert told.total("temporal_worker_task_slots_available") > 0
    assert not told.labels() & {played.run, "wei", "rita", "shop"}


def test_the_public_port_tells_no_metrics(played: Played) -> None:
    assert httpx.get(f"{played.whole.url}/metrics").status_code == 404
