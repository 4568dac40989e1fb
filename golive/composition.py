"""Composes a template from the templates and checklists that it uses: plain stages with full references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from golive.canonical import digest
from golive.errors import Invalid
from golive.parameters import Value, declared, filled, read_filled
from golive.problems import InvalidSource, Place, Problem, unknown
from golive.references import with_references
from golive.template import Checklist, Item, Stage, Task, Template, Use
from golive.template_source import Library, Source
from golive.words import N_, say

MOST_STAGES = 200
MOST_LEVELS = 5
"""Templates that use each other, the outermost counted."""
MOST_ITEMS = 20_000
"""Items over all tasks: a long checklist that a thousand tasks use is a mistake."""


@dataclass(frozen=True)
class Placed:
    """A stage with full ids and references, and where it was written, for the problems found later.

    `values` are those of the parameters of the template in which it was written.
    """

    stage: Stage
    source: Source
    place: Place
    values: Mapping[str, Value]

    def problem(self, place: Place, msgid: str, **args: str | float) -> Problem:
        """Return what is wrong at `place` within the stage."""
        return self.source.problem((*self.place, *place), say(msgid, **args))


@dataclass(frozen=True)
class Composed:
    """A whole template: its own head, the stages of all it uses, and every source that was read for it."""

    template: Template
    stages: tuple[Placed, ...]
    sources: tuple[Source, ...]

    @property
    def digest(self) -> str:
        """The digest over the texts of all sources, whatever order they were read in."""
        return digest(sorted([each.kind, each.name, each.sha256] for each in self.sources))


def compose(library: Library, source: Source, values: Mapping[str, Value]) -> Composed:
    """Return `source` with `values` in it and everything it uses in place. Raises InvalidSource.

    A used template of one stage takes the id of the stage that uses it; several become `outer.inner`, where
    the first open after what the outer one needs, and what needs the outer one waits for the last.
    """
    composer = _Composer(library)
    template, stages = composer.unfold(source, values, ())
    if composer.problems:
        raise InvalidSource(composer.problems)
    return Composed(template, tuple(stages), tuple(composer.read.values()))


@dataclass(frozen=True)
class _Scope:
    """What one template may refer to: the stages that end each id in it, and the full id of each stage."""

    ends: Mapping[str, tuple[str, ...]]
    stages: Mapping[str, str]

    @classmethod
    def of(cls, groups: Iterable[tuple[str, Sequence[Placed]]]) -> _Scope:
        ends: dict[str, tuple[str, ...]] = {}
        stages: dict[str, str] = {}
        for outer, group in groups:
            needed = {need for placed in group for need in placed.stage.needs}
            inner = [placed.stage.id for placed in group]
            stages |= {each: each for each in inner}
            ends |= {each: (each,) for each in inner}
            ends[outer] = tuple(each for each in inner if each not in needed or inner == [outer])
        return cls(ends, stages)


class _Composer:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.problems: list[Problem] = []
        self.read: dict[tuple[str, str], Source] = {}
        self.items = 0
        self.unfolded = 0

    def unfold(
        self, source: Source, values: Mapping[str, Value], chain: tuple[str, ...]
    ) -> tuple[Template, list[Placed]]:
        """Return the template and its stages with ids and references as they are seen inside it."""
        self.read[("template", source.name)] = source
        template = read_filled(source, values)
        chain = (*chain, source.name)
        groups = [
            self._used(source, ("stages", n), entry, values, chain)
            if isinstance(entry, Use)
            else [self._plain(source, ("stages", n), entry, values)]
            for n, entry in enumerate(template.stages)
        ]
        self._refuse_repeated_ids(source, template)
        scope = _Scope.of(zip((entry.id for entry in template.stages), groups, strict=True))
        placed: list[Placed] = []
        for n, (entry, group) in enumerate(zip(template.stages, groups, strict=True)):
            if isinstance(entry, Use):
                placed += self._joined(source, ("stages", n), entry, group, scope)
            else:
                placed.append(self._resolved(group[0], scope))
        return template, placed

    def _refuse_repeated_ids(self, source: Source, template: Template) -> None:
        seen: set[str] = set()
        for n, entry in enumerate(template.stages):
            if entry.id in seen:
                problem = say(N_("there are two stages “{id}”; rename one"), id=entry.id)
                self.problems.append(source.problem(("stages", n, "id"), problem))
            seen.add(entry.id)

    def _plain(self, source: Source, place: Place, stage: Stage, values: Mapping[str, Value]) -> Placed:
        self.unfolded += 1
        if self.unfolded > MOST_STAGES:
            problem = say(N_("more than {limit} stages in all"), limit=MOST_STAGES)
            raise InvalidSource([*self.problems, source.problem(place, problem)])
        if "." in stage.id:
            problem = say(N_("“{got}” is no key: use lower case letters, digits and hyphens"), got=stage.id)
            self.problems.append(source.problem((*place, "id"), problem))
        return Placed(self._with_checklists(source, place, stage), source, place, values)

    def _used(
        self, source: Source, place: Place, use: Use, values: Mapping[str, Value], chain: tuple[str, ...]
    ) -> list[Placed]:
        inner = self.library.templates.get(use.use)
        at = (*place, "use")
        if inner is None:
            self.problems.append(source.problem(at, unknown("template", use.use, self.library.templates)))
        elif use.use in chain:
            cycle = " → ".join((*chain[chain.index(use.use) :], use.use))
            problem = say(N_("templates use each other without end: {cycle}"), cycle=cycle)
            self.problems.append(source.problem(at, problem))
        elif len(chain) >= MOST_LEVELS:
            problem = say(N_("templates use each other over more than {limit} levels"), limit=MOST_LEVELS)
            self.problems.append(source.problem(at, problem))
        else:
            given = self._given(source, place, use, inner, values)
            stages = [] if given is None else self.unfold(inner, given, chain)[1]
            self._refuse_lost_title(source, place, use, stages)
            return _renamed(use, stages)
        return []

    def _given(
        self, source: Source, place: Place, use: Use, inner: Source, values: Mapping[str, Value]
    ) -> dict[str, Value] | None:
        """Return the values of the used template's parameters, pace included; None when they are wrong."""
        parameters = declared(inner)
        inherited = {p.key: values[p.key] for p in parameters if p.key == "pace" and p.key in values}
        try:
            return filled(parameters, inherited | use.parameters)
        except Invalid as wrong:
            at = (*place, "parameters", str(wrong.facts["parameter"]))
            self.problems.append(source.problem(at, wrong.sentence))
            return None

    def _refuse_lost_title(self, source: Source, place: Place, use: Use, stages: Sequence[Placed]) -> None:
        if use.title and len(stages) > 1:
            msgid = N_("only a template of one stage can be given another title; “{name}” has {count}")
            problem = say(msgid, name=use.use, count=len(stages))
            self.problems.append(source.problem((*place, "title"), problem))

    def _joined(
        self, source: Source, place: Place, use: Use, group: Sequence[Placed], scope: _Scope
    ) -> Iterator[Placed]:
        """Yield the stages of a used template; those that open first wait for what the use needs."""
        needs = self._needs(source, place, use.needs, scope)
        for placed in group:
            stage = placed.stage
            yield replace(placed, stage=stage if stage.needs else stage.model_copy(update={"needs": needs}))

    def _resolved(self, placed: Placed, scope: _Scope) -> Placed:
        """Return a plain stage of this template with its needs and references as full ids."""
        stage, source = placed.stage, placed.source

        def full(reference: str, place: Place) -> str:
            named, _, key = reference.rpartition(".")
            if named and named not in scope.stages:
                problem = unknown("stage", named, scope.stages)
                self.problems.append(source.problem((*placed.place, *place), problem))
            return f"{named or stage.id}.{key}"

        needs = self._needs(source, placed.place, stage.needs, scope)
        return replace(placed, stage=with_references(stage, full).model_copy(update={"needs": needs}))

    def _needs(self, source: Source, place: Place, needs: Sequence[str], scope: _Scope) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for n, need in enumerate(needs):
            if need not in scope.ends:
                self.problems.append(source.problem((*place, "needs", n), unknown("stage", need, scope.ends)))
            found.update(dict.fromkeys(scope.ends.get(need, ())))
        return tuple(found)

    def _with_checklists(self, source: Source, place: Place, stage: Stage) -> Stage:
        def extended(part: str, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
            return tuple(self._with_items(source, (*place, part, n), task) for n, task in enumerate(tasks))

        tasks, back_out = extended("tasks", stage.tasks), extended("on_rollback", stage.on_rollback)
        return stage.model_copy(update={"tasks": tasks, "on_rollback": back_out})

    def _with_items(self, source: Source, place: Place, task: Task) -> Task:
        items = task.items + (self._checklist(source, place, task.checklist) if task.checklist else ())
        self.items += len(items)
        if self.items > MOST_ITEMS:
            problem = say(N_("more than {limit} checklist items in all"), limit=MOST_ITEMS)
            raise InvalidSource([*self.problems, source.problem(place, problem)])
        return task.model_copy(update={"items": items})

    def _checklist(self, source: Source, place: Place, name: str) -> tuple[Item, ...]:
        checklist = self.library.checklists.get(name)
        if checklist is None:
            problem = unknown("checklist", name, self.library.checklists)
            self.problems.append(source.problem((*place, "checklist"), problem))
            return ()
        self.read["checklist", name] = checklist
        return read_items(checklist)


def _renamed(use: Use, stages: Sequence[Placed]) -> list[Placed]:
    """Return the stages of a used template with the ids that they have outside it."""
    alone = len(stages) == 1
    outside = {p.stage.id: use.id if alone else f"{use.id}.{p.stage.id}" for p in stages}

    def renamed(reference: str, _place: Place) -> str:
        named, _, key = reference.rpartition(".")
        return f"{outside.get(named, named)}.{key}"

    def moved(stage: Stage) -> Stage:
        needs = tuple(outside[need] for need in stage.needs)
        title = use.title if alone and use.title else stage.title
        update = {"id": outside[stage.id], "needs": needs, "title": title}
        return with_references(stage, renamed).model_copy(update=update)

    return [replace(placed, stage=moved(placed.stage)) for placed in stages]


def read_items(source: Source) -> tuple[Item, ...]:
    """Return the items of a checklist. Raises InvalidSource."""
    return source.validated(Checklist, source.content).items
