"""What people read, in both languages, and what people write, kept apart from the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Literal

from pydantic import model_validator
from typing_extensions import override

from golive.model import Fact

Language = Literal["en", "zh"]
Translate = Callable[[str], str]
"""Says a sentence of golive, given in English, in the language of who reads it."""
_EXACT = 2**53


def N_(msgid: str) -> str:  # noqa: N802 - the name that gettext's extractor looks for
    """Mark a sentence for the translation catalogue without translating it here."""
    return msgid


class Text(Fact):
    """A title or an instruction of a template in English and Simplified Chinese.

    A template may give one plain string, which then serves both.
    """

    en: str
    zh: str

    @model_validator(mode="before")
    @classmethod
    def _one_string_serves_both(cls, value: Any) -> Any:
        return {"en": value, "zh": value} if isinstance(value, str) else value

    def in_language(self, language: Language) -> str:
        """Return the text for a reader of `language`."""
        return self.zh if language == "zh" else self.en


class Sentence(Fact):
    """A sentence of golive to a person: the English words with {places}, and what belongs in them.

    `msgid` is the key of the translation catalogue, so it can be told in the reader's language later.
    """

    msgid: str
    args: dict[str, str | int | float | Text | Sentence] = {}

    def render(self, language: Language = "en", translate: Translate = str) -> str:
        """Return the sentence in `language`; `translate` looks `msgid` up in that language's catalogue."""

        def place(value: str | float | Text | Sentence) -> str | float:
            if isinstance(value, Text):
                return value.in_language(language)
            if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
                return round(value)  # 2 failures, not 2.0
            return value.render(language, translate) if isinstance(value, Sentence) else value

        return translate(self.msgid).format(**{name: place(value) for name, value in self.args.items()})

    @override
    def __str__(self) -> str:
        return self.render()


def say(msgid: str, **args: str | float | Text | Sentence) -> Sentence:
    """Return the sentence `msgid` with its places filled. Mark the literal with `N_` at the call."""
    return Sentence(msgid=msgid, args=args)


class Words(Fact):
    """What a person typed: a reason, a remark, a comment. At most 4,000 characters.

    The journal chains only `digest`; text and salt lie in a side table, so that both can be erased while the
    chain still verifies and nobody can guess the text from its digest. The API draws the salt, at random.
    """

    text: str
    salt: str

    @property
    def digest(self) -> str:
        """SHA-256 over salt, a zero byte and the text, as `sha256:HEX`."""
        sealed = b"\0".join((self.salt.encode(), self.text.encode()))
        return f"sha256:{hashlib.sha256(sealed).hexdigest()}"
