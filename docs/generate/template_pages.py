"""A page for each bundled template: what it is for, its parameters, its stages, and its Gantt drawn from a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel.dates import format_datetime, get_timezone

from docs.generate import library
from docs.generate.gantt import bars
from docs.generate.gantt_svg import draw
from docs.generate.rendering import Page, render
from docs.generate.words import WORDS
from golive.forecast import Preview
from golive.parameters import Value
from golive.plan import Plan
from golive.rollout_words import analysis_words, policy_words, step_words
from golive.sources import named
from golive.template import Check, FactSource, Parameter, Requirement, Stage, Task
from golive.template_approvals import Approval, Asked, DecisionTable, Rule
from golive.words import Language, Sentence
from language import name_of, tell, whole

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def pages(language: Language) -> Iterator[Page]:
    """Yield the page of each template."""
    for name in sorted(library.bundled().templates):
        yield _page(name, language)


def _page(name: str, language: Language) -> Page:
    plan, foreseen = library.example(name)
    outline = library.outline(name)
    voice = Voice(language)
    title = WORDS["gantt_of"].in_language(language).format(title=outline.title.in_language(language))
    return render(
        f"templates/{name}.md",
        "template.md.j2",
        language,
        template=outline,
        voice=voice,
        gantt=draw(bars(plan, foreseen, language), plan.calendar, title, language),
        caption=voice.caption(plan, foreseen),
        facts=list(voice.facts(plan, foreseen)),
        functions=list(_functions(plan)),
        stages=plan.stages,
        tables={
            f"{stage.id}.{approval.key}": approval.rules_by
            for stage in outline.stages
            for approval in stage.approvals
            if approval.rules_by
        },
    )


def _functions(plan: Plan) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each function with the references of the tasks that it does and of the approvals that it signs."""
    for function in plan.people:
        does = [
            f"{stage.id}.{task.key}"
            for stage in plan.stages
            for task in (*stage.tasks, *stage.on_rollback)
            if task.function == function
        ]
        signs = [
            f"{stage.id}.{approval.key}"
            for stage in plan.stages
            for approval in stage.approvals
            if any(rule.function == function for rule in approval.rules)
        ]
        yield function, does, signs


def _cell(asked: Asked) -> str:
    values = asked if isinstance(asked, tuple) else (asked,)
    return ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


class Voice:
    """Says the parts of a template in one language."""

    def __init__(self, language: Language):
        self._language = language

    def word(self, key: str, **args: object) -> str:
        """Return a phrase of the frame."""
        return WORDS[key].in_language(self._language).format(**args)

    def sentence(self, sentence: Sentence) -> str:
        """Return a sentence of golive."""
        return tell(sentence, self._language)

    def caption(self, plan: Plan, foreseen: Preview) -> str:
        """Say for which start the Gantt is drawn."""
        zone = plan.calendar.time_zone
        local = "en" if self._language == "en" else "zh_CN"
        start = format_datetime(foreseen.start, "yyyy-MM-dd HH:mm", tzinfo=get_timezone(zone), locale=local)
        return self.word("caption", start=start, zone=zone)

    def facts(self, plan: Plan, foreseen: Preview) -> Iterator[str]:
        """Yield what the preview says about the whole: its end, how fast, and what to know."""
        zone = get_timezone(plan.calendar.time_zone)
        ends = format_datetime(foreseen.ends_at, "yyyy-MM-dd HH:mm", tzinfo=zone)
        yield self.word("fact_ends", at=ends)
        if foreseen.shortest_to_full is not None:
            yield self.word("fact_to_full", length=self.length(foreseen.shortest_to_full))
        for rollout in foreseen.rollouts:
            if rollout.to_rollback is not None:
                stage = rollout.title.in_language(self._language)
                yield self.word("fact_to_rollback", stage=stage, length=self.length(rollout.to_rollback))
        for note in foreseen.notes:
            yield whole(note, self._language)

    def length(self, seconds: int) -> str:
        """Return a length of time on the clock, its two greatest units."""
        days, rest = divmod(seconds, _DAY)
        hours, rest = divmod(rest, _HOUR)
        minutes, rest = divmod(rest, _MINUTE)
        units = ((days, "days"), (hours, "hours"), (minutes, "minutes"), (rest, "seconds"))
        told = [self.word(f"length_{unit}", n=n) for n, unit in units if n]
        return " ".join(told[:2]) or self.word("length_seconds", n=0)

    def written(self, value: Value | None) -> str:
        """Return a parameter's value as it is written on the command line."""
        return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)

    def limits(self, parameter: Parameter) -> str:
        """Say what a parameter may be: its choices, or its kind with its bounds."""
        if parameter.choices:
            return ", ".join(f"`{choice}`" for choice in parameter.choices)
        kind = self.word(f"kind_{parameter.type}")
        bounds = [
            f"{sign} {bound:.10g}"
            for sign, bound in (("≥", parameter.min), ("≤", parameter.max))
            if bound is not None
        ]
        return " ".join([kind, ", ".join(bounds)]).strip()

    def due(self, task: Task) -> str:
        """Say when a task is due."""
        if task.due is None:
            return "—"
        if task.due.before_go_live:
            return self.word("due_before", within=task.due.within)
        if task.due.after:
            return self.word("due_after", within=task.due.within, after=task.due.after.rpartition(".")[2])
        return self.word("due_within", within=task.due.within)

    def evidence(self, task: Task) -> str:
        """Say what completing a task takes."""
        told = [self._requirement(need) for need in task.requires]
        if task.items:
            key = "items_of" if task.checklist else "items"
            told.append(self.word(key, n=len(task.items), checklist=task.checklist or ""))
        if task.verify:
            told.append(self.word("verified_by_another"))
        if task.per_build:
            told.append(self.word("again_per_build"))
        if task.point_of_no_return:
            told.append(self.word("point_of_no_return"))
        return self.word("then").join(told) or "—"

    def _requirement(self, need: Requirement) -> str:
        kind = name_of(need.type, self._language)
        named = f"{kind} `{need.name}`" if need.name else kind
        return f"{need.min} × {named}" if need.min > 1 else named

    def rules(self, approval: Approval) -> str:
        """Say who must decide."""
        joined = self._rules(approval.rules)
        several = approval.distinct and len(approval.rules) > 1
        return joined + self.word("distinct_persons") if several else joined

    def rows(self, table: DecisionTable | None) -> Iterator[str]:
        """Say of each row of a decision table where it applies and who must decide then."""
        for row in table.rows if table else ():
            asked = self.word("comma").join(f"`{key}`: `{_cell(cell)}`" for key, cell in row.when.items())
            yield self.word("row", asked=asked, rules=self._rules(row.rules))
        if table and table.otherwise:
            yield self.word("row_otherwise", rules=self._rules(table.otherwise))
        if table and table.refuse_others:
            yield self.word("row_refused")

    def _rules(self, rules: Sequence[Rule]) -> str:
        return self.word("and").join(self._rule(rule) for rule in rules)

    def _rule(self, rule: Rule) -> str:
        asked = tell(named(rule.source), self._language)
        told = self.word(f"rule_{rule.mode}", function=asked, n=rule.min)
        return told + self.word("rule_expires", expires=rule.expires_in) if rule.expires_in else told

    def check(self, check: Check) -> str:
        """Say what a check asks."""
        source = check.source
        read = f"`{source.fact}`" if isinstance(source, FactSource) else f"`{source.metric}`"
        origin = (
            self.word("from_task", task=source.task)
            if isinstance(source, FactSource)
            else self.word("measured")
        )
        return f"{check.title.in_language(self._language)}: {read} {check.compare} {check.threshold:g} ({origin})"

    def traffic(self, stage: Stage) -> Sequence[str]:
        """Say how a rollout moves, step by step."""
        return [self.sentence(step_words(step)) for step in stage.rollout.steps] if stage.rollout else []

    def watched(self, stage: Stage) -> Sequence[str]:
        """Say what is measured meanwhile, and what the rollout does by itself."""
        if stage.rollout is None:
            return []
        analyses = [analysis_words(analysis) for analysis in stage.rollout.analyses]
        return [self.sentence(each) for each in (*analyses, *policy_words(stage.rollout))]
