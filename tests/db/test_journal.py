from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, make_url, select, text
from sqlalchemy.exc import IntegrityError, InternalError

from db import journal
from db.audit import export_lines, verify
from db.errors import JournalBehind, JournalConflict
from db.events import events_after, events_page, list_audit
from db.journal import append, append_admin, head
from db.people import create_user
from db.refusals import MOST, flush_refusals, write_refusal
from db.session import Database, Session
from db.tables import refusals, stream_heads
from golive import chain
from golive.audit_export import read_export
from golive.canonical import canonical
from golive.chain import ADMIN, GENESIS, Head
from golive.commands import GOLIVE
from golive.events import Event
from tests.databases import Databases, Kind
from tests.db.story import QA, RM, event, first, record, words

SAFE = 2**53 - 1
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé😀", max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
SAID = st.dictionaries(
    st.sampled_from(["reason", "remark", "text"]), st.text("ab因", max_size=9).map(words), max_size=2
)
TOLD = st.lists(
    st.tuples(st.dictionaries(st.text("xyz", max_size=4), JSON, max_size=3), SAID), min_size=1, max_size=12
)


def events_of(told: list[tuple[dict[str, Any], Any]]) -> list[Event]:
    return [event(n, actor=QA, payload=payload, words=said) for n, (payload, said) in enumerate(told, 1)]


def test_any_story_in_any_batches_repeated_in_any_way_makes_one_chain(
    databases: Databases, kind: Kind
) -> None:
    """However a story is cut into batches, each of them repeated, its chain is the same story once."""

    @settings(max_examples=40 if kind == "sqlite" else 8)
    @given(told=TOLD, cuts=st.lists(st.integers(0, 12), max_size=4))
    def tell(told: list[Any], cuts: list[int]) -> None:
        asyncio.run(_play_in(databases.fresh(), events_of(told), cuts))

    tell()


async def _play_in(url: str, events: list[Event], cuts: list[int]) -> None:
    database = Database(url)
    try:
        await _play(database, events, cuts)
    finally:
        await database.close()


async def _play(database: Database, events: list[Event], cuts: list[int]) -> None:
    edges = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    answers: dict[int, str] = {}
    for begin, end in pairwise(edges):
        for _ in range(2):
            async with database.transaction() as session:
                hashes = (await append(session, "r1", events[begin:end])).hashes
            for found, hash_ in zip(events[begin:end], hashes, strict=True):
                assert answers.setdefault(found.seq, hash_) == hash_
    async with database.transaction() as session:
        await session.execute(stream_heads.insert().values(stream="r0", seq=0, hash=GENESIS))
    async with database.reading() as session:
        await _check_chain(session, events, answers)


async def _check_chain(session: Session, events: list[Event], answers: dict[int, str]) -> None:
    rows = await events_after(session, "r1", 0, 100)
    assert [row.seq for row in rows] == [found.seq for found in events]
    assert [row.payload for row in rows] == [found.payload for found in events]
    assert [row.hash for row in rows] == list(answers.values())
    link = GENESIS
    for row, found in zip(rows, events, strict=True):
        assert row.prev_hash == link
        told = {name: said.text for name, said in found.words.items()}
        assert (row.reason, row.words) == (told.pop("reason", None), told)
        link = row.hash
    assert await head(session, "r1") == Head(len(events), link)
    assert (await verify(session, streams=["r1"])).ok


async def test_hash_is_what_the_documentation_says(database: Database) -> None:
    await record(database, first())
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM journal"))).one()
    told = json.loads(row.canonical)
    assert canonical(told) == row.canonical
    assert row.hash == hashlib.sha256(b"\0" + row.canonical).hexdigest()
    assert told["prev_hash"] == GENESIS
    assert (told["stream"], told["seq"], told["action"], told["actor"]) == ("r1", 1, "RunStarted", "rm")
    assert told.keys() == set(journal.SEALED)
    assert told["at"].endswith("Z")


async def test_peoples_words_are_not_in_the_journal(database: Database) -> None:
    await record(database, first())
    async with database.transaction() as session:
        await append(session, "r1", [event(2, words={"reason": words("secret story")})])
    async with database.reading() as session:
        rows = (await session.execute(text("SELECT * FROM journal"))).all()
    assert "secret" not in str(rows)


@pytest.mark.parametrize("statement", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal"])
async def test_triggers_abort_changes_of_the_journal(database: Database, statement: str) -> None:
    await record(database, first())
    with pytest.raises(IntegrityError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(text(statement))


async def test_command_id_is_used_once_in_a_stream(database: Database) -> None:
    await record(database, first())
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await append(session, "r1", [event(2, command_id="start-r1")])


TAMPERINGS: dict[str, tuple[str, int]] = {
    "actor changed": ("UPDATE journal SET actor = 'x' WHERE stream = 'r1' AND seq = 3", 3),
    "payload changed": ("""UPDATE journal SET payload = '{"n":9}' WHERE stream = 'r1' AND seq = 2""", 2),
    "time changed": (
        "UPDATE journal SET at = '2020-01-01 00:00:00.000000' WHERE stream = 'r1' AND seq = 4",
        4,
    ),
    "bytes changed": ("UPDATE journal SET canonical = {bytes} WHERE stream = 'r1' AND seq = 3", 3),
    "row removed": ("DELETE FROM journal WHERE stream = 'r1' AND seq = 3", 4),
    "first row removed": ("DELETE FROM journal WHERE stream = 'r1' AND seq = 1", 2),
    "end cut off": ("DELETE FROM journal WHERE stream = 'r1' AND seq >= 4", 4),
    "rows removed, head kept": ("DELETE FROM journal WHERE stream = 'r1'", 1),
    "head removed": ("DELETE FROM stream_heads WHERE stream = 'r1'", 6),
    "renumbered": ("UPDATE journal SET seq = 9 WHERE stream = 'r1' AND seq = 5", 9),
    "text changed": ("UPDATE words SET text = 'I agree' WHERE text = 'because 4'", 4),
    "text removed": ("DELETE FROM words WHERE text = 'because 4'", 4),
}


_BYTES = {"sqlite": "x'7b7d'", "postgresql": r"'\x7b7d'"}


@pytest.mark.parametrize(("statement", "seq"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_found_where_it_was_done(database: Database, statement: str, seq: int) -> None:
    await _five_rows(database)
    await _without_triggers(
        database, statement.replace("{bytes}", _BYTES[make_url(database.url).get_backend_name()])
    )
    async with database.reading() as session:
        found = await verify(session)
    assert not found.ok
    assert found.first_bad is not None
    assert (found.first_bad.stream, found.first_bad.seq) == ("r1", seq)
    assert str(found.first_bad.what)


async def test_a_stream_that_vanished_is_found_by_its_run(database: Database) -> None:
    await _five_rows(database)
    await _without_triggers(database, "DELETE FROM journal WHERE stream = 'r1'", "DELETE FROM stream_heads")
    async with database.reading() as session:
        found = await verify(session)
    assert found.first_bad is not None
    assert found.first_bad.stream == "r1"


async def test_row_resealed_by_a_forger_breaks_the_link_of_the_next(database: Database) -> None:
    await _five_rows(database)

    async def reseal(session: Session) -> None:
        row = dict((await session.execute(text("SELECT * FROM journal WHERE seq = 2"))).one()._mapping)
        told = json.loads(row["canonical"]) | {"actor": "someone-else"}
        changed = {"c": canonical(told), "h": chain.hash_of(canonical(told)), "a": "someone-else"}
        await session.execute(
            text("UPDATE journal SET canonical = :c, hash = :h, actor = :a WHERE seq = 2"), changed
        )

    await _without_triggers(database, reseal)
    async with database.reading() as session:
        found = await verify(session)
    assert found.first_bad is not None
    assert found.first_bad.seq == 3


async def test_untouched_journal_verifies_and_exports(database: Database) -> None:
    await _five_rows(database)
    async with database.transaction() as session:
        await append_admin(session, RM, "UserAdded", "user:qa1", payload={"roles": ["assignee"]})
    async with database.reading() as session:
        found = await verify(session)
        lines = [json.loads(line) async for line in export_lines(session, b"s" * 32)]
    assert (found.ok, found.streams, found.rows) == (True, 2, 6)
    export = read_export(lines)
    assert {stream: len(rows) for stream, rows in export.streams.items()} == {ADMIN: 1, "r1": 5}


async def test_golives_own_stream_is_missed_where_there_are_users(database: Database) -> None:
    async with database.transaction() as session:
        await create_user(session, name="ann", roles=["viewer"], functions=[])
    async with database.reading() as session:
        found = await verify(session)
    assert found.first_bad is not None
    assert (found.ok, found.first_bad.stream) == (False, ADMIN)


async def test_admin_stream_counts_on_under_concurrent_writers(database: Database) -> None:
    async def write(n: int) -> tuple[int, str]:
        async with database.transaction() as session:
            return await append_admin(session, RM, "UserAdded", f"user:u{n}", reason=words(f"new {n}"))

    numbers = await asyncio.gather(*(write(n) for n in range(20)))
    assert sorted(number for number, _ in numbers) == list(range(1, 21))
    async with database.reading() as session:
        assert (await verify(session)).ok
        page = await list_audit(session, stream=ADMIN, limit=3)
        assert [row.seq for row in page.items] == [20, 19, 18]
        assert page.items[0].reason is not None
        again = await list_audit(session, stream=ADMIN, cursor=page.next_cursor, limit=3)
        assert [row.seq for row in again.items] == [17, 16, 15]


async def test_gap_is_refused_before_anything_is_written(database: Database) -> None:
    with pytest.raises(JournalBehind, match="gap"):
        async with database.transaction() as session:
            await append(session, "r1", [event(2)])
    with pytest.raises(JournalConflict):
        async with database.transaction() as session:
            await append(session, "r1", [event(0), event(1)])


async def test_events_come_in_pages(database: Database) -> None:
    await _five_rows(database)
    async with database.reading() as session:
        page = await events_page(session, "r1", limit=2)
        seen = [row.seq for row in page.items]
        while page.next_cursor:
            page = await events_page(session, "r1", cursor=page.next_cursor, limit=2)
            seen += [row.seq for row in page.items]
        assert seen == [1, 2, 3, 4, 5]
        assert await events_after(session, "nowhere") == ()


async def test_refusals_are_written_but_never_a_flood(database: Database) -> None:
    async def refuse(actor: Any, code: str = "not_yours") -> bool:
        return await write_refusal(database, actor, "CompleteTask", "task:uat.plan", code=code)

    written = [await refuse(QA) for _ in range(MOST + 5)]
    assert written == [True] * MOST + [False] * 5
    assert await refuse(RM), "another person has a budget of their own"
    assert await flush_refusals(database) == 0, "the minute is not over"
    await _a_minute_later(database)
    assert await flush_refusals(database) == 1
    assert await flush_refusals(database) == 0
    assert await refuse(QA)
    async with database.reading() as session:
        rows = (await list_audit(session, outcome="refused")).items
        counted = [row for row in rows if row.action == "RefusalsCounted"]
        assert [(row.actor, row.payload) for row in counted] == [
            (GOLIVE.name, {"principal": "qa1", "count": 5})
        ]
        assert rows[-1].payload == {"code": "not_yours"}
        assert (await verify(session)).ok


async def test_next_refusal_after_the_minute_writes_the_count_of_the_last(database: Database) -> None:
    for _ in range(MOST + 2):
        await write_refusal(database, QA, "Decide", "approval:uat.go", code="excluded")
    await _a_minute_later(database)
    assert await write_refusal(database, QA, "Decide", "approval:uat.go", code="excluded")
    async with database.reading() as session:
        newest = (await list_audit(session, limit=2)).items
    assert [row.action for row in newest] == ["Decide", "RefusalsCounted"]
    assert newest[1].payload["count"] == 2


async def _five_rows(database: Database) -> None:
    await record(database, first())
    told = [event(n, payload={"n": n}, words={"reason": words(f"because {n}")}) for n in range(2, 6)]
    async with database.transaction() as session:
        await append(session, "r1", told)


_FREE = {
    "sqlite": ["DROP TRIGGER journal_refuses_update", "DROP TRIGGER journal_refuses_delete"],
    "postgresql": ["ALTER TABLE journal DISABLE TRIGGER USER"],
}


async def _without_triggers(database: Database, *acts: str | Callable[[Session], Awaitable[None]]) -> None:
    async with database.transaction() as session:
        for statement in _FREE[session.dialect.name]:
            await session.exec_driver_sql(statement)
        for act in acts:
            if isinstance(act, str):
                await session.exec_driver_sql(act)
            else:
                await act(session)


async def _a_minute_later(database: Database) -> None:
    async with database.transaction() as session:
        since = await session.scalar(select(refusals.c.since).limit(1))
        assert since is not None
        await session.execute(refusals.update().values(since=since - timedelta(seconds=61)))


async def test_reading_never_writes(database: Database) -> None:
    await record(database, first())
    with suppress(InternalError):  # PostgreSQL says so at once, SQLite takes it back
        async with database.reading() as session:
            await session.execute(delete(stream_heads))
    async with database.reading() as session:
        assert (await head(session, "r1")).seq == 1
