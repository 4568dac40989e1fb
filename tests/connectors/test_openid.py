"""What golive believes of an OpenID provider: what its key has signed for golive, now and for this sign-in."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from connectors.openid import Asked, OpenIDProvider, ProviderAway, ProviderRefused
from tests.loopback import serving

BACK = "http://golive/sign-in/provider/back"
SECRET = "a-secret-of-tests-that-is-long-enough"
ASKED = Asked("a-state", "a-nonce", "a-verifier" * 5)


@dataclass
class Lying:
    """A provider that says what a test wants."""

    issuer: str = ""
    says: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    key: Any = None
    published: list[Any] = field(default_factory=list)
    token: str | None = None
    userinfo: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def configuration() -> dict[str, Any]:
            self.asked.append("configuration")
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            }
            return {**told, **self.says}

        @app.get("/keys")
        async def keys() -> dict[str, Any]:
            self.asked.append("keys")
            return KeySet(self.published).as_dict(private=False)  # type: ignore[return-value]

        @app.post("/token")
        async def token(request: Request) -> dict[str, Any]:
            self.bodies.append((await request.body()).decode())
            self.headers.append(dict(request.headers))
            return {"access_token": "access", "token_type": "Bearer", "id_token": self.token or self.signed()}

        @app.get("/userinfo")
        async def userinfo() -> dict[str, Any]:
            return self.userinfo

        return app

    def signed(self) -> str:
        now = int(time.time())
        told = {"iss": self.issuer, "sub": "ann", "aud": "golive", "iat": now, "exp": now + 60}
        claims = {**told, "nonce": ASKED.nonce, **self.claims}
        whole = {name: value for name, value in claims.items() if value is not None}
        registry = JWSRegistry(algorithms=[self.header["alg"]])
        return jwt.encode(self.header, whole, self.key, registry=registry)


@pytest.fixture
async def lying() -> AsyncIterator[Lying]:
    made = RSAKey.generate_key(2048, {"kid": "one"})
    told = Lying(key=made, published=[made])
    async with serving(told.application()) as address:
        told.issuer = address
        yield told


def of(lying: Lying, secret: str | None = SECRET) -> OpenIDProvider:
    return OpenIDProvider(lying.issuer, "golive", secret, "openid")


async def test_what_is_signed_by_the_provider_for_this_sign_in_is_believed(lying: Lying) -> None:
    provider = of(lying)
    assert (await provider.claims("code", ASKED, BACK))["sub"] == "ann"
    assert "code_verifier=a-verifier" in lying.bodies[0]
    assert lying.headers[0]["authorization"].startswith("Basic ")
    await provider.claims("code", ASKED, BACK)
    assert lying.asked == ["configuration", "keys"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["golive", "another"]},
        {"aud": None},
        {"azp": "another"},
        {"exp": 1},  # long ago
        {"exp": None},
        {"iat": None},
        {"nbf": 4102444800},  # in 2100
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"at_hash": "wrong"},
    ],
    ids=json.dumps,
)
async def test_an_id_token_that_says_something_else_is_refused(lying: Lying, claims: dict[str, Any]) -> None:
    lying.claims = claims
    with pytest.raises(ProviderRefused):
        await of(lying).claims("code", ASKED, BACK)


async def test_an_id_token_that_somebody_else_signed_is_refused(lying: Lying) -> None:
    lying.key = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(ProviderRefused):
        await of(lying).claims("code", ASKED, BACK)


async def test_an_id_token_signed_with_what_both_know_or_what_all_know_is_refused(lying: Lying) -> None:
    claims = lying.signed().split(".")[1]
    header = written(json.dumps({"alg": "HS256", "kid": "one"}).encode())
    for shared in (SECRET.encode(), lying.key.as_pem(private=False)):
        seal = hmac.digest(shared, f"{header}.{claims}".encode(), "sha256")
        lying.token = f"{header}.{claims}.{written(seal)}"
        with pytest.raises(ProviderRefused):
            await of(lying).claims("code", ASKED, BACK)


def written(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


async def test_an_id_token_that_nobody_signed_is_refused(lying: Lying) -> None:
    parts = lying.signed().split(".")
    for alg in ("none", "None"):
        header = written(json.dumps({"alg": alg}).encode())
        lying.token = f"{header}.{parts[1]}."
        with pytest.raises(ProviderRefused):
            await of(lying).claims("code", ASKED, BACK)
    for rubbish in ("", "x", "a.b.c", "a.b.c.d.e", ".".join([parts[0], parts[1], "AAAA"])):
        lying.token = rubbish or "."
        with pytest.raises(ProviderRefused):
            await of(lying).claims("code", ASKED, BACK)


async def test_a_new_key_is_asked_for_when_a_token_names_it(lying: Lying) -> None:
    provider = of(lying)
    await provider.claims("code", ASKED, BACK)
    other = ECKey.generate_key("P-256", {"kid": "two"})
    lying.key, lying.published, lying.header = other, [other], {"alg": "ES256", "kid": "two"}
    assert (await provider.claims("code", ASKED, BACK))["sub"] == "ann"


async def test_the_claims_that_are_missing_are_asked_for_and_of_nobody_else(lying: Lying) -> None:
    lying.userinfo = {"sub": "ann", "groups": ["qa"], "iss": "https://evil.example"}
    claims = await of(lying).claims("code", ASKED, BACK, ("groups",))
    assert (claims["groups"], claims["iss"]) == (["qa"], lying.issuer)
    lying.userinfo = {"sub": "bo", "groups": ["root"]}
    with pytest.raises(ProviderRefused):
        await of(lying).claims("code", ASKED, BACK, ("groups",))


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "ftp://x"},
        {"jwks_uri": 7},
        {"jwks_uri": "http://elsewhere.example/keys"},
        {"token_endpoint": "http://[/token"},
        {"token_endpoint": "https://"},
        {"userinfo_endpoint": "http://elsewhere.example/userinfo"},
        {"userinfo_endpoint": None},
    ],
    ids=json.dumps,
)
async def test_a_provider_that_speaks_for_another_or_without_addresses_is_away(
    lying: Lying, says: dict[str, Any]
) -> None:
    lying.says = says
    with pytest.raises(ProviderAway):
        await of(lying).address(ASKED, BACK)


async def test_a_secret_is_sent_as_the_provider_takes_it(lying: Lying) -> None:
    lying.says = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await of(lying).claims("code", ASKED, BACK)
    assert f"client_secret={SECRET}" in lying.bodies[0]
    assert "authorization" not in lying.headers[0]
    await of(lying, None).claims("code", ASKED, BACK)
    assert "client_secret" not in lying.bodies[1]
    assert "client_id=golive" in lying.bodies[1]
