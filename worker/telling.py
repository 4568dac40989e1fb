"""How the commands of this folder say what they found, or why nothing was done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import TemporalError

from db.errors import RecordRefused
from db.operating import Undone
from golive.findings import Finding
from golive.words import say


def attempted(work: Coroutine[Any, Any, list[Finding]], *, failed: str) -> int:
    """Do what concerns runs and tell what came of it, a finding a line; `failed` says {why} it could not be done."""
    try:
        told = asyncio.run(work)
    except Undone as other:
        told = [Finding(about="runs", well=False, found=other.sentence)]
    except (TemporalError, RuntimeError, SQLAlchemyError, OSError, RecordRefused) as error:
        why = say(failed, why=" ".join(str(error).split()))
        told = [Finding(about="runs", well=False, found=why)]
    return tell(told)


def tell(found: Iterable[Finding]) -> int:
    """Print each finding as a line of JSON and return the exit code: 1 unless all is well."""
    well = True
    for each in found:
        print(each.model_dump_json(), flush=True)  # noqa: T201 - the answer
        well = well and each.well
    return 0 if well else 1
