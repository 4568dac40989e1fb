"""A run's story with the look-ups that every part of its report needs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from activities.report.document import Cell
from db.story import Story
from db.views import JournalRow, RunWhole
from golive.vocabulary import EndedName
from golive.words import Sentence, Text

Kind = Literal["draft", "final"]
REMINDERS = ("Reminded", "Escalated", "SignersReminded")
"""What reminds people of what waits for them: clocks, and other people."""


@dataclass(frozen=True)
class Told:
    """A story as it is told in a report. `outcome` is None while the run goes on."""

    story: Story
    kind: Kind
    outcome: EndedName | None

    @property
    def run(self) -> RunWhole:
        """The run."""
        return self.story.run

    @cached_property
    def until(self) -> datetime:
        """The moment up to which the report tells: that of the last row, whenever it is written."""
        last = max((row.occurred_at or row.at for row in self.story.events), default=self.run.started_at)
        return max(last, self.run.started_at)

    @cached_property
    def _by_action(self) -> dict[str, list[JournalRow]]:
        found: dict[str, list[JournalRow]] = defaultdict(list)
        for row in self.story.events:
            found[row.action].append(row)
        return found

    def events(self, *actions: str) -> list[JournalRow]:
        """Return the rows of these types, in order."""
        found = [row for action in actions for row in self._by_action.get(action, ())]
        return sorted(found, key=lambda row: row.seq) if len(actions) > 1 else found

    @cached_property
    def titles(self) -> dict[str, Text]:
        """The title of each stage, by id, of each task and approval, by ref."""
        named = {stage.id: stage.title for stage in self.run.plan.stages}
        named |= {task.ref: task.title for task in (*self.run.gone_tasks, *self.run.tasks)}
        asked = (*self.run.gone_approvals, *self.run.approvals)
        return named | {approval.ref: approval.title for approval in asked}

    def title(self, about: str) -> Cell:
        """Return the title of an object of the journal, such as `task:uat.regression`."""
        ref = about.partition(":")[2]
        return self.titles.get(ref) or (ref or None)


def phrase(value: Any) -> Cell:
    """Return a value of an event's payload as it is told: a text or a sentence in the reader's language."""
    if isinstance(value, dict) and value.keys() == {"en", "zh"}:
        return Text(**value)
    if isinstance(value, dict) and "msgid" in value:
        return Sentence.model_validate(value)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return value if isinstance(value, str | int | float) else None


def reason_of(row: JournalRow) -> Cell:
    """Return why something happened: golive's own cause, or what the person said; None when unknown."""
    return phrase(row.payload.get("cause")) or row.reason
