"""In which language a person is answered: their own setting, else Accept-Language, else English."""

from __future__ import annotations

from starlette.requests import Request

from golive.words import Language
from language import preferred, tell, translator, whole

__all__ = ["language_of", "preferred", "tell", "translator", "whole"]


def language_of(request: Request) -> Language:
    """Return the language of the person who asks, once they are known; before, of their browser or client."""
    known: Language | None = getattr(request.state, "language", None)
    return known or preferred(request.headers.get("accept-language", ""))
