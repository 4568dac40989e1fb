"""Why a file does not prove what it says."""

from __future__ import annotations

from golive.words import Sentence, Text, say


class Unproven(Exception):
    """A receipt, a bundle or an export does not hold: `sentence` says what was compared, and what is wrong."""

    def __init__(self, msgid: str, **args: str | float | Text | Sentence):
        self.sentence: Sentence = say(msgid, **args)
        super().__init__(str(self.sentence))
