"""Who signs proves again who they are, on the page: by password, or by signing in anew at a real OpenID provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from db import identities
from db.people import get_user
from db.session import Database
from db.tables import journal, sessions
from tests.api.client import Client
from tests.api.conftest import connected
from tests.api.team import Team
from tests.api.test_reauthentication import PASSWORD, Strict, strict
from tests.pages.openid import Provider, at_provider, provided
from tests.pages.people import house_of
from tests.pages.reader import SITE, Reader, reading

__all__ = ["strict"]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    async with provided() as found:
        yield found


@pytest.fixture
async def application(
    temporal: WorkflowEnvironment, database: Database, prepared: Path, tmp_path: Path, provider: Provider
) -> AsyncIterator[Client]:
    """The user `admin` at an application whose people may sign in at the provider, connected to Temporal."""
    told = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "golive",
        "oidc_client_secret": SecretStr("a-secret-of-tests"),
        "oidc_groups": '{"testers": {"roles": ["approver"], "functions": ["ops"]}}',
    }
    async with connected(temporal, database, prepared, tmp_path, **told) as client:
        yield client


@pytest.fixture
async def ops1(team: Team) -> AsyncIterator[Reader]:
    async with reading(team.admin.app, team.ops1.token) as reader:
        yield reader


async def is_known(team: Team, provider: Provider, name: str) -> None:
    """Let a user of golive be known at the provider."""
    await provider.knows(name, groups=["testers"])
    async with house_of(team.admin).database.transaction() as session:
        user = await get_user(session, name)
        await identities.connect(session, user_id=user.id, issuer=provider.issuer, subject=name)


async def left(reader: Reader, strict: Strict) -> str:
    """Leave for the provider as the page leads; return its address."""
    page = await reader.look(strict.path)
    link = page.html.select_one(f'#acts a[href="{strict.path}/sign-in-again"]')
    assert link is not None
    answer = await reader.http.get(str(link["href"]), follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


async def codes(team: Team, action: str) -> list[str]:
    async with house_of(team.admin).database.reading() as session:
        rows = await session.scalars(select(journal.c.payload).where(journal.c.action == action))
        return [row.get("code", row.get("method")) for row in rows]


async def test_the_password_is_typed_with_the_decision_and_stands_in_no_page(
    strict: Strict, ops1: Reader
) -> None:
    page = await ops1.look(strict.path)
    field = page.form(f"{strict.path}/approve").select_one('input[name="password"]')
    assert field is not None
    assert (field["type"], field["autocomplete"]) == ("password", "current-password")
    typed = {"comment": "It is complete.", "password": "not-my-password"}
    again = await ops1.send(page, f"{strict.path}/approve", **typed)
    assert again.status == 403
    assert "That is not the password of ops1" in again.alert
    assert "not-my-password" not in again.text
    assert "It is complete." in again.text
    done = await ops1.send(again, f"{strict.path}/approve", password=PASSWORD)
    assert done.status == 200
    assert "You decided" in done.text
    (made,) = (await strict.shown())["decisions"]
    assert (made["authenticated"]["method"], made["comment"]) == ("password", "It is complete.")
    assert "proved who they are by password" in (await ops1.look(strict.path)).text


async def test_who_comes_back_from_the_provider_signs_once_with_that(
    strict: Strict, ops1: Reader, provider: Provider
) -> None:
    await is_known(strict.team, provider, "ops1")
    where = await left(ops1, strict)
    asked = dict(parse_qsl(urlsplit(where).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    back = await ops1.look(await at_provider(where, "ops1"))
    assert (back.status, back.path) == (200, strict.path)
    assert "who you are. That holds for one act" in back.text
    assert back.form(f"{strict.path}/approve").select_one('input[name="password"]') is None
    assert await codes(strict.team, "Reauthenticated") == ["oidc"]
    await ops1.send(back, f"{strict.path}/remind")
    refused = await ops1.send(back, f"{strict.path}/reject", comment=" ")
    assert refused.status == 422
    assert (await ops1.send(refused, f"{strict.path}/approve")).status == 200
    (made,) = (await strict.shown())["decisions"]
    assert made["authenticated"]["method"] == "oidc"
    (row,) = await strict.rows("DecisionMade")
    assert row.method == "token+oidc"
    async with house_of(strict.team.admin).database.reading() as session:
        assert list(await session.scalars(select(sessions.c.proven_at))) == [None]


async def test_somebody_else_at_the_provider_proves_nothing(
    strict: Strict, ops1: Reader, provider: Provider
) -> None:
    await is_known(strict.team, provider, "ops1")
    await provider.knows("eve", groups=["testers"])
    refused = await ops1.look(await at_provider(await left(ops1, strict), "eve"))
    assert refused.status == 403
    assert "as somebody who is not ops1 in golive" in refused.text
    assert await codes(strict.team, "Reauthenticate") == ["other_person"]
    assert "That holds for one act" not in (await ops1.look(strict.path)).text


async def test_a_provider_that_does_not_ask_anew_proves_nothing(
    strict: Strict, ops1: Reader, provider: Provider
) -> None:
    """What is asked of it is taken out on the way: it then says nothing of when somebody signed in."""
    await is_known(strict.team, provider, "ops1")
    where = urlsplit(await left(ops1, strict))
    kept = [(name, value) for name, value in parse_qsl(where.query) if name not in ("prompt", "max_age")]
    refused = await ops1.look(await at_provider(where._replace(query=urlencode(kept)).geturl(), "ops1"))
    assert refused.status == 403
    assert "did not ask you anew who you are" in refused.text
    assert await codes(strict.team, "Reauthenticate") == ["not_asked_anew"]


async def test_a_proof_that_was_begun_elsewhere_counts_for_nothing(
    strict: Strict, ops1: Reader, provider: Provider
) -> None:
    await is_known(strict.team, provider, "ops1")
    back = await at_provider(await left(ops1, strict), "ops1")
    assert back.startswith(SITE)
    async with reading(strict.team.admin.app, strict.team.ops1.token) as other:
        assert (await other.look(back)).status == 403
        assert "That holds for one act" not in (await other.look(strict.path)).text


async def test_who_has_neither_reads_what_to_do(strict: Strict) -> None:
    cleo = await strict.team.admin.joined("cleo", "approver", functions=("ops",))
    handed = {"to": "cleo", "until": "2099-01-01T00:00:00Z", "reason": "away"}
    assert (await strict.team.ops1.post(f"{strict.path}/delegate", handed)).status_code == 200
    async with reading(strict.team.admin.app, cleo.token) as reader:
        page = await reader.look(strict.path)
    assert "golive user enrol cleo" in page.text
    assert not page.html.select("#acts form[action$=approve]")
