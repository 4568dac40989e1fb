"""Where golive is and who asks: settings, address and token."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from cli.failure import Failure
from cli.language import LANGUAGE, _
from golive.schema_problems import problems_of
from language import tell
from settings import Settings
from settings.unusable import Unusable

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, never bound


def read_settings() -> Settings:
    """Return the settings, or fail with a sentence that names the variable."""
    try:
        return Settings()
    except Unusable as unusable:
        raise refused(unusable) from unusable
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = "GOLIVE_" + str(first["loc"][0]).upper() if first["loc"] else "GOLIVE_…"
        why = tell(problems_of(wrong, Settings, {})[0][1], LANGUAGE)
        raise Failure(_("The environment variable {name}: {why}.").format(name=name, why=why)) from wrong


def checked_settings() -> Settings:
    """Return the settings as a process of golive takes them: also a name that only looks like one is refused."""
    settings = read_settings()
    try:
        settings.check()
    except Unusable as unusable:
        raise refused(unusable) from unusable
    return settings


def refused(unusable: Unusable) -> Failure:
    """Return what to tell about settings that cannot be used."""
    first, *others = (tell(sentence, LANGUAGE) for sentence in unusable.sentences)
    return Failure(first, tuple(others))


def address_of(settings: Settings) -> str:
    """Return the URL at which this machine reaches the API that `settings` describe."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def address(given: str | None) -> str:
    """Return the address of the API: as given, else GOLIVE_URL, else that of the settings."""
    return (given or os.environ.get("GOLIVE_URL") or address_of(read_settings())).rstrip("/")


def host(given: str | None) -> dict[str, str]:
    """Return the header by which the API is asked for the host that it goes by, where this machine's own is asked."""
    if given or os.environ.get("GOLIVE_URL"):
        return {}
    public = read_settings().public_url
    return {"Host": urlsplit(public).netloc} if public else {}


def token(given: str | None, file: Path | None) -> tuple[str, Path | None]:
    """Return the token and, when it was taken from the home folder unasked, that file.

    In order: as given, the file, GOLIVE_TOKEN, the administrator's token in the home folder.
    """
    if given:
        return _sound(given, "--token"), None
    if file is not None:
        return _read(file), None
    if found := os.environ.get("GOLIVE_TOKEN"):
        return _sound(found, "GOLIVE_TOKEN"), None
    kept = read_settings().home / "admin.token"
    if not os.access(kept, os.R_OK):
        sentence = _("No token: set GOLIVE_TOKEN, or give --token TOKEN or --as FILE. {kept} cannot be read.")
        raise Failure(sentence.format(kept=kept))
    return _read(kept), kept


def _read(file: Path) -> str:
    try:
        written = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as why:
        raise Failure(_("The token file {file} cannot be read: {why}.").format(file=file, why=why)) from why
    if not _is_token(written):
        raise Failure(_("The token file {file} holds no token.").format(file=file))
    return written


def _sound(written: str, source: str) -> str:
    """Return what was given as a token, or fail: nothing else may stand in a header."""
    if not _is_token(written.strip()):
        raise Failure(_("What {source} holds is no token.").format(source=source))
    return written.strip()


def _is_token(written: str) -> bool:
    return bool(written) and written.isascii() and written.isprintable() and " " not in written
