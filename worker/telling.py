"""How the commands of this folder say what they found."""

from __future__ import annotations

from collections.abc import Iterable

from golive.findings import Finding


def tell(found: Iterable[Finding]) -> int:
    """Print each finding as a line of JSON and return the exit code: 1 unless all is well."""
    well = True
    for each in found:
        print(each.model_dump_json(), flush=True)  # noqa: T201 - the answer
        well = well and each.well
    return 0 if well else 1
