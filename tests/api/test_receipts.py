"""Receipts, exports and changes over HTTP, on a real run."""

from __future__ import annotations

from typing import Any

import httpx
import jsonpatch
import pytest

from golive.audit_export import Export, lines_of, read_export
from golive.receipt_file import ReceiptFile, check_receipt
from golive.unproven import Unproven
from tests.api.client import RELEASE, Client, problem
from tests.api.team import Team, finish_tasks


class Decided:
    """A run whose one approval `ops1` has decided on."""

    def __init__(self, team: Team, run: str, made: dict[str, Any]):
        self.team, self.run, self.made = team, run, made
        self.path = f"/approvals/{run}.uat.go"

    @property
    def receipt(self) -> str:
        return f"{self.path}/receipts/{self.made['decision_id']}"


@pytest.fixture
async def decided(team: Team) -> Decided:
    run = await team.start()
    await finish_tasks(team, run["id"])
    path = f"/approvals/{run['id']}.uat.go"
    digest = (await team.ops1.get(path))["digest"]
    body = {"decision": "approved", "meaning": "reviewed", "comment": "read", "digest": digest}
    answer = await team.ops1.post(f"{path}/decisions", body)
    assert answer.status_code == 201, answer.text
    return Decided(team, run["id"], answer.json())


async def exported(client: Client, **asked: str) -> httpx.Response:
    return await client.ask("GET", "/audit/export", params=asked)


async def export(client: Client, key: str | None = None, **asked: str) -> Export:
    answer = await exported(client, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/jsonl")
    return read_export(lines_of(answer.text), key)


async def test_a_receipt_says_what_the_decider_was_told_and_an_export_proves_it(decided: Decided) -> None:
    team = decided.team
    told = await team.qa1.get(decided.receipt)
    assert {name: told[name] for name in ("seq", "hash", "decision_id")} == {
        name: decided.made[name] for name in ("seq", "hash", "decision_id")
    }
    assert (told["by"], told["meaning"], told["comment"]["text"]) == ("ops1", "reviewed", "read")
    assert told["subject"] == decided.made["approval"]["subject"]
    receipt = ReceiptFile.model_validate(told)
    key = (await team.qa1.get("/audit/key"))["public_key"]
    check_receipt(receipt, await export(team.manager, key, stream=decided.run))
    check_receipt(receipt, await export(team.admin, key))
    with pytest.raises(Unproven, match="holds nothing of the run"):
        check_receipt(receipt, await export(team.admin, stream="golive"))


async def test_receipts_and_exports_that_there_are_not_are_refused_by_name(decided: Decided) -> None:
    team = decided.team
    answer = await team.ops1.ask("GET", f"{decided.path}/receipts/none")
    assert "none" in problem(answer, 404, "unknown_decision")["detail"]
    problem(await team.ops1.ask("GET", "/approvals/none/receipts/none"), 404, "unknown_approval")
    problem(await exported(team.admin, stream="none"), 404, "unknown_run")


async def test_an_export_is_for_who_reads_the_audit_and_of_a_run_for_release_managers(
    decided: Decided,
) -> None:
    team = decided.team
    for client, asked in (
        (team.ops1, {"stream": decided.run}),
        (team.manager, {}),
        (team.manager, {"stream": "golive"}),
    ):
        problem(await exported(client, **asked), 403, "role_missing")
    auditor = await team.admin.joined("ada", "auditor")
    assert (await export(auditor, stream=decided.run)).streams.keys() == {decided.run}


async def test_what_changed_is_told_in_words_and_as_a_patch_that_makes_the_one_of_the_other(
    team: Team,
) -> None:
    run = await team.start()
    await finish_tasks(team, run["id"])
    path = f"/approvals/{run['id']}.uat.go"
    before = await team.ops1.get(path)
    build = {"release": {**RELEASE, "version": "1.4.1"}, "reason": "RC2"}
    answer = await team.manager.post(f"/runs/{run['id']}/release", build)
    assert answer.status_code == 200, answer.text
    refused = await team.ops1.post(f"{path}/decisions", {"decision": "approved", "digest": before["digest"]})
    assert problem(refused, 409, "stale_subject")["digest"] != before["digest"]
    now = await team.ops1.get(path)
    told = await team.ops1.get(f"{path}/changes", since=before["digest"])
    assert (told["since"], told["digest"]) == (before["digest"], now["digest"])
    assert {"part": "release", "what": "the version is 1.4.1; before: 1.4.0"} in told["changes"]
    assert jsonpatch.apply_patch(before["subject"], told["patch"]) == now["subject"]
    same = await team.ops1.get(f"{path}/changes", since=now["digest"])
    assert (same["changes"], same["patch"]) == ([], [])
    unknown = await team.ops1.ask("GET", f"{path}/changes", params={"since": f"sha256:{'0' * 64}"})
    assert "was never asked for on the subject" in problem(unknown, 404, "unknown_digest")["detail"]
    problem(await team.ops1.ask("GET", f"{path}/changes", params={"since": "x"}), 422, "invalid")
