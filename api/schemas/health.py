"""Whether golive's parts are there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.named import AttachmentId, Person, Sha256
from api.schemas.shown import Moment, Shown


class PartHealth(Shown):
    """One part: `up`, or `down` and why."""

    state: Literal["up", "down"]
    detail: str | None
    last_seen: Moment | None = Field(description="Worker: when one last asked for work.")


class HealthShown(Shown):
    """`ok`: all parts are up; `degraded`: people can read, but acts get 503 or nobody hears of news; `down`: no SQL."""

    state: Literal["ok", "degraded", "down"]
    database: PartHealth
    database_id: str | None = Field(
        description="Tells databases apart: `golive doctor` looks whether its own settings name this one. "
        "None where it is away."
    )
    engine: PartHealth
    worker: PartHealth
    news: PartHealth = Field(description="The reader that tells open pages and streams what is new.")


class AttachmentShown(Shown):
    """A stored file."""

    id: AttachmentId
    sha256: Sha256
    size: Annotated[int, Field(examples=[1843], description="Bytes.")]
    name: Annotated[str, Field(examples=["results.xml"])]
    content_type: Annotated[str, Field(examples=["text/xml"])]
    by: Person
    at: Moment
