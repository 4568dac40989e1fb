"""What changed between two JSON values as JSON Patch (RFC 6902), for programs; people read it in words."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch

from golive.canonical import canonical


def patch(before: Any, now: Any) -> list[dict[str, Any]]:
    """Return the operations that make `now` out of `before`, both made of JSON types; none where both are one value.

    They are compared as they are signed: 1 and 1.0 are one value, 1 and true are two.
    """
    return list(jsonpatch.make_patch(json.loads(canonical(before)), json.loads(canonical(now))))
