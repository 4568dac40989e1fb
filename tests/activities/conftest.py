from __future__ import annotations

import pytest

from tests.databases import BOTH, Kind


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every test of this folder runs on both databases."""
    found: Kind = request.param
    return found
