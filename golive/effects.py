"""What a run asks of the world: inputs and results of activities. Each has a deterministic key."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from golive.model import Fact
from golive.template_rollouts import Analysis
from golive.vocabulary import EndedName, VerdictName
from golive.words import Sentence


class Notify(Fact):
    """Tell people something; for now to the log. The result is journalled.

    What is told of one request is one thread with each person (`thread_of`), whichever channel it goes by: a message
    that `asks` for a decision opens it or comes again, and one that `closes` it says why nothing is awaited of them
    any more, so that a mail goes where the request went and a chat card is brought up to date. To those who closed it
    by their own act nothing is said (`quietly`), but their card is. Of two messages of one request that with the
    greater `at_seq` is the later one, in whichever order they are delivered.
    """

    key: str
    run_id: str
    to: tuple[str, ...]
    sentence: Sentence
    link: str
    asks: str | None = None
    closes: str | None = None
    quietly: tuple[str, ...] = ()
    at_seq: int = 0


def thread_of(request: str, name: str) -> str:
    """Return the one thread of a request with a person: the same for its message, its reminders and its end."""
    return f"{request}/{name}"


class ShiftTraffic(Fact):
    """Set the weight of the new version, fenced: written only while `generation` is the lock's generation."""

    key: str
    run_id: str
    stage: str
    service: str
    environment: str
    version: str
    weight: int
    generation: int


class Shifted(Fact):
    """What came of a shift: the weight read back, or that the fence refused it, or why it could not be done."""

    weight: int
    fenced: bool = False
    error: Sentence | None = None


class ReturnTraffic(Fact):
    """Raise the fence to `generation`, take all traffic from `version` and read it back; needs no check.

    `confirm` is the second look, after the longest shift: traffic that came back is returned again.
    """

    key: str
    run_id: str
    service: str
    environment: str
    version: str
    generation: int
    confirm: bool = False


class Watch(Fact):
    """Measure `analyses` during one rollout step or a hypercare, until a verdict or `until`.

    `key` names the measurements and counters in SQL, from where a restarted watch goes on.
    """

    key: str
    run_id: str
    stage: str
    service: str
    environment: str
    version: str
    analyses: tuple[Analysis, ...]
    since: AwareDatetime
    until: AwareDatetime | None


class Verdict(Fact):
    """What a watch found, and why, in a sentence."""

    verdict: VerdictName
    cause: Sentence


class Measure(Fact):
    """Measure one query for a check of a gate; `about` is STAGE/GATE.CHECK."""

    key: str
    run_id: str
    about: str
    service: str
    environment: str
    version: str
    metric: str


class Measured(Fact):
    """A measured value, or why there is none: `error` says what was asked, where and when."""

    value: float | None = None
    at: AwareDatetime
    error: Sentence | None = None


class WriteReport(Fact):
    """Build the review report of the run from SQL, in both languages, HTML and Markdown, and keep it."""

    key: str
    run_id: str
    stage: Literal["draft", "final"]
    outcome: EndedName | None = None


class ReportWritten(Fact):
    """The digest of the written report."""

    digest: str


class Supersede(Fact):
    """Abort the run `holder` in favour of this one, as the template says, visibly."""

    key: str
    run_id: str
    holder: str


class LookUp(Fact):
    """Ask the directory for these people, groups and owners of a service, and who of all of them is away.

    It is about the approval `approval`: `why` is that its decisions are to be asked for (`ask`), that they are awaited
    for some time (`again`), or that its gate would open now (`open`).
    """

    key: str
    run_id: str
    approval: str
    why: Literal["ask", "again", "open"]
    names: tuple[str, ...]
    groups: tuple[str, ...] = ()
    service: str | None = None
