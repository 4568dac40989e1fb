"""A bundle proves that an artifact was approved, by whom, and that nothing has unsettled it since."""

from __future__ import annotations

import json
from typing import Any

import pytest

from db.receipts import get_receipt
from db.session import Database
from golive import commands as c
from golive.audit_export import read_export
from golive.checkpoint import public_key
from golive.decision_bundle import Bundle, check_bundle
from golive.receipt_file import ReceiptFile, receipt_of
from golive.unproven import Unproven
from tests.db.signed_off import (
    ANOTHER,
    ASKED,
    SEED,
    Line,
    at_the_sign_off,
    decide,
    decisions,
    exported,
    forged,
    receipts,
    recorded,
    signed_off,
)
from tests.db.story import record_all
from tests.rules.plans import SIGNED, UAT, make_plan, release, task
from tests.rules.world import words


def bundle(receipts: list[ReceiptFile], lines: list[Line]) -> Bundle:
    """Return a bundle after it has been through a file."""
    told: dict[str, Any] = {
        "format": "golive-bundle/1",
        "receipts": [receipt.model_dump(mode="json") for receipt in receipts],
        "export": lines,
    }
    return Bundle.model_validate_json(json.dumps(told))


def not_proved(receipts: list[ReceiptFile], lines: list[Line]) -> str:
    with pytest.raises(Unproven) as refused:
        check_bundle(bundle(receipts, lines))
    return str(refused.value)


async def test_a_bundle_proves_that_the_approval_was_given(database: Database) -> None:
    world = signed_off()
    await recorded(database, world)
    made, lines = await receipts(database, world), await exported(database, "r1")
    assert check_bundle(bundle(made, lines), key=public_key(SEED)).streams.keys() == {"r1"}
    with pytest.raises(Unproven, match="another golive made it"):
        check_bundle(bundle(made, lines), key=public_key(ANOTHER))
    with pytest.raises(ValueError, match="receipts"):
        bundle([], lines)


async def test_a_bundle_of_half_a_sign_off_proves_nothing(database: Database) -> None:
    world = at_the_sign_off()
    decide(world, "ops1")
    await recorded(database, world)
    told = not_proved(await receipts(database, world), await exported(database, "r1"))
    assert told == "“Sign-off” is not approved: the journal ends before it was."


async def test_a_bundle_of_a_rejection_proves_nothing(database: Database) -> None:
    world = at_the_sign_off()
    decide(world, "ops1", "rejected", "not yet")
    await recorded(database, world)
    told = not_proved(await receipts(database, world), await exported(database, "r1"))
    assert told.startswith("“Sign-off” is not approved. No. ")
    assert told.endswith("“Sign-off” is rejected")


async def test_a_stale_decision_cannot_stand_for_the_approval_of_another_build(database: Database) -> None:
    """The receipt is true and the approval was granted, but not by this decision and not for this build."""
    world = at_the_sign_off()
    decide(world, "ops1")
    world.act(c.NewBuild(release=release("1.0.1"), reason=words("RC2")), "rm")
    world.act(c.CompleteTask(task="uat.run", remark=words("again")), "qa1")
    decide(world, "ops2")
    decide(world, "qa2")
    await recorded(database, world)
    first, second, third = await receipts(database, world)
    lines = await exported(database, "r1")
    check_bundle(bundle([second, third], lines))
    for some in ([first], [first, second, third]):
        told = not_proved(some, lines)
        assert (
            told == f"No. {first.seq}, by ops1, is not one of the decisions by which “Sign-off” was approved."
        )


async def test_a_decision_stands_when_somebody_else_lost_their_seat(database: Database) -> None:
    world = at_the_sign_off()
    decide(world, "ops1")
    world.said["ops1"] = world.actor("ops1").model_copy(update={"enabled": False})
    decide(world, "qa2")
    decide(world, "ops2")
    await recorded(database, world)
    first, second, third = await receipts(database, world)
    lines = await exported(database, "r1")
    check_bundle(bundle([second, third], lines))
    assert "by ops1, is not one of the decisions" in not_proved([first, second, third], lines)


async def test_what_was_granted_by_breaking_the_glass_is_no_decision_of_who_signed(
    database: Database,
) -> None:
    world = at_the_sign_off()
    decide(world, "ops1")
    eva = world.actor("rm").model_copy(update={"name": "eva", "roles": ("break_glass", "assignee")})
    digest = str(world.run.state.approvals["sign-off.sign"].digest)
    why = words("payments fail for everybody and both of qa are on a plane")
    world.act(c.BreakGlass(approval="sign-off.sign", digest=digest, reason=why), eva)
    await recorded(database, world)
    told = not_proved(await receipts(database, world), await exported(database, "r1"))
    assert told == "“Sign-off” was granted against its rules, by breaking the glass."


async def test_receipts_of_two_approvals_are_no_bundle(database: Database) -> None:
    """Two stages are signed on the same release, each by ops and qa; the receipts of one do not stand for the other."""
    second = {**SIGNED, "id": "again", "needs": ["sign-off"]}
    world = at_the_sign_off(make_plan(UAT, SIGNED, second))
    for name in ("ops1", "qa2"):
        decide(world, name)
    for name in ("ops2", "qa3"):
        digest = str(world.run.state.approvals["again.sign"].digest)
        world.act(c.Decide(approval="again.sign", decision="approved", digest=digest), name)
    await recorded(database, world)
    first, third = decisions(world)[0], decisions(world)[2]
    async with database.reading() as session:
        mixed = [await get_receipt(session, ASKED, first), await get_receipt(session, "r1.again.sign", third)]
    told = not_proved(mixed, await exported(database, "r1"))
    assert "is not one of the decisions" in told


async def test_a_withdrawn_decision_is_none_by_which_it_was_approved(database: Database) -> None:
    world = at_the_sign_off()
    decide(world, "ops1")
    world.act(c.Withdraw(approval="sign-off.sign", reason=words("of another build")), "ops1")
    decide(world, "ops2")
    decide(world, "qa2")
    await recorded(database, world)
    first, second, third = await receipts(database, world)
    lines = await exported(database, "r1")
    check_bundle(bundle([second, third], lines))
    assert "is not one of the decisions" in not_proved([first, second, third], lines)
    gone = forged(lines, first.seq + 1, lambda row: row.update(left("ops1")))
    rows = read_export(gone).streams["r1"]
    again = [
        receipt_of(each.golive, rows[each.seq - 1], each.subject, each.comment)
        for each in (first, second, third)
    ]
    check_bundle(bundle(again[1:], gone))
    assert "is not one of the decisions" in not_proved(again, gone)


def left(who: str) -> dict[str, Any]:
    """Return how a row tells that somebody's decision no longer counts, since they lost their seat."""
    return {
        "action": "SignerLeft",
        "actor": "golive",
        "payload": {"who": who, "title": {"en": "Go", "zh": "Go"}},
    }


async def test_an_approval_that_was_unsettled_since_is_none_any_more(database: Database) -> None:
    after = {
        "id": "after",
        "process": "uat",
        "title": "After",
        "needs": ["sign-off"],
        "tasks": [task("look")],
    }
    world = at_the_sign_off(make_plan(UAT, SIGNED, after))
    decide(world, "ops1")
    decide(world, "qa2")
    await recorded(database, world)
    made = await receipts(database, world)
    check_bundle(bundle(made, await exported(database, "r1")))
    recorded_batches = len(world.batches)
    world.act(c.NewBuild(release=release("1.0.1"), reason=words("RC2")), "rm")
    await record_all(database, world.batches[recorded_batches:])
    told = not_proved(made, await exported(database, "r1"))
    assert told.startswith("“Sign-off” is not approved. No. ")
    assert "are stale: release, evidence changed" in told
