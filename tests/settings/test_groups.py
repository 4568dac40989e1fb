"""What groups at the OpenID provider stand for is written in golive's own words, or refused at the start."""

from __future__ import annotations

from typing import get_args

import pytest

from golive.vocabulary import Role
from settings import Settings, settings_or_exit

ROLES = ", ".join(map(repr, get_args(Role)[:-1])) + f" or {get_args(Role)[-1]!r}"
FORM = "it is lower case letters, digits, - and _, beginning with a letter, at most 40"


@pytest.fixture(autouse=True)
def at_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIVE_OIDC_ISSUER", "https://id.example.com")
    monkeypatch.setenv("GOLIVE_OIDC_CLIENT_ID", "golive")


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ('{"qa": {"roles": ["viewer", "aprover"]}}', f" at qa.roles.1: Input should be {ROLES}."),
        ('{"qa": {"functions": ["QA"]}}', f" at qa.functions.0: {FORM}."),
        ('{"qa": {"role": ["viewer"]}}', " at qa.role: Extra inputs are not permitted."),
    ],
)
def test_a_slip_is_told_in_one_sentence_with_its_place(
    groups: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLIVE_OIDC_GROUPS", groups)
    with pytest.raises(SystemExit) as ended:
        settings_or_exit()
    assert str(ended.value) == f"GOLIVE_OIDC_GROUPS{told}"


def test_what_is_written_in_the_words_of_golive_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIVE_OIDC_GROUPS", '{"Q&A": {"roles": ["approver"], "functions": ["qa"]}}')
    known = Settings().oidc_groups or {}
    assert (known["Q&A"].roles, known["Q&A"].functions) == (["approver"], ["qa"])
