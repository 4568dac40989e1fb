"""Templates and checklists, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.given import Given
from api.schemas.named import (
    FunctionName,
    Many,
    Nth,
    Person,
    Sha256,
    StageId,
    StageTitle,
    TaskTitle,
    TemplateName,
)
from api.schemas.shown import Moment, Shown
from db.templates import Source
from golive.planning import Outline
from golive.template import Parameter
from golive.words import Language

TEMPLATE = """\
name: payment-methods
title: {en: New payment method, zh: 新增支付方式}
description: {en: Tested by one function and signed by another, zh: 一个职能测试，另一个职能签核}
parameters:
  - {key: pace, title: {en: Pace, zh: 节奏}, type: choice, choices: [real, demo], default: real}
stages:
  - id: uat
    process: uat
    title: {en: User acceptance test, zh: 用户验收测试}
    tasks:
      - {key: test, title: {en: Test the payment by card, zh: 测试刷卡支付}, function: qa}
    approvals:
      - {key: release, title: {en: Release sign-off, zh: 发布会签}, rules: [{function: ops}]}
"""
CHECKLIST = """\
name: bank-transfer
title: {en: Bank transfer, zh: 银行转账}
items:
  - {id: pays, text: {en: A transfer is booked once, zh: 一笔转账只入账一次}}
"""
MOST = 256 * 1024
"""Characters of a template; the reader counts bytes and says so."""


MOST_TOGETHER = 200
"""Texts of one kind in a bundle; their bytes have a limit of their own."""


class SourceGiven(Given):
    """The YAML text of a template or checklist. `file` only names it in what is told about it.

    Also an empty text is read as YAML: so it is told by its file, beside what is wrong in others.
    """

    source: str = Field(max_length=MOST, examples=[TEMPLATE])
    file: str = Field(default="template.yaml", min_length=1, max_length=200)


class ChecklistGiven(SourceGiven):
    """The YAML text of a checklist. `file` only names it in what is told about it."""

    source: str = Field(max_length=MOST, examples=[CHECKLIST])


class BundleGiven(Given):
    """Templates and checklists that are published together, or not at all; they may use each other."""

    templates: list[SourceGiven] = Field(
        default=[], max_length=MOST_TOGETHER, examples=[[{"source": TEMPLATE}]]
    )
    checklists: list[ChecklistGiven] = Field(
        default=[], max_length=MOST_TOGETHER, examples=[[{"source": CHECKLIST}]]
    )


class SourceLine(Shown):
    """A published template or checklist in a list; the latest version."""

    name: TemplateName
    version: Nth
    title: str | None
    description: str | None
    hash: Sha256
    published_by: Person
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

    key: Annotated[str, Field(examples=["pace"])]
    title: Annotated[str, Field(examples=["Pace"])]
    type: Annotated[str, Field(examples=["choice"])]
    default: str | int | float | bool | None
    choices: list[Annotated[str, Field(examples=["real"])]]
    min: float | None
    max: float | None

    @classmethod
    def of(cls, parameter: Parameter, language: Language) -> ParameterShown:
        """Return `parameter` for a reader of `language`."""
        return cls.taken(parameter, title=parameter.title.in_language(language))


class StageOutline(Shown):
    """A stage of a template, resolved with the defaults of its parameters."""

    id: StageId
    process: Annotated[str, Field(examples=["uat"])]
    title: StageTitle
    needs: list[Annotated[str, Field(examples=["preparation"])]]
    tasks: list[TaskTitle]
    approvals: list[Annotated[str, Field(examples=["Release sign-off"])]]


class OutlineShown(Shown):
    """What a valid template says."""

    name: TemplateName
    title: Annotated[str, Field(examples=["Standard go-live of a service"])]
    description: Annotated[str, Field(examples=["From preparation to review."])]
    parameters: list[ParameterShown]
    functions: list[FunctionName]
    stages: list[StageOutline]
    uses: list[Annotated[str, Field(examples=["dual-sign-off"])]]
    hash: Sha256

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

    source: Annotated[str, Field(examples=[TEMPLATE])]
    outline: OutlineShown | None = Field(description="Null for checklists.")


class ChecklistShown(Shown):
    """A valid checklist."""

    name: Annotated[str, Field(examples=["bank-transfer"])]
    title: Annotated[str, Field(examples=["Bank transfer"])]
    items: Many
    hash: Sha256


class BundleShown(Shown):
    """What a valid bundle says."""

    templates: list[OutlineShown]
    checklists: list[ChecklistShown]
