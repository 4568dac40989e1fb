"""Forms that hold a secret: done once under their key, as others are, with nothing kept that tells the secret."""

from __future__ import annotations

import hmac
from contextlib import suppress

from pydantic import BaseModel

from api.attempts import Attempt, attempt_of
from api.pages.acting import KEY
from api.pages.visiting import Sent
from golive.errors import Invalid


async def sealed_attempt(sent: Sent, body: BaseModel) -> tuple[Attempt, bool]:
    """Return the attempt that the form makes, and whether it was made before.

    The digest of its body is an HMAC: without golive's keys nobody tries out passwords against it. A key may have been
    put before the one that made it. Raises Invalid `idempotency_key_reused` and `idempotency_key_invalid`.
    """
    visit, written = sent.visit, body.model_dump_json().encode()
    sealed = [hmac.digest(key, written, "sha256").hex() for key in visit.house.settings.keys("attempt")]
    given = sent.text(KEY) or None
    present, *older = [attempt_of(visit.request, visit.actor, given, digest) for digest in sealed]
    async with visit.house.database.reading() as sql:
        for each in older:
            with suppress(Invalid):
                if await each.found(sql):
                    return each, True
        return present, await present.found(sql) is not None
