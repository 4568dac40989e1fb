"""A run that two people signed, recorded; its receipts, and the export that proves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from db.audit import export_lines
from db.journal import administering, append_admin
from db.receipts import get_receipt
from db.session import Database
from golive import chain
from golive import commands as c
from golive.checkpoint import Checkpoint, signed
from golive.commands import GOLIVE
from golive.plan import Plan
from golive.receipt_file import ReceiptFile
from tests.db.story import record_all
from tests.rules.plans import SIGNED, UAT, make_plan
from tests.rules.world import World, started, words

ASKED = "r1.sign-off.sign"
SEED, ANOTHER = b"s" * 32, b"a" * 32
Line = dict[str, Any]


def at_the_sign_off(plan: Plan | None = None) -> World:
    """Return a run whose sign-off is asked for."""
    world = started(plan or make_plan(UAT, SIGNED))
    world.act(c.CompleteTask(task="uat.run", remark=words("seen")), "qa1")
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    return world


def decide(world: World, name: str, decision: Any = "approved", comment: str | None = None) -> None:
    """Decide on the sign-off as it now is."""
    digest = str(world.run.state.approvals["sign-off.sign"].digest)
    said = words(comment) if comment else None
    world.act(c.Decide(approval="sign-off.sign", decision=decision, digest=digest, comment=said), name)


def signed_off() -> World:
    """Return a run whose sign-off was given by ops1, who wrote something, and by qa2."""
    world = at_the_sign_off()
    decide(world, "ops1", comment="read on Thursday")
    decide(world, "qa2")
    return world


async def recorded(database: Database, world: World) -> None:
    """Record a run, and somebody who is there beside it."""
    async with administering(database) as session:
        await append_admin(session, GOLIVE, "UserAdded", "user:ops1")
    await record_all(database, world.batches)


def decisions(world: World) -> list[str]:
    """Return the ids of what was decided, in order."""
    return [str(event.command_id) for event in world.journal if event.type == "DecisionMade"]


async def receipts(database: Database, world: World) -> list[ReceiptFile]:
    """Return the receipt of each decision, in order."""
    async with database.reading() as session:
        return [await get_receipt(session, ASKED, each) for each in decisions(world)]


async def exported(database: Database, *streams: str) -> list[Line]:
    """Return the lines of an export."""
    async with database.reading() as session:
        lines = export_lines(session, SEED, streams=streams or None)
        return [json.loads(line) async for line in lines]


def changed(lines: list[Line], seq: int, change: Callable[[Line], object]) -> list[Line]:
    """Return an export in which somebody changed row `seq` of the run, leaving all hashes as they are."""
    made = deepcopy(lines)
    line = next(
        line for line in made[1:] if (row := json.loads(line["row"]))["seq"] == seq and row["stream"] == "r1"
    )
    row = json.loads(line["row"])
    change(row)
    line["row"] = json.dumps(row, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return made


def forged(
    lines: list[Line], seq: int, change: Callable[[Line], object], seed: bytes = ANOTHER
) -> list[Line]:
    """Return an export that somebody made anew after changing row `seq`: every hash fits, under a key of their own."""
    made = changed(lines, seq, change)
    last = chain.Head()
    for line in made[1:]:
        row = json.loads(line["row"])
        row["prev_hash"] = last.hash
        line["row"] = json.dumps(row, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        line["hash"] = chain.hash_of(line["row"].encode())
        last = chain.Head(row["seq"], line["hash"])
    return headed(made, last, seed)


def headed(lines: list[Line], last: chain.Head, seed: bytes) -> list[Line]:
    """Return the export of one run with a checkpoint that ends it at `last`, signed with `seed`."""
    plain = Checkpoint.model_validate(lines[0])
    head = plain.heads[0].model_copy(update={"seq": last.seq, "hash": last.hash})
    own = signed(plain.model_copy(update={"heads": (head,)}), seed)
    return [own.model_dump(mode="json"), *lines[1:]]
