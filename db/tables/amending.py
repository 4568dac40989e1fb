"""Amendments of running runs, and the plans that they followed before."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from db.schema import facts, metadata, moment, one_of, run_key, word
from golive.vocabulary import AmendmentClass, AmendmentStateName

former_plans = Table(
    "former_plans",
    metadata,
    run_key(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    facts("plan"),
)
"""Each plan that a run followed before its present one, which stands with the run."""

amendments = Table(
    "amendments",
    metadata,
    word("id", primary_key=True),
    run_key(index=True),
    Column("seq", Integer, nullable=False),
    Column("base", Integer, nullable=False),
    word("kind"),
    word("by"),
    word("reason"),
    word("digest"),
    facts("changes"),
    facts("patch"),
    facts("impact"),
    facts("functions"),
    facts("decisions"),
    moment("requested_at"),
    moment("expires_at", null=True),
    word("state", index=True),
    moment("closed_at", null=True),
    word("closed_by", null=True),
    word("comment", null=True),
    one_of("kind", AmendmentClass),
    one_of("state", AmendmentStateName),
)
"""Changes of version `base` of a plan. What was said of them is kept as digests of words."""

amendment_waiting = Table(
    "amendment_waiting",
    metadata,
    Column("amendment_id", ForeignKey("amendments.id"), primary_key=True),
    word("name", primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_amendment_waiting_name", "name"),
)
