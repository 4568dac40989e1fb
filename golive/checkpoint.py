"""A checkpoint: how far streams of the journal had come at a moment, signed by the golive that keeps them (Ed25519).

An export begins with one. So whoever knows the public key of a golive finds what was cut off, changed or made up in an
export of it, without asking it.
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime

from golive.canonical import canonical
from golive.model import Fact
from golive.unproven import Unproven
from golive.words import N_

_KIND = "ed25519:"
_CONTEXT = b"golive checkpoint\0"
"""What is signed begins with it, so that a signature says nothing about anything else."""


class StreamHead(Fact):
    """The last row of a stream: its number and its hash."""

    stream: str
    seq: int
    hash: str


class Checkpoint(Fact):
    """The heads of streams `at` a moment, of the golive of that identity; `signature` is over all the rest."""

    golive: str
    at: AwareDatetime
    heads: tuple[StreamHead, ...]
    public_key: str
    signature: str = ""


def public_key(seed: bytes) -> str:
    """Return the public key to a `seed` of 32 bytes, as `ed25519:HEX`."""
    return f"{_KIND}{Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()}"


def signed(checkpoint: Checkpoint, seed: bytes) -> Checkpoint:
    """Return `checkpoint`, signed with the key of `seed`."""
    own = checkpoint.model_copy(update={"public_key": public_key(seed)})
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(_signed_bytes(own))
    return own.model_copy(update={"signature": signature.hex()})


def check_signature(checkpoint: Checkpoint, key: str | None = None) -> None:
    """Raise Unproven unless the checkpoint was signed with its public key, which is `key` where one is given."""
    if key is not None and key.strip() != checkpoint.public_key:
        raise Unproven(
            N_(
                "The export is signed with the key {found}, not with {key}: another golive made it, or somebody else."
            ),
            found=checkpoint.public_key,
            key=key.strip(),
        )
    try:
        known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.public_key.removeprefix(_KIND)))
        known.verify(bytes.fromhex(checkpoint.signature), _signed_bytes(checkpoint))
    except (InvalidSignature, ValueError) as wrong:
        raise Unproven(N_("The signature of the export is wrong: its checkpoint was changed.")) from wrong


def _signed_bytes(checkpoint: Checkpoint) -> bytes:
    told: dict[str, Any] = checkpoint.model_dump(mode="json", exclude={"signature"})
    return _CONTEXT + canonical(told)
