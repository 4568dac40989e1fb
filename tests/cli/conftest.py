"""One whole golive for the tests of this folder, started when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.processes import environment
from tests.cli.whole import Whole, up


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Run `golive up` until the last test."""
    with up(environment(tmp_path_factory.mktemp("up") / "home")) as running:
        yield running
