"""The page for authors of templates tells every step and every expectation of a test."""

from __future__ import annotations

import re

import pytest

from cli.language import ROOT
from golive.rehearsal_steps import KINDS_OF_STEPS, Expected


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_step_and_every_expectation_is_told(language: str) -> None:
    text = (ROOT / "docs" / language / "template-author.md").read_text(encoding="utf-8")
    words = [*KINDS_OF_STEPS, *Expected.model_fields]
    assert [word for word in words if not re.search(f"`{word}\\b", text)] == []
