"""From evidence as it is sent to evidence as it is signed: files by digest, JUnit XML by its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from api.house import House
from api.junit import read_junit
from api.schemas.evidence import (
    EvidenceGiven,
    FileGiven,
    LinkGiven,
    MetricGiven,
    RemarkGiven,
    SignatureGiven,
    TestResultGiven,
)
from api.schemas.given import words, words_or_none
from api.schemas.tasks import CompleteGiven, ItemGiven
from db.attachments import Attachment, find_attachments, path_of
from golive.commands import CompleteTask, ItemResult
from golive.errors import Invalid
from golive.evidence import Evidence, File, Link, Metric, Remark, Signature, TestResult
from golive.words import N_


async def completion(house: House, task: str, given: CompleteGiven) -> CompleteTask:
    """Return the act of finishing `task`. Raises Invalid when an attachment is unknown or at fault."""
    sent = [*given.evidence, *(piece for item in given.items.values() for piece in item.evidence)]
    stored = await _attachments(house, sent)
    return CompleteTask(
        task=task,
        remark=words_or_none(given.remark),
        evidence=await _evidence(house, given.evidence, stored),
        items={name: await _item(house, item, stored) for name, item in given.items.items()},
    )


async def _item(house: House, item: ItemGiven, stored: dict[str, Attachment]) -> ItemResult:
    evidence = await _evidence(house, item.evidence, stored)
    return ItemResult(result=item.result, remark=words_or_none(item.remark), evidence=evidence)


async def _attachments(house: House, sent: Iterable[EvidenceGiven]) -> dict[str, Attachment]:
    ids = {piece.attachment_id for piece in sent if isinstance(piece, FileGiven | TestResultGiven)}
    if not ids:
        return {}
    async with house.database.reading() as session:
        stored = await find_attachments(session, sorted(ids))
    for unknown in sorted(ids - stored.keys()):
        msgid = N_("There is no attachment {id}; upload the file with POST /attachments and send its id.")
        raise Invalid("unknown_attachment", msgid, facts={"attachment_id": unknown}, id=unknown)
    return stored


async def _evidence(
    house: House, sent: Iterable[EvidenceGiven], stored: dict[str, Attachment]
) -> tuple[Evidence, ...]:
    return tuple([await _piece(house, piece, stored) for piece in sent])


async def _piece(house: House, piece: EvidenceGiven, stored: dict[str, Attachment]) -> Evidence:
    match piece:
        case RemarkGiven():
            return Remark(text=words(piece.text))
        case LinkGiven():
            return Link(url=piece.url, title=piece.title)
        case MetricGiven():
            return Metric(name=piece.name, value=piece.value, unit=piece.unit)
        case SignatureGiven():
            return Signature(meaning=piece.meaning)
        case FileGiven():
            return File(attachment_id=piece.attachment_id, sha256=stored[piece.attachment_id].sha256)
        case TestResultGiven():
            return await _test_result(house, stored[piece.attachment_id])


async def _test_result(house: House, attachment: Attachment) -> TestResult:
    path = path_of(house.settings.home, attachment)
    facts = await asyncio.to_thread(read_junit, path, attachment.name)
    return TestResult(attachment_id=attachment.id, sha256=attachment.sha256, facts=facts)
