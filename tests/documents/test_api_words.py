"""The Chinese of the OpenAPI document: all of it, nothing besides, and with the same code in it."""

from __future__ import annotations

import re
from functools import cache

import pytest

from api.app import create_app
from docs.generate import api_pages, api_words
from settings import Settings

CHINESE = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"`[^`]+`")


@cache
def texts() -> frozenset[str]:
    """Every text that the document holds, as the catalogue is asked for it."""
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return text

    api_words.with_texts(create_app(Settings()).openapi(), ask)
    return frozenset(asked)


def test_the_catalogue_holds_what_the_document_says_and_nothing_else() -> None:
    assert {"Start a run", "Counted from 1.", "A whole run.", "Bytes.", "Say why, in the reason."} <= texts()
    assert texts() - set(api_words.catalogue()) == set()
    assert set(api_words.catalogue()) - texts() == set()


def test_every_text_is_in_chinese_with_the_same_code() -> None:
    for text, chinese in api_words.catalogue().items():
        assert CHINESE.search(chinese), text
        assert sorted(CODE.findall(chinese)) == sorted(CODE.findall(text)), text


def test_a_route_is_told_in_chinese_with_its_roles_and_codes() -> None:
    (page,) = (page for page in api_pages.pages("zh") if page.name == "reference/api/templates.md")
    assert "**发布模板。** " in page.text
    assert "权限：`template_admin` 或 `admin`。" in page.text
    assert "没有所指的对象。`unknown_template`。" in page.text
    assert "Permission:" not in page.text


def test_a_field_may_be_called_as_what_is_translated() -> None:
    shape = {"properties": {"summary": {"description": "a"}, "example": {"description": "b"}}, "example": "c"}
    document = {"schemas": shape, "components": {"examples": {}}}
    assert api_words.with_texts(document, str.upper)["schemas"] == {
        "properties": {"summary": {"description": "A"}, "example": {"description": "B"}},
        "example": "c",
    }


def test_a_text_without_chinese_ends_the_build_in_words() -> None:
    document = {"info": {"description": "Quite new."}, "components": {"examples": {}}}
    with pytest.raises(SystemExit, match=r"says “Quite new\.”, of which api\.po has no Chinese"):
        api_words.translated(document, "zh")
    assert api_words.translated(document, "en") == document
