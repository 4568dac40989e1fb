"""Signing in at a real OpenID provider: npm's oidc-provider, on loopback."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.pages.entering import identity_of
from settings import Settings
from tests.api.client import Client
from tests.api.conftest import NOBODY_LISTENS
from tests.api.test_people import everything_in
from tests.pages.openid import Provider, at_provider, begun, provided, signed_in_there
from tests.pages.people import enrolled, house_of, refusals, sign_in
from tests.pages.reader import SITE, Reader, reading

GROUPS = """{
  "testers": {"roles": ["assignee", "approver"], "functions": ["qa"]},
  "leads": {"roles": ["approver", "release_manager"], "functions": ["release"]},
  "root": {"roles": ["admin"]}
}"""


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    async with provided() as found:
        yield found


@asynccontextmanager
async def application(home: Path, issuer: str, **more: Any) -> AsyncIterator[Client]:
    """Be `admin` at an application whose people sign in at `issuer`."""
    told = {"oidc_client_id": "golive", "oidc_client_secret": SecretStr("a-secret-of-tests"), **more}
    told |= {"oidc_issuer": issuer, "oidc_groups": GROUPS}  # as JSON, which the environment holds
    settings = Settings(home=home, temporal_port=NOBODY_LISTENS, **told)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=SITE) as http:
            yield Client(app, http, (home / "admin.token").read_text().strip())


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "home"))


@pytest.fixture
async def admin(home: Path, provider: Provider) -> AsyncIterator[Client]:
    async with application(home, provider.issuer) as client:
        yield client


@pytest.fixture
async def stranger(admin: Client) -> AsyncIterator[Reader]:
    async with reading(admin.app) as reader:
        yield reader


async def test_the_first_sign_in_makes_a_user_with_what_the_groups_stand_for(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    mail = {"email": "ann@example.com", "email_verified": True}
    await provider.knows("ann", **mail, groups=["staff", "leads", "testers"])
    asked = await stranger.look("/components")
    button = asked.html.select_one('a[href^="/sign-in/provider"]')
    assert button is not None
    assert urlsplit(provider.issuer).netloc in button.get_text()
    shown = await signed_in_there(stranger, "ann", parse_qs(urlsplit(str(button["href"])).query)["next"][0])
    assert (shown.status, shown.path) == (200, "/components")
    ann = await admin.get("/users/ann")
    assert ann["roles"] == ["assignee", "approver", "release_manager"]
    assert (ann["functions"], ann["email"]) == (["qa", "release"], "ann@example.com")
    rows = (await admin.get("/audit", stream="golive"))["items"]
    assert [(row["action"], row["actor"], row["method"]) for row in rows[:2]] == [
        ("SignedIn", "ann", "oidc"),
        ("UserAdded", "golive", "none"),
    ]
    assert rows[1]["payload"]["groups"] == ["testers", "leads"]


async def test_to_begin_changes_nothing_and_asks_with_pkce_state_and_nonce(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    before = await everything_in(house_of(admin).settings.url)
    asked = dict(parse_qsl(urlsplit(await begun(stranger)).query))
    again = dict(parse_qsl(urlsplit(await begun(stranger)).query))
    assert asked["code_challenge_method"] == "S256"
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))
    assert (asked["response_type"], asked["redirect_uri"]) == ("code", f"{SITE}/sign-in/provider/back")
    assert await everything_in(house_of(admin).settings.url) == before


async def test_the_groups_are_followed_at_each_sign_in_and_the_change_is_written_down(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("bo", groups=["testers"])
    await signed_in_there(stranger, "bo")
    await provider.knows("bo", groups=["leads"])
    assert (await admin.get("/users/bo"))["functions"] == ["qa"]
    await signed_in_there(stranger, "bo")
    bo = await admin.get("/users/bo")
    assert (bo["roles"], bo["functions"]) == (["approver", "release_manager"], ["release"])
    changed = (await admin.get("/audit", action="UserChanged"))["items"]
    assert [(row["actor"], row["object"], row["payload"]) for row in changed] == [
        (
            "golive",
            "user:bo",
            {"roles": ["approver", "release_manager"], "functions": ["release"], "groups": ["leads"]},
        )
    ]
    await signed_in_there(stranger, "bo")
    assert len((await admin.get("/audit", action="UserChanged"))["items"]) == 1


async def test_somebody_in_no_group_is_refused_in_words_and_is_no_user(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("cy", groups=["staff"])
    shown = await signed_in_there(stranger, "cy")
    assert shown.status == 403
    assert "cy is in no group that stands for something in golive" in shown.alert
    assert (await admin.ask("GET", "/users/cy")).status_code == 404
    assert (await stranger.look("/")).path == "/sign-in"
    assert (await refusals(admin))[-1] == ("anonymous", f"provider:{provider.issuer}", "no_group")


async def test_who_leaves_every_group_loses_roles_and_functions_too(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("di", groups=["testers"])
    await signed_in_there(stranger, "di")
    await provider.knows("di", groups=[])
    async with reading(admin.app) as elsewhere:
        assert (await signed_in_there(elsewhere, "di")).status == 403
    di = await admin.get("/users/di")
    assert (di["roles"], di["functions"]) == ([], [])


async def test_the_last_administrator_stays_one_whatever_the_groups_say(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("root1", groups=["root", "testers"])
    await signed_in_there(stranger, "root1")
    assert (await admin.ask("PATCH", "/users/admin", json={"enabled": False})).status_code == 200
    await provider.knows("root1", groups=["testers"])
    assert (await signed_in_there(stranger, "root1")).path == "/"
    shown = await stranger.look("/me")
    assert "admin" in shown.text


async def test_a_user_of_the_same_name_is_not_taken_over(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await enrolled(admin, "eve", "viewer")
    await provider.knows("eve", groups=["testers"])
    shown = await signed_in_there(stranger, "eve")
    assert shown.status == 409
    assert "There is a user eve in golive already" in shown.alert
    assert (await admin.get("/users/eve"))["roles"] == ["viewer"]


async def test_who_is_signed_in_as_both_connects_them(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await enrolled(admin, "fay", "viewer")
    await provider.knows("fay", groups=["testers"])
    await sign_in(stranger, "fay")
    offered = await signed_in_there(stranger, "fay", "/me")
    assert "Is this you, too?" in offered.text
    assert (await admin.get("/users/fay"))["roles"] == ["viewer"]
    async with reading(admin.app) as other:
        await enrolled(admin, "gus", "viewer")
        await sign_in(other, "gus")
        stolen = offered.form("/me/identities").select_one('[name="identity"]')
        assert stolen is not None
        token = (await other.look("/me")).html.select_one('[name="csrf"]')
        assert token is not None
        typed = {"csrf": str(token["value"]), "identity": str(stolen["value"])}
        answer = await other.http.post("/me/identities", data=typed, headers={"Origin": SITE})
        assert answer.status_code == 403
    assert (await stranger.send(offered, "/me/identities")).path == "/me"
    assert "You can sign in at" in (await stranger.look("/me")).text
    async with reading(admin.app) as again:
        assert (await signed_in_there(again, "fay")).path == "/"
        assert "fay" in (await again.look("/me")).text
    assert (await admin.get("/users/fay"))["roles"] == ["assignee", "approver"]
    assert (await admin.get("/audit", action="IdentityConnected"))["items"][0]["actor"] == "fay"


async def test_an_account_is_connected_with_one_user(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await enrolled(admin, "hal", "viewer")
    await provider.knows("ida", groups=["testers"])
    await sign_in(stranger, "hal")
    offered = await signed_in_there(stranger, "ida", "/me")
    async with reading(admin.app) as other:
        assert (await signed_in_there(other, "ida")).path == "/"
    refused = await stranger.send(offered, "/me/identities")
    assert (refused.status, "another user" in refused.alert) == (409, True)


async def test_a_name_that_cannot_be_one_is_refused(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    for name in ("Jo Smith", "me", ""):
        await provider.knows("jo", preferred_username=name, groups=["testers"])
        shown = await signed_in_there(stranger, "jo")
        assert shown.status == 403
        assert "cannot be a name in golive" in shown.alert


async def test_who_is_disabled_stays_out(admin: Client, stranger: Reader, provider: Provider) -> None:
    await provider.knows("kim", groups=["testers"])
    await signed_in_there(stranger, "kim")
    await admin.ask("PATCH", "/users/kim", json={"enabled": False})
    await provider.knows("kim", groups=["root"])
    shown = await signed_in_there(stranger, "kim")
    assert (shown.status, "disabled" in shown.alert) == (403, True)
    assert (await admin.get("/users/kim"))["roles"] == ["assignee", "approver"]


def changed(address: str, **values: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **values})).geturl()


async def test_a_wrong_state_signs_nobody_in_and_changes_nothing(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("lea", groups=["testers"])
    back = await at_provider(await begun(stranger), "lea")
    before = await everything_in(house_of(admin).settings.url)
    shown = await stranger.look(changed(back, state="guessed"))
    assert (shown.status, "not begun in this browser" in shown.alert) == (403, True)
    async with reading(admin.app) as other:
        assert (await other.look(back)).status == 403
        assert (await other.look("/")).path == "/sign-in"
    assert await everything_in(house_of(admin).settings.url) == before
    assert (await stranger.look(back)).path == "/"


async def test_the_cookie_that_binds_an_answer_is_believed_only_as_it_was_given(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("lou", groups=["testers"])
    back = await at_provider(await begun(stranger), "lou")
    kept = stranger.http.cookies["golive-provider"]
    stranger.http.cookies.clear()
    stranger.http.cookies.set("golive-provider", f"A{kept}")
    assert (await stranger.look(back)).status == 403


async def test_a_code_works_once(admin: Client, stranger: Reader, provider: Provider) -> None:
    await provider.knows("mia", groups=["testers"])
    back = await at_provider(await begun(stranger), "mia")
    kept = dict(stranger.http.cookies)
    assert (await stranger.look(back)).path == "/"
    assert (await stranger.look(back)).status == 403  # the cookie is gone
    async with reading(admin.app) as thief:
        thief.http.cookies.update(kept)
        shown = await thief.look(back)
        assert (shown.status, "did not sign you in" in shown.alert) == (403, True)
        assert (await thief.look("/")).path == "/sign-in"


async def test_an_id_token_for_another_nonce_is_refused(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("ned", groups=["testers"])
    back = await at_provider(changed(await begun(stranger), nonce="another"), "ned")
    shown = await stranger.look(back)
    assert (shown.status, "did not sign you in" in shown.alert) == (403, True)
    assert (await admin.ask("GET", "/users/ned")).status_code == 404


async def test_a_code_for_another_challenge_is_refused(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("nia", groups=["testers"])
    where = changed(await begun(stranger), code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert (await stranger.look(await at_provider(where, "nia"))).status == 403


async def test_who_is_refused_at_the_provider_is_told_so(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    asked = dict(parse_qsl(urlsplit(await begun(stranger)).query))
    refused = {"error": "access_denied", "state": asked["state"], "iss": provider.issuer}
    shown = await stranger.look("/sign-in/provider/back", **refused)
    assert (shown.status, "did not sign you in" in shown.alert) == (403, True)


async def test_an_answer_in_the_name_of_another_provider_is_refused(
    admin: Client, stranger: Reader, provider: Provider
) -> None:
    await provider.knows("oda", groups=["testers"])
    back = await at_provider(await begun(stranger), "oda")
    assert (await stranger.look(changed(back, iss="https://evil.example"))).status == 403


async def test_nobody_is_led_to_another_site(admin: Client, stranger: Reader, provider: Provider) -> None:
    await provider.knows("pia", groups=["testers"])
    shown = await signed_in_there(stranger, "pia", "https://evil.example/")
    assert (shown.answer.url.host, shown.path) == ("golive", "/")


async def test_two_who_sign_in_for_the_first_time_at_once_are_one_user(
    admin: Client, provider: Provider
) -> None:
    await provider.knows("quin", groups=["testers"])
    async with reading(admin.app) as one, reading(admin.app) as two:
        shown = await asyncio.gather(*(signed_in_there(each, "quin") for each in (one, two)))
    assert [each.path for each in shown] == ["/", "/"]
    added = (await admin.get("/audit", action="UserAdded"))["items"]
    assert [row["object"] for row in added].count("user:quin") == 1


async def test_a_public_client_signs_in_without_a_secret(home: Path, provider: Provider) -> None:
    await provider.knows("ria", groups=["testers"])
    more = {"oidc_client_id": "golive-public", "oidc_client_secret": None}
    async with application(home, provider.issuer, **more) as client, reading(client.app) as reader:
        assert (await signed_in_there(reader, "ria")).path == "/"


async def test_claims_in_the_id_token_itself_are_taken_too_and_a_label_is_shown(home: Path) -> None:
    async with (
        provided("in-the-id-token") as other,
        application(home, other.issuer, oidc_label="Example ID") as client,
        reading(client.app) as reader,
    ):
        await other.knows("sam", groups="testers")
        assert "Sign in with Example ID" in (await reader.look("/sign-in")).text
        assert (await signed_in_there(reader, "sam")).path == "/"


async def test_a_provider_that_is_away_is_told_in_a_sentence_and_passwords_still_work(home: Path) -> None:
    async with (
        provided() as gone,
        application(home, gone.issuer) as client,
        reading(client.app) as reader,
    ):
        await gone.knows("tom", groups=["testers"])
        back = await at_provider(await begun(reader), "tom")
        await gone.ends()
        shown = await reader.look(back)
        assert (shown.status, "does not answer" in shown.alert) == (503, True)
        await enrolled(client, "uma")
        assert (await sign_in(reader, "uma")).path == "/"
    async with application(home, gone.issuer) as client, reading(client.app) as reader:
        shown = await reader.look("/sign-in/provider")
        assert (shown.status, "does not answer" in shown.alert) == (503, True)
        assert shown.offers("/sign-in")


async def test_without_a_provider_there_is_no_such_page(home: Path) -> None:
    app = create_app(Settings(home=home, temporal_port=NOBODY_LISTENS))
    async with app.router.lifespan_context(app), reading(app) as reader:
        assert (await reader.look("/sign-in/provider")).status == 404
        assert (await reader.look("/sign-in/provider/back")).status == 404


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_a_mail_address_is_taken_only_when_the_provider_has_verified_it(verified: object) -> None:
    claims = {
        "iss": "https://id.example",
        "sub": "1",
        "preferred_username": "ann",
        "email": "ann@example.com",
    }
    assert identity_of(Settings(), {**claims, "email_verified": verified}).email is None
    assert identity_of(Settings(), claims).email is None
    assert identity_of(Settings(), {**claims, "email_verified": True}).email == "ann@example.com"
