"""Why a command ended without doing what it was asked."""

from __future__ import annotations


class Failure(Exception):
    """One sentence for the person, in their language; it says what to do. The command ends with exit code 1.

    `more` are further lines, such as the errors of a template, each of which names its place.
    """

    def __init__(self, sentence: str, more: tuple[str, ...] = ()):
        super().__init__(sentence)
        self.more = more
