"""Fifty people decide on one approval at the same moment, again and again: nothing is lost, doubled or out of order.

`ROUNDS=200 make proofs TESTS=tests/api/test_fifty_approvers.py` asks two hundred times; the proof, a few.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from db.session import Database
from settings import Settings
from tests.api.client import RELEASE, Client
from tests.databases import ON_BOTH
from tests.stack import running

pytestmark = [pytest.mark.proof, pytest.mark.slow, pytest.mark.timeout(3600), ON_BOTH]

ROUNDS = int(os.environ.get("ROUNDS", "2"))
SIGNERS = [f"s{n:02}" for n in range(50)]
TEMPLATE = """
name: fifty
title: Fifty
description: Everybody signs.
stages:
  - id: go
    process: dual_sign_off
    title: Go
    approvals:
      - {key: all, title: All, rules: [{function: ops, mode: all}]}
"""


@pytest.fixture
async def admin(temporal: WorkflowEnvironment, settings: Settings, tmp_path: Path) -> AsyncIterator[Client]:
    """The user `admin` at an application with a worker, on either database. The worker keeps runs, as in use."""
    port = int(temporal.client.service_client.config.target_host.rpartition(":")[2])
    key = SecretStr("a-key-of-tests-and-of-nothing-else")
    served = settings.model_copy(update={"temporal_port": port, "secret_keys": key})
    database = Database(served.url)
    app = create_app(served)
    as_in_use = {"sandbox": False, "cached_runs": 100}
    async with running(temporal, database, tmp_path / "work", **as_in_use), app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://golive", timeout=120) as http:
            yield Client(app, http, (served.home / "admin.token").read_text().strip())
    await database.close()


async def test_fifty_decisions_at_one_moment_are_all_taken_once_and_in_one_order(admin: Client) -> None:
    manager = await admin.joined("rm", "release_manager")
    people = [await admin.joined(name, "approver", functions=("ops",)) for name in SIGNERS]
    published = await admin.post("/templates", {"source": TEMPLATE})
    assert published.status_code == 201, published.text
    for _ in range(ROUNDS):
        await one_round(admin, manager, people)
    assert (await admin.get("/audit/verify"))["ok"] is True


async def one_round(admin: Client, manager: Client, people: list[Client]) -> None:
    started = await manager.post("/runs", {"template": "fifty", "release": RELEASE})
    assert started.status_code == 201, started.text
    run_id = started.json()["id"]
    path = f"/approvals/{run_id}.go.all"
    body = {"decision": "approved", "digest": (await admin.get(path))["digest"]}
    receipts = await asyncio.gather(*(decided(person, path, body) for person in people))
    shown = await admin.get(path)
    assert shown["state"] == "approved"
    assert sorted(made["by"] for made in shown["decisions"]) == SIGNERS
    seqs = [receipt["seq"] for receipt in receipts]
    events = (await admin.get(f"/runs/{run_id}/events", limit=500))["items"]
    made = [event for event in events if event["type"] == "DecisionMade"]
    assert sorted(seqs) == [event["seq"] for event in made]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {receipt["seq"]: receipt["hash"] for receipt in receipts} == {e["seq"]: e["hash"] for e in made}
    assert [event["type"] for event in events].count("ApprovalGranted") == 1


async def decided(person: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Decide, and again with the same key while the answer is that golive is busy, as people's clients do."""
    key = f"{person.token[-8:]}{path[-40:]}"
    while True:
        answer = await person.post(f"{path}/decisions", body, key=key)
        if answer.status_code == httpx.codes.CREATED:
            receipt: dict[str, Any] = answer.json()
            return receipt
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
        await asyncio.sleep(0.05)
