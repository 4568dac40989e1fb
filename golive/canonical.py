"""Canonical JSON (RFC 8785) and the SHA-256 digests that people sign."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """Return the one byte string that RFC 8785 allows for `value`, made of JSON types.

    Raises rfc8785.CanonicalizationError for what JSON cannot say exactly, such as NaN or 2**60.
    """
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """Return `sha256:HEX` of the canonical JSON of `value`."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"
