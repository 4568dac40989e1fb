"""Where an approval asks for it, who signs proves again who they are: by a password that is kept nowhere."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToJson
from sqlalchemy import select

from db.passwords import keep_hash
from db.people import get_user
from db.tables import idempotency, journal, metadata
from golive.names import workflow_id
from tests.api.client import RELEASE, Client, problem
from tests.api.team import PEOPLE, TEMPLATE, Team, finish_tasks
from tests.pages.people import house_of

PASSWORD = "correct horse battery"
STRICT = TEMPLATE.replace("name: small\n", "name: strict\n").replace(
    "title: Go, rules", "title: Go, reauthenticate: true, rules"
)


class Strict:
    """A run whose one approval asks for a proof of who signs; `ops1`, who has a password, is asked."""

    def __init__(self, team: Team, run_id: str):
        self.team, self.run_id = team, run_id
        self.path = f"/approvals/{run_id}.uat.go"

    async def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.team.manager.get(self.path)
        return found

    async def decide(self, who: Client, *, key: str | None = None, **more: Any) -> httpx.Response:
        body = {"decision": "approved", "digest": (await self.shown())["digest"], **more}
        return await who.post(f"{self.path}/decisions", body, key=key)

    async def rows(self, *actions: str) -> list[Any]:
        async with house_of(self.team.admin).database.reading() as session:
            return list(await session.execute(select(journal).where(journal.c.action.in_(actions))))


@pytest.fixture
async def strict(team: Team) -> Strict:
    await team.admin.post("/templates", {"source": STRICT})
    body = {"template": "strict", "release": RELEASE, "people": PEOPLE, "parameters": {"pace": "demo"}}
    started = await team.manager.post("/runs", body)
    assert started.status_code == 201, started.text
    run = started.json()
    team.stack.runs.append(run["id"])
    await finish_tasks(team, run["id"])
    await has_password(team.admin, "ops1")
    return Strict(team, run["id"])


async def has_password(admin: Client, name: str) -> None:
    house = house_of(admin)
    hashed = await house.passwords.hashed(PASSWORD)
    async with house.database.transaction() as session:
        await keep_hash(session, (await get_user(session, name)).id, hashed)


async def test_a_token_alone_signs_nothing_and_says_how_to_sign(strict: Strict) -> None:
    assert (await strict.shown())["reauthenticate"] is True
    told = problem(await strict.decide(strict.team.ops1), 403, "reauthentication_required")
    assert told["ways"] == ["password"]
    assert told["page"] == strict.path
    assert "ops1 sends their password with the act, as `password`" in told["detail"]
    assert (await strict.shown())["decisions"] == []


async def test_with_the_password_it_is_signed_and_decision_and_journal_tell_so(strict: Strict) -> None:
    answer = await strict.decide(strict.team.ops1, password=PASSWORD)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()["approval"]["decisions"]
    assert made["authenticated"]["method"] == "password"
    (row,) = await strict.rows("DecisionMade")
    assert row.method == "token+password"
    assert row.payload["authenticated"]["method"] == "password"


async def test_a_wrong_password_is_refused_and_written_down_and_the_right_one_signs_under_the_same_key(
    strict: Strict,
) -> None:
    refused = await strict.decide(strict.team.ops1, key="k", password="correct horse batterie")
    assert "not the password of ops1" in problem(refused, 403, "password_wrong")["detail"]
    (row,) = [row for row in await strict.rows("POST") if row.payload["code"] == "password_wrong"]
    assert (row.actor, row.outcome) == ("ops1", "refused")
    assert (await strict.decide(strict.team.ops1, key="k", password=PASSWORD)).status_code == 201


async def test_who_guesses_with_a_stolen_token_is_held_up(strict: Strict) -> None:
    for n in range(5):
        problem(await strict.decide(strict.team.ops1, password=f"guess {n}"), 403, "password_wrong")
    held = await strict.decide(strict.team.ops1, password=PASSWORD)
    problem(held, 429, "too_many_failures")
    assert 0 < int(held.headers["retry-after"]) <= 15 * 60
    (row,) = await strict.rows("Reauthenticate")
    assert (row.actor, row.object, row.outcome) == ("ops1", "user:ops1", "refused")


async def test_the_act_is_the_same_whatever_password_came_with_it(strict: Strict) -> None:
    first = await strict.decide(strict.team.ops1, key="k", password=PASSWORD)
    again = await strict.decide(strict.team.ops1, key="k", password="another one", digest=digest_of(first))
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await strict.decide(
        strict.team.ops1, key="k", decision="rejected", comment="no", password=PASSWORD
    )
    problem(other, 422, "idempotency_key_reused")


def digest_of(answer: httpx.Response) -> str:
    return str(answer.json()["approval"]["digest"])


async def test_two_digests_of_a_body_with_two_passwords_are_one(strict: Strict) -> None:
    for key, password in (("a", PASSWORD), ("b", "wrong and never typed again")):
        await strict.decide(strict.team.ops1, key=key, password=password)
    async with house_of(strict.team.admin).database.reading() as session:
        kept = select(idempotency.c.body_digest).where(idempotency.c.key.in_(("a", "b")))
        digests = list(await session.scalars(kept))
    assert len(digests) == 2
    assert len(set(digests)) == 1


async def test_the_password_is_written_nowhere(strict: Strict, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await strict.decide(strict.team.ops1, password="secret-that-is-wrong")
        assert (await strict.decide(strict.team.ops1, password=PASSWORD)).status_code == 201
        await strict.team.ops1.post(f"{strict.path}/decisions", {"password": PASSWORD, "decision": 7})
    written = [caplog.text, await _everything(house_of(strict.team.admin))]
    history = await strict.team.stack.client.get_workflow_handle(workflow_id(strict.run_id)).fetch_history()
    written += [MessageToJson(event) for event in history.events]
    written += [
        payload.data.decode(errors="replace")
        for event in history.events
        for payload in event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args.payloads
    ]
    assert any('"authenticated"' in each for each in written)
    for secret in (PASSWORD, "secret-that-is-wrong"):
        assert not any(secret in each for each in written)


async def _everything(house: Any) -> str:
    """Return every row of every table as text."""
    async with house.database.reading() as session:
        rows = [row for table in metadata.tables.values() for row in await session.execute(select(table))]
    return "\n".join(map(str, rows))


async def test_who_has_nothing_to_prove_it_with_hears_where_they_get_it(strict: Strict) -> None:
    cleo = await strict.team.admin.joined("cleo", "approver", functions=("ops",))
    until = {"to": "cleo", "until": "2099-01-01T00:00:00Z", "reason": "away"}
    assert (await strict.team.ops1.post(f"{strict.path}/delegate", until)).status_code == 200
    told = problem(await strict.decide(cleo), 403, "reauthentication_required")
    assert told["ways"] == []
    assert "an administrator prints a link with `golive user enrol cleo`" in told["detail"]
    problem(await strict.decide(cleo, password="a guess"), 403, "reauthentication_required")


async def test_who_may_not_sign_is_told_so_and_asked_for_no_password(strict: Strict) -> None:
    problem(await strict.decide(strict.team.qa1), 403, "may_not_sign")


async def test_to_withdraw_and_to_break_the_glass_it_is_proved_as_well(strict: Strict) -> None:
    eva = await strict.team.admin.joined("eva", "break_glass")
    await has_password(strict.team.admin, "eva")
    body = {
        "approval": f"{strict.run_id}.uat.go",
        "digest": (await strict.shown())["digest"],
        "reason": "payments fail for everybody, and ops is on a plane",
    }
    breaking = f"/runs/{strict.run_id}/break-glass"
    problem(await eva.post(breaking, body), 403, "reauthentication_required")
    problem(await strict.team.ops1.post(f"{strict.path}/withdraw", {"reason": "no"}), 409, "not_decided")
    await strict.team.ops1.post(
        f"{strict.path}/add-signer", {"people": ["qa2"], "place": "after", "reason": "the ledger"}
    )
    assert (await strict.decide(strict.team.ops1, password=PASSWORD)).status_code == 201
    withdrawing = f"{strict.path}/withdraw"
    problem(
        await strict.team.ops1.post(withdrawing, {"reason": "too early"}), 403, "reauthentication_required"
    )
    taken_back = await strict.team.ops1.post(withdrawing, {"reason": "too early", "password": PASSWORD})
    assert taken_back.status_code == 200, taken_back.text
    broken = await eva.post(breaking, {**body, "password": PASSWORD})
    assert broken.status_code == 200, broken.text
    assert {row.method for row in await strict.rows("GlassBroken", "DecisionWithdrawn")} == {"token+password"}
