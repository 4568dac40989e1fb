"""Templates and checklists, as asked for and as shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.given import Given
from api.schemas.shown import Moment, Shown
from db.templates import Source
from golive.planning import Outline
from golive.template import Parameter
from golive.vocabulary import Digest
from golive.words import Language

MOST = 256 * 1024
"""Characters of a template; the reader counts bytes and says so."""


MOST_TOGETHER = 200
"""Texts of one kind in a bundle; their bytes have a limit of their own."""


class SourceGiven(Given):
    """The YAML text of a template or checklist. `file` only names it in what is told about it."""

    source: str = Field(min_length=1, max_length=MOST)
    file: str = Field(default="template.yaml", min_length=1, max_length=200)


class BundleGiven(Given):
    """Templates and checklists that are published together, or not at all; they may use each other."""

    templates: list[SourceGiven] = Field(default=[], max_length=MOST_TOGETHER)
    checklists: list[SourceGiven] = Field(default=[], max_length=MOST_TOGETHER)


class SourceLine(Shown):
    """A published template or checklist in a list; the latest version."""

    name: str
    version: int
    title: str | None
    description: str | None
    hash: Digest
    published_by: str
    published_at: Moment

    @classmethod
    def of(cls, source: Source, language: Language) -> SourceLine:
        """Return `source` for a reader of `language`."""
        return SourceLine.taken(
            source,
            title=source.title.in_language(language) if source.title else None,
            description=source.description.in_language(language) if source.description else None,
        )


class SourcePublished(SourceLine):
    """The latest version after a publication."""

    kind: Literal["template", "checklist"]
    changed: bool = Field(description="False when the latest version says the same, so that none was made.")


class BundlePublished(Shown):
    """What a bundle has published: each of its texts, checklists first, and templates that use one of them."""

    items: list[SourcePublished]


class ParameterShown(Shown):
    """What the person who starts a run may set."""

    key: str
    title: str
    type: str
    default: str | int | float | bool | None
    choices: list[str]
    min: float | None
    max: float | None

    @classmethod
    def of(cls, parameter: Parameter, language: Language) -> ParameterShown:
        """Return `parameter` for a reader of `language`."""
        return cls.taken(parameter, title=parameter.title.in_language(language))


class StageOutline(Shown):
    """A stage of a template, resolved with the defaults of its parameters."""

    id: str
    process: str
    title: str
    needs: list[str]
    tasks: list[str]
    approvals: list[str]


class OutlineShown(Shown):
    """What a valid template says."""

    name: str
    title: str
    description: str
    parameters: list[ParameterShown]
    functions: list[str]
    stages: list[StageOutline]
    uses: list[str]
    hash: Digest

    @classmethod
    def of(cls, outline: Outline, language: Language) -> OutlineShown:
        """Return `outline` for a reader of `language`."""
        stages = [
            StageOutline(
                id=stage.id,
                process=stage.process,
                title=stage.title.in_language(language),
                needs=list(stage.needs),
                tasks=[task.title.in_language(language) for task in stage.tasks],
                approvals=[approval.title.in_language(language) for approval in stage.approvals],
            )
            for stage in outline.stages
        ]
        return cls(
            name=outline.name,
            title=outline.title.in_language(language),
            description=outline.description.in_language(language),
            parameters=[ParameterShown.of(parameter, language) for parameter in outline.parameters],
            functions=list(outline.functions),
            stages=stages,
            uses=list(outline.uses),
            hash=outline.hash,
        )


class SourceShown(SourceLine):
    """A version of a template or checklist with its text."""

    source: str
    outline: OutlineShown | None = Field(description="Null for checklists.")


class ChecklistShown(Shown):
    """A valid checklist."""

    name: str
    title: str
    items: int
    hash: Digest


class BundleShown(Shown):
    """What a valid bundle says."""

    templates: list[OutlineShown]
    checklists: list[ChecklistShown]
