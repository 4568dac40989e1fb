"""Who somebody is at an OpenID provider: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636).

Authlib makes the requests and checks the claims; httpx carries them. What the provider says of itself is kept for an
hour, its keys until a token names one that is not among them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from settings import Settings

_KNOWN_FOR = 3600.0
_TIMEOUT = httpx.Timeout(8, connect=4)
_LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How ID tokens may be signed: with the provider's own key, never with a shared secret, never not at all."""
_DISCOVERY = "/.well-known/openid-configuration"
_FAULT = 500


class ProviderAway(Exception):
    """The provider did not answer as one does. The message, for operators, says what was asked and what came."""


class ProviderRefused(Exception):
    """The provider did not sign this person in, or what it said is not true. The message, for operators, says why."""


@dataclass(frozen=True)
class Asked:
    """What binds the answer of a provider to the browser that asked: drawn at random, for one sign-in."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


@dataclass(frozen=True)
class _Known:
    """What a provider says of itself, its keys, and when it said so."""

    says: Mapping[str, Any]
    keys: KeySet
    at: float


class OpenIDProvider:
    """The provider at the address `issuer`, which knows golive as `client_id`."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, scopes: str) -> None:
        self.issuer = issuer
        self._client_id, self._client_secret, self._scopes = client_id, client_secret, scopes
        self._known: _Known | None = None

    async def address(self, asked: Asked, back: str, *, again: bool = False) -> str:
        """Return where somebody signs in, and from there comes back to the address `back`. Raises ProviderAway.

        `again`: the provider asks them who they are though they are signed in there, and says when they answered.
        """
        known = await self._discovered()
        anew = {"prompt": "login", "max_age": "0"} if again else {}
        told: str = prepare_grant_uri(
            known.says["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=back,
            scope=self._scopes,
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
            **anew,
        )
        return told

    async def claims(
        self, code: str, asked: Asked, back: str, wanted: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return what the provider says of who came back with `code`; `wanted` is asked for where it is missing.

        Raises ProviderAway and ProviderRefused.
        """
        known = await self._discovered()
        async with self._calling() as http:
            given = await self._tokens(http, known, code, asked, back)
            claims = await self._checked(given, asked.nonce)
            lacking = [name for name in wanted if name not in claims]
            if lacking and (where := known.says.get("userinfo_endpoint")):
                more = await self._userinfo(http, where, given["access_token"], claims["sub"])
                claims |= {name: more[name] for name in more if name not in claims}
        return claims

    async def _tokens(
        self, http: httpx.AsyncClient, known: _Known, code: str, asked: Asked, back: str
    ) -> dict[str, Any]:
        where: str = known.says["token_endpoint"]
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=back, code_verifier=asked.verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client = ClientAuth(self._client_id, self._client_secret, self._way(known))
        where, headers, body = client.prepare("POST", where, headers, body)
        given = await _answer(http, "POST", where, headers, body)
        if "error" in given or "id_token" not in given or "access_token" not in given:
            raise ProviderRefused(f"{where} gave no tokens: {_told(given)}")
        return given

    def _way(self, known: _Known) -> str:
        """Return how golive says who it is."""
        if self._client_secret is None:
            return "none"
        ways = known.says.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"

    async def _checked(self, given: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token whose signature, issuer, audience, times, nonce and hash are right."""
        options: Any = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": given["access_token"]}
        try:
            token = await self._verified(given["id_token"])
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError) as wrong:
            raise ProviderRefused(f"the ID token of {self.issuer} does not hold: {wrong}") from wrong
        return dict(claims)

    async def _verified(self, id_token: str) -> jwt.Token:
        known = await self._discovered()
        says = known.says.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(algorithms=[name for name in says if name in _SIGNED])
        try:
            return jwt.decode(id_token, known.keys, registry=registry)
        except InvalidKeyIdError:  # the provider has another key since
            self._known = None
            return jwt.decode(id_token, (await self._discovered()).keys, registry=registry)

    async def _userinfo(
        self, http: httpx.AsyncClient, where: str, access_token: str, subject: str
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        found = await _answer(http, "GET", where, headers)
        if found.get("sub") != subject:
            raise ProviderRefused(f"{where} spoke of somebody else than the ID token")
        return found

    async def _discovered(self) -> _Known:
        if self._known is None or time.monotonic() - self._known.at > _KNOWN_FOR:
            self._known = await self._discover()
        return self._known

    async def _discover(self) -> _Known:
        where = self.issuer.rstrip("/") + _DISCOVERY
        async with self._calling() as http:
            says = await _answer(http, "GET", where)
            if says.get("issuer") != self.issuer:
                raise ProviderAway(f"{where} speaks for {says.get('issuer')}, not for {self.issuer}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._must_be_safe(where, name, says.get(name))
            if "userinfo_endpoint" in says:
                self._must_be_safe(where, "userinfo_endpoint", says["userinfo_endpoint"])
            keys: Any = await _answer(http, "GET", says["jwks_uri"])
        try:
            return _Known(says, KeySet.import_key_set(keys), time.monotonic())
        except (JoseError, ValueError, KeyError) as wrong:
            raise ProviderAway(f"{says['jwks_uri']} gave no keys: {wrong}") from wrong

    def _must_be_safe(self, where: str, name: str, address: object) -> None:
        """Raise ProviderAway unless this is an address by TLS or, as the issuer's own, on this very machine."""
        if not (isinstance(address, str) and self._is_safe(address)):
            raise ProviderAway(f"{where} gives no usable {name}: {address}")

    def _is_safe(self, address: str) -> bool:
        try:
            own, there = urlsplit(self.issuer), urlsplit(address)
        except ValueError:
            return False
        if there.scheme == "https":
            return bool(there.hostname)
        return there.scheme == own.scheme == "http" and there.hostname == own.hostname

    @staticmethod
    def _calling() -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)


async def _answer(
    http: httpx.AsyncClient,
    method: str,
    where: str,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> dict[str, Any]:
    """Return the JSON object that was answered, one that tells an error too. Raises ProviderAway."""
    try:
        came = await http.request(method, where, headers=headers, content=body)
        found = came.json()
    except (httpx.HTTPError, ValueError) as why:
        raise ProviderAway(f"{method} {where}: {type(why).__name__}: {why}") from why
    if came.status_code >= _FAULT or not isinstance(found, dict):
        raise ProviderAway(f"{method} {where} answered {came.status_code}")
    return found


def _told(given: Mapping[str, Any]) -> str:
    return f"{given.get('error', 'none')}: {given.get('error_description', '')}"


def provider_of(settings: Settings) -> OpenIDProvider | None:
    """Return the provider at which people sign in, None where none is set."""
    if settings.oidc_issuer is None:
        return None
    secret = settings.oidc_client_secret
    return OpenIDProvider(
        settings.oidc_issuer,
        settings.oidc_client_id or "",
        secret.get_secret_value() if secret else None,
        settings.oidc_scopes,
    )
