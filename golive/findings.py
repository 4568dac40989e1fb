"""What a look at an installation found: each finding in a sentence, with its remedy where there is one."""

from __future__ import annotations

from golive.model import Fact
from golive.words import Sentence


class Finding(Fact):
    """One thing that was looked at or done. `about` names it in one word; `remedy` says what to do where not `well`."""

    about: str
    well: bool
    found: Sentence
    remedy: Sentence | None = None
