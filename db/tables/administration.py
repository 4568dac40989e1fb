"""People and their tokens, what was published, what was uploaded, what was already answered."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text

from db.schema import facts, metadata, moment, rule, word

users = Table(
    "users",
    metadata,
    word("id", primary_key=True),
    word("name", unique=True),
    word("email", null=True),
    word("locale", null=True),
    Column("enabled", Boolean, nullable=False),
    moment("created_at"),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    word("role", primary_key=True),
    Column("position", Integer, nullable=False),
)

user_functions = Table(
    "user_functions",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    word("function", primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    word("id", primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    word("sha256", unique=True),
    word("name", null=True),
    moment("created_at"),
    moment("expires_at", null=True),
    moment("revoked_at", null=True),
)

idempotency = Table(
    "idempotency",
    metadata,
    word("principal", primary_key=True),
    word("route", primary_key=True),
    word("key", primary_key=True),
    word("body_digest"),
    Column("status", Integer, nullable=False),
    facts("answer", null=True),
    moment("at", index=True),
)


def _published(name: str) -> Table:
    return Table(
        name,
        metadata,
        word("name", primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("source", Text, nullable=False),
        word("hash"),
        facts("title", null=True),
        facts("description", null=True),
        word("published_by"),
        moment("published_at"),
        rule("versions_count_from_one", "version >= 1"),
    )


templates = _published("templates")
checklists = _published("checklists")

attachments = Table(
    "attachments",
    metadata,
    word("id", primary_key=True),
    word("sha256", index=True),
    Column("size", Integer, nullable=False),
    word("name"),
    word("content_type"),
    word("by"),
    moment("at"),
    rule("size_is_counted", "size >= 0"),
)
