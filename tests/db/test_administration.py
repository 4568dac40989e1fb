from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from db import attachments, idempotency, measurements, notifications, people, reports, templates
from db.session import Database
from golive.effects import Notify
from golive.errors import Conflict, Invalid, NotFound
from golive.words import N_, say
from tests.db.story import NOON, first, record, text


async def test_user_is_known_by_token_until_it_is_revoked(database: Database) -> None:
    async with database.transaction() as session:
        made = await people.create_user(
            session, name="ann", roles=["approver", "viewer"], functions=["qa", "ops"]
        )
        token = await people.issue_token(session, "ann")
    async with database.reading() as session:
        assert await people.authenticate(session, token.token) == made
        assert await people.authenticate(session, "golive_guessed") is None
        assert (made.roles, made.functions, made.enabled) == (("approver", "viewer"), ("qa", "ops"), True)
    async with database.transaction() as session:
        await people.revoke_token(session, token.id)
        await people.revoke_token(session, token.id)
        assert await people.authenticate(session, token.token) is None
        with pytest.raises(NotFound):
            await people.revoke_token(session, "nothing")


async def test_a_token_is_over_by_the_clock_of_the_database_for_everybody_who_asks(
    database: Database,
) -> None:
    async with database.transaction() as session:
        made = await people.create_user(session, name="ann", roles=[], functions=[])
        over, valid = [
            await people.issue_token(session, "ann", lasting=timedelta(minutes=ends)) for ends in (-1, 1)
        ]
        assert await people.authenticate(session, over.token) is None
        assert await people.kept_token(session, over.token) is None
        assert [each.id for each in await people.tokens_of(session, made.id)] == [valid.id]
        assert await people.authenticate(session, valid.token) == made


async def test_name_is_taken_once(database: Database) -> None:
    async with database.transaction() as session:
        assert not await people.users_exist(session)
        await people.create_user(session, name="ann", roles=[], functions=[])
        assert await people.users_exist(session)
        with pytest.raises(Conflict, match="ann"):
            await people.create_user(session, name="ann", roles=["admin"], functions=[])


async def test_patch_changes_what_is_given(database: Database) -> None:
    async with database.transaction() as session:
        await people.create_user(
            session, name="ann", roles=["viewer"], functions=["qa"], email="a@example.com"
        )
        await people.issue_token(session, "ann")
        changed = await people.patch_user(session, "ann", enabled=False, functions=["ops", "qa"])
        assert (changed.enabled, changed.functions, changed.roles) == (False, ("ops", "qa"), ("viewer",))
        assert changed.email == "a@example.com"
        assert await people.revoke_tokens_of(session, "ann") == 1
        with pytest.raises(NotFound):
            await people.patch_user(session, "bob", enabled=True)


async def test_people_for_functions(database: Database) -> None:
    async with database.transaction() as session:
        await people.create_user(session, name="zoe", roles=["assignee"], functions=["qa"])
        await people.create_user(session, name="ann", roles=["approver"], functions=["qa", "ops"])
        await people.create_user(session, name="off", roles=["approver"], functions=["qa"])
        await people.patch_user(session, "off", enabled=False)
        await people.create_user(session, name="none", roles=["viewer"], functions=[])
        found = await people.members_of(session, ["qa", "ops", "data"])
        assert [(user.name, user.functions) for user in found] == [("ann", ("qa", "ops")), ("zoe", ("qa",))]
        assert [user.name for user in await people.members_of(session, ["ops"])] == ["ann"]
        assert await people.members_of(session, []) == []
        assert [user.name for user in await people.members_of(session)] == ["ann", "zoe"]
        page = await people.list_users(session, limit=2)
        rest = await people.list_users(session, limit=2, cursor=page.next_cursor)
        assert [user.name for user in (*page.items, *rest.items)] == ["ann", "none", "off", "zoe"]
        assert [user.name for user in (await people.list_users(session, q="ZO")).items] == ["zoe"]


async def test_first_answer_under_a_key_stays(database: Database) -> None:
    mine = {"principal": "ann", "route": "POST /runs", "key": "k1"}
    async with database.transaction() as session:
        assert await idempotency.find(session, **mine, body_digest="b1") is None
        kept = await idempotency.save(session, **mine, body_digest="b1", status=201, body={"id": "r1"})
        again = await idempotency.save(session, **mine, body_digest="b1", status=201, body={"id": "r2"})
        assert kept == again == idempotency.Answer(201, {"id": "r1"})
        assert await idempotency.find(session, **mine | {"principal": "bob"}, body_digest="b1") is None
        assert await idempotency.find(session, **mine | {"route": "POST /users"}, body_digest="b1") is None
        for act in (
            idempotency.find(session, **mine, body_digest="b2"),
            idempotency.save(session, **mine, body_digest="b2", status=200, body=None),
        ):
            with pytest.raises(Invalid) as refused:
                await act
            assert refused.value.code == "idempotency_key_reused"


async def test_templates_get_versions_and_the_same_content_none(database: Database) -> None:
    async with database.transaction() as session:
        one = await templates.publish_template(
            session, name="saas", source="a", hash="h1", by="ann", title=text("S")
        )
        same = await templates.publish_template(session, name="saas", source="a", hash="h1", by="bob")
        two = await templates.publish_template(session, name="saas", source="b", hash="h2", by="bob")
        await templates.publish_template(session, name="dual", source="d", hash="h3", by="ann")
        assert (one.version, same, two.version) == (1, one, 2)
        assert await templates.get_template(session, "saas") == two
        assert await templates.get_template(session, "saas", 1) == one
        latest = await templates.list_templates(session)
        assert [(found.name, found.version) for found in latest.items] == [("dual", 1), ("saas", 2)]
        assert await templates.template_versions(session, "saas") == (one, two)
        for name, version in (("saas", 3), ("none", None)):
            with pytest.raises(NotFound):
                await templates.get_template(session, name, version)


async def test_checklists_are_published_alike(database: Database) -> None:
    async with database.transaction() as session:
        await templates.publish_checklist(session, name="uat", source="a", hash="h1", by="ann")
        await templates.publish_checklist(
            session, name="uat", source="b", hash="h2", by="ann", title=text("UAT")
        )
        assert (await templates.get_checklist(session, "uat")).title == text("UAT")
        assert [found.version for found in await templates.list_checklists(session)] == [2]
        with pytest.raises(NotFound):
            await templates.get_checklist(session, "none")


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_attachment_lies_under_its_digest(database: Database, tmp_path: Path) -> None:
    kept = await attachments.keep_bytes(tmp_path, stream(b"<junit", b"/>"), limit=8)
    assert kept == attachments.Kept(f"sha256:{hashlib.sha256(b'<junit/>').hexdigest()}", 8)
    await attachments.keep_bytes(tmp_path, stream(b"<junit/>"), limit=8)
    async with database.transaction() as session:
        added = await attachments.add_attachment(
            session, kept, name="j.xml", content_type="text/xml", by="ann"
        )
    async with database.reading() as session:
        found = await attachments.get_attachment(session, added.id)
        assert found == added
        with pytest.raises(NotFound):
            await attachments.get_attachment(session, "other")
    assert attachments.path_of(tmp_path, found).read_bytes() == b"<junit/>"
    assert len([path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]) == 1


async def test_too_large_or_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(Invalid) as refused:
        await attachments.keep_bytes(tmp_path, stream(b"1234", b"5"), limit=4)
    assert refused.value.code == "attachment_too_large"
    with pytest.raises(ConnectionError):
        await attachments.keep_bytes(tmp_path, broken(), limit=100)
    assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []


async def test_same_bytes_may_arrive_at_once(tmp_path: Path) -> None:
    kept = await asyncio.gather(
        *(attachments.keep_bytes(tmp_path, stream(b"same"), limit=9) for _ in range(8))
    )
    assert len(set(kept)) == 1


async def test_final_report_goes_before_the_draft(database: Database) -> None:
    await record(database, first())
    save = partial(reports.save_report, run_id="r1", language="en", format="md")
    async with database.transaction() as session:
        await save(session, kind="draft", content="one")
        await save(session, kind="draft", content="two")
        assert (await reports.get_report(session, "r1", language="en", format="md")).content == "two"
        final = await save(session, kind="final", content="three")
        assert await reports.get_report(session, "r1", language="en", format="md") == final
        assert final.digest == f"sha256:{hashlib.sha256(b'three').hexdigest()}"
        with pytest.raises(NotFound):
            await reports.get_report(session, "r1", language="zh", format="md")
        with pytest.raises(NotFound):
            await reports.get_history(session, "r1")
        await reports.save_history(session, "r1", b"gz1")
        await reports.save_history(session, "r1", b"gz2")
        assert await reports.get_history(session, "r1") == b"gz2"


async def test_measurement_is_counted_once(database: Database) -> None:
    async with database.transaction() as session:
        for value in (0.5, 0.7):
            await measurements.add_measurement(
                session, key="w", metric="errors", n=0, value=value, outcome="successful", at=NOON
            )
        await measurements.add_measurement(
            session, key="w", metric="errors", n=1, value=None, outcome="error", at=NOON
        )
        found = await measurements.measurements_of(session, "w")
    assert [(one.n, one.value, one.outcome) for one in found] == [(0, 0.5, "successful"), (1, None, "error")]


async def test_notification_goes_out_once(database: Database) -> None:
    notify = Notify(
        key="n1", run_id="r1", to=("ann",), sentence=say(N_("Hello {name}"), name="ann"), link="/runs/r1"
    )
    async with database.transaction() as session:
        assert await notifications.outcome_of(session, "n1") is None
        assert await notifications.save_outcome(session, notify, "logged") == "logged"
        assert await notifications.save_outcome(session, notify, "failed") == "logged"
