"""How a person stands to an approval: whether they may decide, why not, and to which tasks it can be returned.

Only facts, whoever holds them: the workflow asks with its state, a page with what SQL says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from golive.plan import Plan, Release
from golive.run import Index
from golive.template import Rule, Stage
from golive.words import N_, Sentence, Text, say

Bars = Callable[[Rule], Mapping[str, Sentence]]
"""Who may not sign under a rule, and why."""


def bars(
    *, started_by: str, authors: Iterable[str], editor: str, done: Iterable[tuple[str, Text]]
) -> dict[str, Sentence]:
    """Return who may not sign, and why. `editor` registered the build; `done` are who did the tasks that count."""
    reasons = {started_by: say(N_("started the run"))}
    for author in authors:
        reasons.setdefault(author, say(N_("made the artifact")))
    reasons.setdefault(editor, say(N_("registered the build that is signed")))
    for doer, title in done:
        reasons.setdefault(doer, say(N_("completed “{task}”"), task=title))
    return reasons


def why_not(
    name: str,
    functions: Sequence[str],
    rules: Sequence[Rule],
    members: Callable[[str], Sequence[str]],
    barred: Bars,
) -> tuple[Sentence, ...]:
    """Return why `name`, who has `functions`, may not sign under any of `rules`: nothing when they may.

    `members` are who acts in a function in this run.
    """
    asked = [rule for rule in rules if name in members(rule.function)]
    held = [rule for rule in asked if rule.function in functions]
    if any(name not in barred(rule) for rule in held):
        return ()
    why = [barred(rule)[name] for rule in (held or rules) if name in barred(rule)]
    if asked and not held:
        why.insert(0, say(N_("no longer acts in {function}"), function=asked[0].function))
    elif not asked:
        named = ", ".join(rule.function for rule in rules)
        why.insert(0, say(N_("does not act in {functions} in this run"), functions=named))
    return tuple(each for n, each in enumerate(why) if each not in why[:n])


def returnable(index: Index, approval: str, states: Mapping[str, str], *, shifted: bool) -> list[str]:
    """Return the tasks, by reference, to which `approval` can be returned: done, signed here, not under traffic.

    `states` are those of the tasks; `shifted` tells that traffic has moved.
    """
    own = index.approvals[approval][0].id
    signed = index.before[own] | {own}
    return [
        ref
        for ref, (stage, _) in index.tasks.items()
        if stage.id in signed
        and states.get(ref, "locked") != "locked"
        and not (shifted and before_traffic(index, stage))
    ]


def before_traffic(index: Index, stage: Stage) -> bool:
    """Tell whether traffic moves on what is done in `stage`: in it, or in a stage that comes after it."""
    return any(
        other.rollout and (other.id == stage.id or stage.id in index.before[other.id])
        for other in index.stages.values()
    )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The facts of a run by which people stand to its approvals, as they are now.

    `states` and `done_by` are of tasks, by reference; `editor` registered the present build.
    """

    plan: Plan
    release: Release
    started_by: str
    editor: str
    states: Mapping[str, str]
    done_by: Mapping[str, str]
    shifted: bool

    @cached_property
    def index(self) -> Index:
        """What is looked up in the plan."""
        return Index(self.plan)

    @cached_property
    def names(self) -> dict[str, Text]:
        """The titles of stages and tasks, by reference."""
        stages = {stage.id: stage.title for stage in self.plan.stages}
        return stages | {ref: task.title for ref, (_, task) in self.index.tasks.items()}

    def why_not(self, approval: str, name: str, functions: Sequence[str]) -> tuple[Sentence, ...]:
        """Return why somebody may not sign `approval`, whatever its state: nothing when they may."""
        rules = self.index.approvals[approval][1].rules
        return why_not(name, functions, rules, self.plan.members, self._barred)

    def _barred(self, rule: Rule) -> dict[str, Sentence]:
        done = [(self.done_by[ref], self.names[ref]) for ref in rule.exclude_doers_of if ref in self.done_by]
        return bars(started_by=self.started_by, authors=self.release.authors, editor=self.editor, done=done)

    def returnable(self, approval: str) -> list[tuple[str, Text]]:
        """Return the tasks to which `approval` can be returned: reference and title."""
        able = returnable(self.index, approval, self.states, shifted=self.shifted)
        return [(ref, self.names[ref]) for ref in able]
