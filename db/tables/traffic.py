"""Who may move the traffic of a service, and what was measured while it moved."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint, text

from db.schema import facts, metadata, moment, one_of, run_key, word

service_locks = Table(
    "service_locks",
    metadata,
    Column("id", Integer, primary_key=True),
    word("service"),
    word("environment"),
    run_key(index=True),
    Column("generation", Integer, nullable=False),
    moment("taken_at"),
    moment("released_at", null=True),
    facts("woken"),
    Index(
        "uq_service_locks_held",
        "service",
        "environment",
        unique=True,
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
)

lock_waiters = Table(
    "lock_waiters",
    metadata,
    Column("id", Integer, primary_key=True),
    word("service"),
    word("environment"),
    run_key(),
    moment("since"),
    UniqueConstraint("service", "environment", "run_id"),
)

measurements = Table(
    "measurements",
    metadata,
    word("key", primary_key=True),
    word("metric", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("value", Float, nullable=True),
    word("outcome"),
    moment("at"),
    one_of("outcome", Literal["successful", "failed", "inconclusive", "error"]),
)

notifications = Table(
    "notifications",
    metadata,
    word("key", primary_key=True),
    word("run_id", index=True),
    facts("recipients"),
    facts("sentence"),
    word("link"),
    word("outcome"),
    moment("at"),
)

requests = Table(
    "requests",
    metadata,
    word("request", primary_key=True),
    word("name", primary_key=True),
    Column("asked_at_seq", Integer, nullable=True),
    Column("closed_at_seq", Integer, nullable=True),
)
"""How far a request has come with each person: the last event of the run with which they were asked, or it closed."""
