"""What one API process holds while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from api.engine import Engine
from api.feed import Feed
from api.forecasts import Forecasts
from db.session import Database
from settings import Settings


@dataclass(frozen=True)
class House:
    """The database, the way to the runs, and the reader that feeds all streams."""

    settings: Settings
    database: Database
    engine: Engine
    feed: Feed
    forecasts: Forecasts
