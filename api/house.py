"""What one API process holds while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from api.engine import Engine
from api.feed import Feed
from api.forecasts import Forecasts
from api.passwords import Passwords
from connectors.openid import OpenIDProvider
from db.session import Database
from settings import Settings


@dataclass(frozen=True)
class House:
    """The database, the way to the runs, the reader that feeds all streams, and how people are known."""

    settings: Settings
    database: Database
    engine: Engine
    feed: Feed
    forecasts: Forecasts
    passwords: Passwords
    provider: OpenIDProvider | None

    @property
    def provider_name(self) -> str | None:
        """What the OpenID provider is called at which people may sign in, None where there is none."""
        label, issuer = self.settings.oidc_label, self.settings.oidc_issuer
        return (label or urlsplit(issuer).netloc) if issuer else None
