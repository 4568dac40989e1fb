"""Files that come with a form: each is stored at once, and the form goes on with its id in the file's place.

So a form that is refused, or whose outcome is unknown, never asks for a file twice. A form names its files by whose
evidence they are: `task.files` is the field in which they are chosen, `task.file.ID` says of one that is stored what
kind of evidence it is, and `task.file.ID.out` that it is to be left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile

from api.asking import need
from api.attempts import attempt_of
from api.limits import FILE_LIMIT
from api.pages.acting import KEY
from api.pages.rendering import size
from api.pages.visiting import Sent, Visit
from api.routers.attachments import name_it
from api.uploads import plain_name, plain_type
from db.attachments import find_attachments, keep_bytes
from golive.errors import GoliveError, Invalid, Refused
from golive.permissions import UPLOAD
from golive.words import N_

FILES, KIND, OUT = ".files", ".kind", ".out"
BY_NAME = "by_name"
"""The kind of files of which those with XML in them are test results, by their names."""
KINDS = ("file", "test_result")
_STORED = re.compile(r"(?P<owner>.+)\.file\.(?P<id>[0-9a-f]{1,64})")
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored file in a form: whose evidence it is, of which kind, and whether it is left out."""

    owner: str
    id: str
    name: str
    size: int
    kind: str
    out: bool = False

    @property
    def field(self) -> str:
        """The field of the form that stands for it."""
        return f"{self.owner}.file.{self.id}"


async def uploaded(sent: Sent) -> tuple[Sent, GoliveError | None]:
    """Store the files of a form. Return the form with them by id, and why the first that was not kept was not."""
    fields: list[tuple[str, str | UploadFile]] = []
    wrong: GoliveError | None = None
    for name, value in sent.form.multi_items():
        if isinstance(value, str):
            fields.append((name, value))
        elif value.filename:
            try:
                fields.append(await _stored(sent, name, value))
            except (Invalid, Refused) as refused:
                wrong = wrong or refused
    return replace(sent, form=FormData(fields)), wrong


async def _stored(sent: Sent, field: str, file: UploadFile) -> tuple[str, str]:
    name = plain_name((file.filename or "").encode(errors="replace"))
    attachment_id = await _keep(sent, file, name)
    kind = sent.text(field + KIND)
    if kind == BY_NAME:
        kind = "test_result" if name.lower().endswith(".xml") else "file"
    return f"{field.removesuffix(FILES)}.file.{attachment_id}", kind if kind in KINDS else "file"


async def _keep(sent: Sent, file: UploadFile, name: str) -> str:
    """Return the id of the stored file. The same file of the same form, sent again, is the same attachment."""
    visit = sent.visit
    need(visit.actor, UPLOAD)
    if (file.size or 0) > FILE_LIMIT:
        raise Invalid(
            "attachment_too_large",
            N_("“{name}” is larger than {limit}, the most for one file, and was not kept; the rest was."),
            name=name,
            limit=size(FILE_LIMIT),
        )
    kept = await keep_bytes(visit.house.settings.home, _pieces(file), FILE_LIMIT)
    about = json.dumps([sent.text(KEY), kept.sha256, name])
    digest = hashlib.sha256(about.encode()).hexdigest()
    attempt = attempt_of(visit.request, visit.actor, digest if sent.text(KEY) else None, digest)
    kind = plain_type((file.content_type or "").encode(errors="replace"))
    answer = await name_it(visit.house, attempt, kept, name, kind)
    return str(json.loads(bytes(answer.body))["id"])


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


def named(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return owner and id of each stored file that a form names, in its order."""
    found = (_STORED.fullmatch(name) for name in values)
    return [(match["owner"], match["id"]) for match in found if match]


async def stored_in(visit: Visit, values: Mapping[str, str]) -> dict[str, list[Stored]]:
    """Return the stored files that a form names, by whose evidence they are; what does not exist is left out."""
    names = named(values)
    if not names:
        return {}
    async with visit.house.database.reading() as session:
        known = await find_attachments(session, {one for _, one in names})
    files: dict[str, list[Stored]] = {}
    for owner, one in names:
        if one in known:
            field, file = f"{owner}.file.{one}", known[one]
            out = field + OUT in values
            kept = Stored(owner=owner, id=one, name=file.name, size=file.size, kind=values[field], out=out)
            files.setdefault(owner, []).append(kept)
    return files
