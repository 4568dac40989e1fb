"""Every setting of golive, read from the environment in this one place (prefix `GOLIVE_`)."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    Json,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from golive.vocabulary import WRITTEN, Function, Role
from settings.names import PREFIX, check_names, check_port
from settings.private_file import kept_once, read
from settings.secret_files import SecretFiles, UnusableSecret
from settings.secret_keys import SecretKeys, read_keys
from settings.unusable import NoPublicUrl, Unusable

_KNOWN = re.compile(r"^(postgres(ql)?(\+psycopg)?|sqlite\+aiosqlite)://")
_SCHEME = re.compile(r"^postgres(ql)?://")
"""How PostgreSQL's own tools begin the address of a database."""

_WEB = re.compile(r"^https?://[^/?#\s]+$")
_ISSUER = re.compile(r"^(https://[^/?#\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^?#\s]*)?$")
"""RFC 8414: an address by TLS, without query; on this machine alone it may be without TLS."""

Purpose = Literal["command", "start", "salt", "user_token", "enrolment", "page", "attempt", "checkpoint"]


class Granted(BaseModel):
    """What a group at the OpenID provider stands for in golive."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] = []
    functions: list[Function] = []


class Settings(BaseSettings):
    """What an operator decides. Each field is the environment variable `GOLIVE_` + its name in capitals.

    What the environment leaves open may lie in a file of the same name in `secrets_dir`. Raises ValidationError,
    UnusableSecret for a file that is empty or cannot be read, and SetByKubernetes.
    """

    model_config = SettingsConfigDict(env_prefix="GOLIVE_", frozen=False)

    home: Path = Field(default=Path(".golive"), description="Data folder.")
    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: int = Field(default=8080, ge=1, le=65535, description="Port of the API.")
    public_url: str | None = Field(
        default=None,
        description="Address at which people reach golive, as `https://golive.example.com`: requests for another "
        "host are refused. Production needs it; unset: as they asked.",
    )
    session_hours: float = Field(
        default=12, gt=0, le=24 * 30, description="Hours after which people sign in again, whatever they do."
    )
    session_idle_minutes: float = Field(
        default=120,
        gt=0,
        le=60 * 24 * 7,
        description="Minutes without a page after which people sign in again.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Address of an OpenID provider at which people sign in, as `https://id.example.com`.",
    )
    oidc_client_id: str | None = Field(
        default=None, validate_default=True, description="Name under which the provider knows golive."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret by which the provider knows golive; unset: it is a public client."
    )
    oidc_label: str | None = Field(
        default=None, description="How the sign-in page names the provider; unset: by its host."
    )
    oidc_scopes: str = Field(
        default="openid profile email", description="What the provider is asked to tell, as OAuth scopes."
    )
    oidc_name_claim: str = Field(
        default="preferred_username", description="Claim that gives a new user their name."
    )
    oidc_groups_claim: str = Field(default="groups", description="Claim that lists a person's groups.")
    oidc_groups: Json[dict[str, Granted]] | None = Field(
        default=None,
        validate_default=True,
        description='What groups stand for, as `{"GROUP": {"roles": ["approver"], "functions": ["qa"]}}`.',
    )
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL, as `postgresql://USER:PASSWORD@HOST/DATABASE`; unset: SQLite in the home folder.",
    )
    temporal: Literal["embedded", "external"] = Field(
        default="embedded", description="Whose Temporal server."
    )
    temporal_port: int = Field(
        default=7233, ge=1, le=65535, description="Port of the embedded Temporal server."
    )
    temporal_ui_port: int = Field(
        default=8233, ge=1, le=65535, description="Port of the embedded Temporal UI."
    )
    temporal_ui_url: str | None = Field(
        default=None,
        description="Address at which people reach the Temporal UI, for links to it; unset: that of the embedded one, "
        "for who sits at the same machine.",
    )
    env: Literal["development", "production"] = Field(default="development", description="How strict to be.")
    secret_keys: SecretStr | None = Field(
        default=None, description="Keys that sign commands, separated by commas: the first signs, all verify."
    )
    secrets_dir: DirectoryPath | None = Field(
        default=None,
        description="Folder of files named like these variables, for what shall not stand in the environment.",
    )
    metrics_url: str | None = Field(default=None, description="JSON counters of the local metrics connector.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="How log lines are written: for people, or one JSON object each."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    prometheus_host: str | None = Field(
        default=None, description="Address that Prometheus asks for metrics at; unset: that of the API."
    )
    api_prometheus_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the API's metrics; unset: none are kept."
    )
    worker_prometheus_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the worker's metrics; unset: none are kept."
    )
    sandbox: bool = Field(default=False, description="Run workflows in Temporal's sandbox, as the tests do.")
    cached_runs: int = Field(
        default=300, ge=0, description="Runs kept in a worker's memory, about 450 KB each."
    )
    continue_after: int | None = Field(
        default=None,
        ge=1,
        description="Continue a run as new after so many events; unset: when Temporal suggests.",
    )

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then the files; a folder that is not there is refused as the setting that it is."""
        folder = (env_settings() | init_settings()).get("secrets_dir")
        named = folder is not None and Path(folder).is_dir()
        files = (SecretFiles(settings_cls, secrets_dir=folder),) if named else ()
        return (init_settings, env_settings, *files)

    @field_validator(
        "port",
        "temporal_port",
        "temporal_ui_port",
        "api_prometheus_port",
        "worker_prometheus_port",
        mode="before",
    )
    @classmethod
    def _none_of_kubernetes(cls, given: object, info: ValidationInfo) -> object:
        check_port(f"{PREFIX}{str(info.field_name).upper()}", given)
        return given

    @field_validator("database_url")
    @classmethod
    def _of_a_known_kind(cls, address: str | None) -> str | None:
        if address is None or _KNOWN.match(address):
            return address
        raise ValueError("it begins with postgresql:// or, for a file of SQLite, with sqlite+aiosqlite:///")

    @field_validator("public_url", "temporal_ui_url")
    @classmethod
    def _of_the_web(cls, address: str | None) -> str | None:
        if address is None or _WEB.match(address.rstrip("/")):
            return address.rstrip("/") if address else None
        raise ValueError("it is http:// or https:// and a host, with a port where it needs one, and no path")

    @field_validator("oidc_issuer")
    @classmethod
    def _of_a_provider(cls, address: str | None) -> str | None:
        if address is None or _ISSUER.match(address):
            return address
        raise ValueError("it is the provider's https:// address, written exactly as the provider writes it")

    @field_validator("oidc_client_id", "oidc_groups")
    @classmethod
    def _with_a_provider(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("GOLIVE_OIDC_ISSUER is set, which needs this too")
        return value

    @cached_property
    def url(self) -> str:
        """The database's SQLAlchemy URL, with the driver that golive brings."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{(self.home / 'golive.db').absolute()}"
        return _SCHEME.sub("postgresql+psycopg://", self.database_url)

    @property
    def metrics_host(self) -> str:
        """The address that the processes offer their metrics at."""
        return self.prometheus_host or self.host

    def keys(self, purpose: Purpose) -> tuple[bytes, ...]:
        """Return the keys of one purpose, the signing one first, derived by HMAC-SHA-256 from the secret keys.

        Raises UnusableKeys.
        """
        return tuple(
            hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest() for key in self._secrets
        )

    def check(self) -> None:
        """Raise Unusable for names that only look like settings, and for keys, given or kept, that cannot sign."""
        known = {f"{PREFIX}{name.upper()}" for name in type(self).model_fields}
        check_names(known, os.environ, self.secrets_dir)
        self.kept_keys()

    def check_served(self) -> None:
        """Raise NoPublicUrl where people would be led wherever a request says that golive is."""
        if self.env == "production" and self.public_url is None:
            raise NoPublicUrl

    def kept_keys(self) -> SecretKeys | None:
        """Return the keys as they are written, None before the first start. Raises UnusableKeys, UnusableSecret."""
        if self.secret_keys:
            return read_keys(self.secret_keys.get_secret_value(), "GOLIVE_SECRET_KEYS")
        try:
            written = read(self._key_file)
        except NotADirectoryError:  # the home folder is none, which who makes it says
            return None
        except (OSError, UnicodeDecodeError) as why:
            raise UnusableSecret(str(self._key_file), str(why)) from why
        return read_keys(written, str(self._key_file)) if written else None

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        if kept := self.kept_keys():
            return kept.all
        drawn = kept_once(self._key_file, lambda: secrets.token_hex(32))
        return read_keys(drawn, str(self._key_file)).all

    @property
    def _key_file(self) -> Path:
        """The keys in the home folder, made at the first start and readable by their owner alone."""
        return self.home / "secret.keys"


def settings_or_exit() -> Settings:
    """Return the settings, or end the process with one line for each that is wrong; no value is shown."""
    try:
        settings = Settings()
        settings.check()
    except Unusable as unusable:
        sys.exit(str(unusable))
    except ValidationError as wrong:
        sys.exit("\n".join(_told(each) for each in wrong.errors()))
    return settings


def _told(wrong: ErrorDetails) -> str:
    """Return which setting is wrong, where in it, and how it is written."""
    name, *inside = wrong["loc"]
    where = f" at {'.'.join(map(str, inside))}" if inside else ""
    form = WRITTEN.get(wrong.get("ctx", {}).get("pattern", ""))
    return f"GOLIVE_{str(name).upper()}{where}: {f'it is {form}' if form else wrong['msg']}."
