"""How a person stands to an approval: whether they may decide, why not, and to which tasks it can be returned.

Only facts, whoever holds them: the workflow asks with its state, a page with what SQL says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from golive.plan import Plan, Release, moment
from golive.recording import DecisionView, Delegation, Panel
from golive.run import Index
from golive.sources import all_named, holds, named
from golive.template import Stage
from golive.template_approvals import Approval, Rule
from golive.template_rollouts import ApprovalStep
from golive.words import N_, Sentence, Text, say

Bars = Callable[[Sequence[str]], Mapping[str, Sentence]]
"""Who may not sign where whoever did this work, tasks by reference, may not; and why."""


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


def handed_over(
    delegations: Iterable[Delegation], decisions: Iterable[DecisionView], now: datetime
) -> dict[tuple[str, str], str]:
    """Return who fills whose seat in which function `now`.

    A decision for somebody stands also when the time is over for which the seat was handed over; and who has decided
    themselves has no second voice by another.
    """
    standing = [each for each in decisions if not each.stale]
    made = {(each.on_behalf_of, each.by) for each in standing if each.on_behalf_of}
    themselves = {each.by for each in standing}
    return {
        (each.by, function): each.to
        for each in delegations
        if (each.by, each.to) in made
        or (each.stands != "over" and each.since <= now < each.until and each.by not in themselves)
        for function in each.functions
    }


@dataclass(frozen=True)
class Seated:
    """Who is asked for an approval: whom its rules ask, stand-ins, and whom signers added.

    `members` are those of each source of a rule.
    """

    rules: Sequence[Rule]
    members: Callable[[str], Sequence[str]]
    barred: Bars
    panel: Panel
    decisions: Sequence[DecisionView]
    now: datetime

    def why_not(
        self, name: str, functions: Sequence[str], groups: Sequence[str] | None = None
    ) -> tuple[Sentence, ...]:
        """Return why `name`, who has `functions`, may not sign under any rule: nothing when they may.

        Without `groups`, which cost a look, whoever was found in one is taken to be there still.
        """
        if any(each.name == name for each in self.panel.added):
            out = self.barred([ref for rule in self.rules for ref in rule.exclude_doers_of])
            return (out[name],) if name in out else ()
        asked = [rule for rule in self.rules if name in self.holders(rule)]
        held = [rule for rule in asked if holds(rule.source, functions, groups)]
        if any(name not in self.barred(rule.exclude_doers_of) for rule in held):
            return ()
        found = [self.barred(rule.exclude_doers_of) for rule in held or self.rules]
        why = [*self._away(name, asked, held), *(each[name] for each in found if name in each)]
        return tuple(each for n, each in enumerate(why) if each not in why[:n])

    def holders(self, rule: Rule) -> list[str]:
        """Return who fills the seats of a rule: its members or their stand-ins; for who is barred, nobody stands in."""
        handed = handed_over(self.panel.delegations, self.decisions, self.now)
        out, source = self.barred(rule.exclude_doers_of), rule.source
        seats = ((name, handed.get((name, source), name)) for name in self.members(source))
        return [holder for name, holder in seats if holder == name or name not in out]

    def holders_of(self, source: str) -> list[str]:
        """Return who fills the seats of those whom a rule asks, under whichever rule."""
        found = (name for rule in self.rules if rule.source == source for name in self.holders(rule))
        return list(dict.fromkeys(found))

    def own_seats(self, name: str, functions: Sequence[str]) -> list[str]:
        """Return the sources for which `name`, who has `functions`, is asked in person, not for another."""
        return [
            rule.source
            for rule in self.rules
            if name in self.members(rule.source)
            and name in self.holders(rule)
            and holds(rule.source, functions, None)
            and name not in self.barred(rule.exclude_doers_of)
        ]

    def _away(self, name: str, asked: Sequence[Rule], held: Sequence[Rule]) -> Iterator[Sentence]:
        """Yield why somebody has no seat who would have one otherwise, or who never had."""
        if asked and not held:
            yield say(N_("no longer acts in {function}"), function=named(asked[0].source))
        elif not asked:
            away = dict.fromkeys(
                to
                for (by, _), to in handed_over(self.panel.delegations, self.decisions, self.now).items()
                if by == name
            )
            until = {each.to: each.until for each in self.panel.delegations if each.by == name}
            for to in away:
                yield say(N_("has handed over to {to} until {until}"), to=to, until=moment(until[to]))
            if not away:
                wanted = all_named([rule.source for rule in self.rules])
                yield say(N_("does not act in {functions} in this run"), functions=wanted)


def gate_closed(stage: Stage, approval: Approval, state: str, stage_state: str) -> bool:
    """Tell whether nothing has followed yet from what was decided, so that a decision can be withdrawn.

    `state` is that of the approval, `stage_state` that of its stage.
    """
    if state == "pending":
        return True
    steps = stage.rollout.steps if stage.rollout else ()
    steered = any(isinstance(step, ApprovalStep) and step.approval == approval.key for step in steps)
    return state == "approved" and stage_state == "open" and not steered


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

    `states` and `done_by` are of tasks, by reference, `stages` the states of stages by id; `editor` registered the
    present build.
    """

    plan: Plan
    release: Release
    started_by: str
    editor: str
    states: Mapping[str, str]
    done_by: Mapping[str, str]
    stages: Mapping[str, str]
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

    def seated(self, approval: str, panel: Panel, decisions: Sequence[DecisionView], now: datetime) -> Seated:
        """Return who is asked for an approval `now`, of which `panel` and `decisions` are the present facts."""
        rules = self.index.approvals[approval][1].rules
        return Seated(rules, self._members(panel), self._barred, panel, decisions, now)

    def _members(self, panel: Panel) -> Callable[[str], Sequence[str]]:
        return lambda source: panel.found.get(source, self.plan.members(source))

    def withdrawable(self, approval: str, state: str) -> bool:
        """Tell whether decisions on an approval in `state` can still be withdrawn."""
        stage, its = self.index.approvals[approval]
        return gate_closed(stage, its, state, self.stages[stage.id])

    def _barred(self, work: Sequence[str]) -> dict[str, Sentence]:
        done = [(self.done_by[ref], self.names[ref]) for ref in work if ref in self.done_by]
        return bars(started_by=self.started_by, authors=self.release.authors, editor=self.editor, done=done)

    def returnable(self, approval: str) -> list[tuple[str, Text]]:
        """Return the tasks to which `approval` can be returned: reference and title."""
        able = returnable(self.index, approval, self.states, shifted=self.shifted)
        return [(ref, self.names[ref]) for ref in able]
