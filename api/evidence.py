"""From evidence as it is sent to evidence as it is signed: files by digest, JUnit XML by its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

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
from golive.evidence import Evidence, File, Link, Metric, Remark, Signature, TestFacts, TestResult
from golive.words import N_


@dataclass(frozen=True)
class _Sent:
    """The attachments that a body names, by id, and what those say that are test results: each read once."""

    stored: dict[str, Attachment]
    facts: dict[str, TestFacts]


async def completion(house: House, task: str, given: CompleteGiven) -> CompleteTask:
    """Return the act of finishing `task`. Raises Invalid when an attachment is unknown or at fault."""
    pieces = [*given.evidence, *(piece for item in given.items.values() for piece in item.evidence)]
    sent = await _sent(house, pieces)
    return CompleteTask(
        task=task,
        remark=words_or_none(given.remark),
        evidence=_evidence(given.evidence, sent),
        items={name: _item(item, sent) for name, item in given.items.items()},
    )


def _item(item: ItemGiven, sent: _Sent) -> ItemResult:
    return ItemResult(
        result=item.result, remark=words_or_none(item.remark), evidence=_evidence(item.evidence, sent)
    )


async def _sent(house: House, pieces: Iterable[EvidenceGiven]) -> _Sent:
    named = [piece for piece in pieces if isinstance(piece, FileGiven | TestResultGiven)]
    stored = await _attachments(house, {piece.attachment_id for piece in named})
    results = {piece.attachment_id for piece in named if isinstance(piece, TestResultGiven)}
    return _Sent(stored, {one: await _facts(house, stored[one]) for one in sorted(results)})


async def _attachments(house: House, ids: set[str]) -> dict[str, Attachment]:
    if not ids:
        return {}
    async with house.database.reading() as session:
        stored = await find_attachments(session, sorted(ids))
    for unknown in sorted(ids - stored.keys()):
        msgid = N_("There is no attachment {id}; upload the file with POST /attachments and send its id.")
        raise Invalid("unknown_attachment", msgid, facts={"attachment_id": unknown}, id=unknown)
    return stored


async def _facts(house: House, attachment: Attachment) -> TestFacts:
    path = path_of(house.settings.home, attachment)
    return await asyncio.to_thread(read_junit, path, attachment.name)


def _evidence(given: Iterable[EvidenceGiven], sent: _Sent) -> tuple[Evidence, ...]:
    return tuple(_piece(piece, sent) for piece in given)


def _piece(piece: EvidenceGiven, sent: _Sent) -> Evidence:
    match piece:
        case RemarkGiven():
            return Remark(text=words(piece.text))
        case LinkGiven():
            return Link(url=piece.url, title=piece.title)
        case MetricGiven():
            return Metric(name=piece.name, value=piece.value, unit=piece.unit)
        case SignatureGiven():
            return Signature(meaning=piece.meaning)
        case FileGiven(attachment_id=one):
            return File(attachment_id=one, sha256=sent.stored[one].sha256)
        case TestResultGiven(attachment_id=one):
            return TestResult(attachment_id=one, sha256=sent.stored[one].sha256, facts=sent.facts[one])
