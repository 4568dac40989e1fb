from __future__ import annotations

import re

import pytest

from cli.language import ROOT
from tests.containers.written import compose

ENGLISH, CHINESE = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("containers.md", "containers.zh-CN.md")
)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_both_languages_give_the_same_commands() -> None:
    assert _BLOCK.findall(ENGLISH)
    assert _BLOCK.findall(ENGLISH) == _BLOCK.findall(CHINESE)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_what_they_name_is_there(text: str) -> None:
    services, secrets = compose()["services"], compose()["secrets"]
    named = re.findall(r"docker compose (?:exec(?: -T)?|stop) ([\w-]+)", text)
    assert set(named) <= set(services)
    assert all(f"`{secret}`" in text for secret in secrets)
    assert all(volume in text for volume in compose()["volumes"] if volume.startswith("golive"))
