"""What changed between two JSON values as JSON Patch (RFC 6902), for programs; people read it in words."""

from __future__ import annotations

from typing import Any

import jsonpatch


def patch(before: Any, now: Any) -> list[dict[str, Any]]:
    """Return the operations that make `now` out of `before`, both made of JSON types; none for equal values."""
    return list(jsonpatch.make_patch(before, now))
