"""What people have seen: nothing that a run follows, so the pages write it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from db.schema import facts, metadata, moment, word

looks = Table(
    "looks",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("approval_id", ForeignKey("approvals.id"), primary_key=True),
    word("digest"),
    facts("subject"),
    moment("at"),
)
