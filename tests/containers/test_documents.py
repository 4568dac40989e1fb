from __future__ import annotations

import re

import pytest

from cli.language import ROOT
from tests.containers.written import compose

ENGLISH, CHINESE = (
    (ROOT / "docs" / language / "operator" / "containers.md").read_text(encoding="utf-8")
    for language in ("en", "zh-CN")
)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_what_they_name_is_there(text: str) -> None:
    services, secrets = compose()["services"], compose()["secrets"]
    named = re.findall(r"docker compose (?:exec(?: -T)?|stop) ([\w-]+)", text)
    assert set(named) <= set(services)
    assert all(f"`{secret}`" in text for secret in secrets)
    assert all(volume in text for volume in compose()["volumes"] if volume.startswith("golive"))
