"""A receipt is proved by an export of the journal alone; whatever was changed in either is found, and named."""

from __future__ import annotations

from copy import deepcopy

import pytest

from db.receipts import get_receipt
from db.session import Database
from db.subjects import get_subject
from db.words import erase
from golive import chain
from golive import commands as c
from golive.audit_export import lines_of, read_export
from golive.checkpoint import public_key
from golive.errors import NotFound
from golive.receipt_file import ReceiptFile, check_artifact, check_receipt, told, what_became
from golive.subject import part_digests, whole_digest
from golive.unproven import Unproven
from tests.db.signed_off import (
    ANOTHER,
    ASKED,
    SEED,
    Line,
    at_the_sign_off,
    changed,
    decide,
    exported,
    forged,
    headed,
    receipts,
    recorded,
    signed_off,
)
from tests.rules.plans import release
from tests.rules.world import World, words


@pytest.fixture
async def run(database: Database) -> World:
    world = signed_off()
    await recorded(database, world)
    return world


@pytest.fixture
async def made(database: Database, run: World) -> list[ReceiptFile]:
    return await receipts(database, run)


@pytest.fixture
async def lines(database: Database, run: World) -> list[Line]:
    return await exported(database, "r1")


def unproven(receipt: ReceiptFile, lines: list[Line], key: str | None = None) -> str:
    """Return why the export does not prove the receipt."""
    with pytest.raises(Unproven) as refused:
        check_receipt(receipt, read_export(lines, key))
    return str(refused.value)


async def test_every_receipt_is_proved_by_the_export_of_its_run_and_by_a_whole_one(
    database: Database, made: list[ReceiptFile], lines: list[Line]
) -> None:
    whole = read_export(await exported(database), public_key(SEED))
    for receipt in made:
        check_receipt(receipt, read_export(lines, public_key(SEED)))
        check_receipt(receipt, whole)
        assert ReceiptFile.model_validate_json(receipt.model_dump_json()) == receipt
    first, second = made
    assert (first.by, first.functions, first.decision, first.meaning) == (
        "ops1",
        ("ops",),
        "approved",
        "approved",
    )
    assert first.comment is not None
    assert first.comment.text == "read on Thursday"
    assert (second.by, second.comment) == ("qa2", None)
    assert [str(told(row)) for row in what_became(first, whole)] == [
        f"No. {second.seq + 1}: “Sign-off” is approved"
    ]


async def test_of_a_receipt_no_field_can_be_changed(made: list[ReceiptFile], lines: list[Line]) -> None:
    receipt = made[0]
    other = {
        "golive": "0" * 16,
        "run_id": "r2",
        "seq": receipt.seq + 1,
        "hash": "0" * 64,
        "decision_id": "another",
        "approval_id": "r1.sign-off.other",
        "title": {"en": "Another", "zh": "另一个"},
        "by": "ops2",
        "on_behalf_of": "ops3",
        "functions": ["qa"],
        "decision": "rejected",
        "meaning": "responsible",
        "at": "2026-01-01T00:00:00Z",
        "digest": f"sha256:{'0' * 64}",
        "parts": {**receipt.parts, "release": f"sha256:{'0' * 64}"},
        "subject": {**(receipt.subject or {}), "release": {"version": "9"}},
        "comment": None,
    }
    written = receipt.model_dump(mode="json")
    assert other.keys() == written.keys() - {"format"}
    for name, value in other.items():
        forged = ReceiptFile.model_validate({**written, name: value})
        assert unproven(forged, lines), name
    for name, value in (("text", "read on Friday"), ("digest", f"sha256:{'0' * 64}"), ("salt", "another")):
        forged = ReceiptFile.model_validate({**written, "comment": {**written["comment"], name: value}})
        assert unproven(forged, lines), name


async def test_a_subject_is_not_exchanged_together_with_its_digests(
    made: list[ReceiptFile], lines: list[Line]
) -> None:
    """All that a receipt says of its subject fits; but the journal knows what was signed."""
    subject = deepcopy(made[0].subject or {})
    subject["release"]["artifacts"][0]["digest"] = f"sha256:{'e' * 64}"
    parts = part_digests(subject)
    exchanged = {"subject": subject, "parts": parts, "digest": whole_digest(parts)}
    told = unproven(made[0].model_copy(update=exchanged), lines)
    assert told.startswith("The receipt says of digest:")


async def test_a_subject_holds_nothing_that_was_not_signed(
    made: list[ReceiptFile], lines: list[Line]
) -> None:
    receipt, subject = made[0], dict(made[0].subject or {})
    without = {part: value for part, value in subject.items() if part != "evidence"}
    for other in (
        {**subject, "note": "and this"},
        without,
        {**subject, "gates": [2**60]},
        {**subject, "gates": "\ud800"},
    ):
        told = unproven(receipt.model_copy(update={"subject": other}), lines)
        assert told.endswith("of the subject on the receipt is not what was signed.")
    half = receipt.comment.model_copy(update={"text": "\ud800"}) if receipt.comment else None
    assert unproven(receipt.model_copy(update={"comment": half}), lines)


async def test_what_is_wrong_with_a_receipt_is_said_in_one_sentence(
    made: list[ReceiptFile], lines: list[Line]
) -> None:
    receipt = made[0]
    for update, sentence in (
        ({"by": "ops2"}, "The receipt says of by: ops2; the journal says: ops1. The receipt was changed."),
        (
            {"golive": "0" * 16},
            f"The receipt is of the golive {'0' * 16}, the export of another: {receipt.golive}.",
        ),
        ({"run_id": "r2"}, "The export holds nothing of the run r2."),
        ({"seq": 99}, f"The export has no number 99 of the run r1: it ends at {len(lines) - 1}."),
    ):
        assert unproven(receipt.model_copy(update=update), lines) == sentence


async def test_of_the_export_no_row_can_be_changed_left_out_or_cut_off(
    made: list[ReceiptFile], lines: list[Line]
) -> None:
    receipt = made[0]
    said = unproven(receipt, changed(lines, receipt.seq, lambda row: row.update(actor="ops2")))
    assert said.endswith("The hash does not fit the stored bytes: the row was changed.")
    said = unproven(receipt, [*lines[:2], *lines[3:]])
    assert said == "The export does not hold at no. 3 of stream r1: Row 2 is missing."
    said = unproven(receipt, lines[:-1])
    assert said.endswith("rows were cut off.")
    assert unproven(receipt, [*lines[:2], lines[3], lines[2], *lines[4:]])
    assert unproven(receipt, [*lines, lines[-1]])
    assert "does not begin with a checkpoint" in unproven(receipt, lines[1:])
    assert unproven(receipt, [])
    assert unproven(receipt, [lines[0], {"row": "{}", "hash": ""}])


async def test_an_export_that_is_made_anew_has_other_hashes_and_another_key(
    made: list[ReceiptFile], lines: list[Line]
) -> None:
    """Who rewrites the journal consistently is found by the receipt that somebody kept, and by the key."""
    receipt = made[0]
    remade = forged(lines, receipt.seq, lambda row: row.update(actor="ops2"))
    assert "one of them was changed" in unproven(receipt, remade)
    assert "another golive made it" in unproven(receipt, remade, public_key(SEED))
    short = headed(lines[: receipt.seq + 1], chain.Head(receipt.seq, receipt.hash), ANOTHER)
    check_receipt(receipt, read_export(short))
    assert "another golive made it" in unproven(receipt, short, public_key(SEED))
    claimed = [{**short[0], "public_key": public_key(SEED)}, *short[1:]]
    assert "signature of the export is wrong" in unproven(receipt, claimed, public_key(SEED))


async def test_a_row_that_is_no_decision_proves_none(made: list[ReceiptFile], lines: list[Line]) -> None:
    row = lines[1]
    other = made[0].model_copy(update={"seq": 1, "hash": row["hash"]})
    assert unproven(other, lines) == "No. 1 of the export is not a decision but RunStarted."


def test_a_file_that_is_cut_off_is_told_by_its_line() -> None:
    with pytest.raises(Unproven, match="Line 2 of the export is not JSON"):
        lines_of('{"a": 1}\n{"b": ')


async def test_an_artifact_is_known_by_its_digest(made: list[ReceiptFile]) -> None:
    digest = release().artifacts[0].digest
    assert check_artifact(made[0], "here.tar", digest) == "shop.tar"
    with pytest.raises(Unproven, match=r"here.tar \(sha256:0+\) is not what ops1 signed; that is: shop.tar"):
        check_artifact(made[0], "here.tar", f"sha256:{'0' * 64}")
    with pytest.raises(Unproven, match="does not hold its subject"):
        check_artifact(made[0].model_copy(update={"subject": None}), "here.tar", digest)


async def test_an_erased_comment_leaves_the_receipt_true(
    database: Database, run: World, made: list[ReceiptFile], lines: list[Line]
) -> None:
    assert made[0].comment is not None
    async with database.transaction() as session:
        await erase(session, made[0].comment.digest)
    (after, _) = await receipts(database, run)
    assert after.comment is not None
    assert (after.comment.text, after.comment.salt) == (None, None)
    check_receipt(after, read_export(lines))


async def test_decisions_of_former_rounds_keep_their_receipts_and_subjects(database: Database) -> None:
    world = at_the_sign_off()
    before = str(world.run.state.approvals["sign-off.sign"].digest)
    decide(world, "ops1")
    world.act(c.NewBuild(release=release("1.0.1"), reason=words("RC2")), "rm")
    world.act(c.CompleteTask(task="uat.run", remark=words("again")), "qa1")
    decide(world, "ops2")
    decide(world, "qa2")
    await recorded(database, world)
    first, second, _ = await receipts(database, world)
    lines = await exported(database, "r1")
    check_receipt(first, read_export(lines))
    assert (first.digest, second.digest == first.digest) == (before, False)
    assert (first.subject or {})["release"]["version"] == "1.0.0"
    async with database.reading() as session:
        assert await get_subject(session, ASKED, before) == first.subject
        assert await get_subject(session, ASKED, f"sha256:{'0' * 64}") is None


async def test_who_asks_for_a_receipt_that_there_is_not_is_told(database: Database, run: World) -> None:
    async with database.reading() as session:
        with pytest.raises(NotFound, match="There is no decision none on this approval"):
            await get_receipt(session, ASKED, "none")
        with pytest.raises(NotFound):
            await get_receipt(session, "r1.uat.other", str(run.journal[-2].command_id))
