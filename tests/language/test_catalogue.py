"""Every sentence that the code marks is in the catalogue, and says the same with the same places."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from language.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]+")
NAMES = frozenset({"API", "ID", "id", "golive", "of", "the"})
"""What stays as it is: names. A sentence that is nothing but places has nothing to translate."""


@pytest.fixture(scope="module")
def marked() -> set[str]:
    """Return what stands marked in the code and the templates, found as `make catalogs` finds it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as cfg:
        methods, options = parse_mapping_cfg(cfg)  # type: ignore[no-untyped-call]  # Babel annotates it not
    found = extract_from_dir(ROOT, methods, options)
    return {each for _, _, message, _, _ in found for each in sentences(message)}


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="zh_CN")


def sentences(message: Any) -> tuple[str, ...]:
    """Return what a message of the catalogue says: one sentence, or one for each number of things."""
    return (
        (message,) if isinstance(message, str) else tuple(each for each in message if isinstance(each, str))
    )


def places(sentence: str) -> set[tuple[str, str | None, str | None]]:
    """Return the places of a sentence, with how each is written."""
    parts = string.Formatter().parse(sentence)
    return {(name, written, turned) for _, name, written, turned in parts if name is not None}


def test_every_marked_sentence_is_translated(marked: set[str], chinese: Catalog) -> None:
    ready = [message for message in chinese if any(sentences(message.string)) and not message.fuzzy]
    told = {each for message in ready for each in sentences(message.id)}
    assert len(marked) > 500
    assert not marked - told, "run `make catalogs` and translate"


def test_the_catalogue_holds_nothing_that_nobody_says(marked: set[str], chinese: Catalog) -> None:
    kept = [each for message in chinese for each in sentences(message.id)]
    assert [each for each in kept if each and each not in marked] == []


def test_translations_keep_the_places(chinese: Catalog) -> None:
    for message in chinese:
        for told in sentences(message.string) if message.id else ():
            assert places(sentences(message.id)[-1]) == places(told), message.id


def test_translations_are_chinese(chinese: Catalog) -> None:
    for message in chinese:
        own = set(LETTERS.findall(re.sub(r"\{[^}]*\}", "", str(message.id))))
        assert own <= NAMES or CHINESE.search(str(message.string)), message.id


def test_one_word_for_one_thing(chinese: Catalog) -> None:
    """The words that readers know from the vocabulary."""
    words = {"Grey release": "灰度", "sign-off": "会签", "post-launch review": "上线回顾", "rollback": "回滚"}
    for message in chinese:
        for english, word in words.items():
            if english.lower() in str(message.id).lower():
                assert word in str(message.string), message.id


def test_the_catalogue_compiles_without_a_complaint(chinese: Catalog) -> None:
    """`make up` compiles it; a per cent sign before a letter, for example, looks like an old format to Babel."""
    assert [(message.id, errors) for message, errors in chinese.check() if errors] == []


def test_readers_are_addressed_in_one_way_and_with_chinese_marks(chinese: Catalog) -> None:
    latin = re.compile(r"[\u4e00-\u9fff”][,:;!?](?: |$)")
    for message in chinese:
        said = " ".join(sentences(message.string)) if message.id else ""
        assert "您" not in said, message.id
        assert not latin.search(said), message.id
