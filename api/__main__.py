"""`python -m api`: serves the API until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from api.app import create_app
from api.house import House
from api.pages import assets
from api.prepare import prepare
from db.operating import Undone
from observing.process import begin
from settings import Settings, settings_or_exit
from settings.unusable import Unusable

_GRACE_SECONDS = 10
"""What is being answered when the process is told to end may take this long: an act takes at most 8."""


class Server(uvicorn.Server):
    """Ends the open streams when it is told to end; it would wait for them otherwise."""

    def __init__(self, app: FastAPI, config: uvicorn.Config):
        super().__init__(config)
        self._app = app

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the signal. uvicorn's own way raises it again at the end: being told to end is no failure here."""
        house: House | None = getattr(self._app.state, "house", None)
        if house is not None:
            house.feed.close()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def main() -> None:
    """Prepare the database and serve."""
    settings = _served()
    tracing = begin(settings, "golive-api")
    if lacking := assets.missing():
        logging.getLogger("golive.api").critical(
            "what the pages load is not installed (%s); call `make install` and start again",
            ", ".join(lacking),
        )
        sys.exit(1)
    assets.read()
    try:
        asyncio.run(prepare(settings))
    except Undone as another:
        logging.getLogger("golive.api").critical("%s", another)
        sys.exit(1)
    app = create_app(settings, tracing)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        Server(app, config).run()
    finally:
        if tracing is not None:
            tracing.close()


def _served() -> Settings:
    """Return the settings, or end the process with a sentence."""
    settings = settings_or_exit()
    try:
        settings.check_served()
    except Unusable as unusable:
        sys.exit(str(unusable))
    return settings


if __name__ == "__main__":
    main()
