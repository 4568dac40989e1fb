"""What answers and addresses name things by, each with the example that the OpenAPI document shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from golive.vocabulary import Digest

_RUN = "8c2e4f6a8b0d2e4f6a8b"
_HEX = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

RunId = Annotated[str, Field(examples=[_RUN])]
TaskId = Annotated[str, Field(examples=[f"{_RUN}.uat.test"])]
ApprovalId = Annotated[str, Field(examples=[f"{_RUN}.sign-off.release"])]
ActionId = Annotated[str, Field(examples=[f"{_RUN}-a12"])]
AmendmentId = Annotated[str, Field(examples=[f"{_RUN}-m16"])]
WaiverId = Annotated[str, Field(examples=[f"{_RUN}-w14"])]
CommandId = Annotated[
    str, Field(examples=["fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"])
]
AttachmentId = Annotated[str, Field(examples=["5f7c1e0a9b3d4c6e8f1a2b3c4d5e6f70"])]
UserId = Annotated[str, Field(examples=["9048f10324b16fc16fbda7e7"])]
TokenId = Annotated[str, Field(examples=["274a82c472666cfd4deae02f"])]
AbsenceId = Annotated[str, Field(examples=["7d0e5c9a1b3f4e2d8c6a7b90"])]
StageId = Annotated[str, Field(examples=["uat"])]
Person = Annotated[str, Field(examples=["ann"])]
GroupName = Annotated[str, Field(examples=["change-board"])]
FunctionName = Annotated[str, Field(examples=["qa"])]
Source = Annotated[
    str,
    Field(
        description="The key of whom a rule asks: a function by its name, and others such as `group:change-board`.",
        examples=["qa"],
    ),
]
Asks = Annotated[str, Field(description="Whom it asks, in words.", examples=["the group change-board"])]
Service = Annotated[str, Field(examples=["checkout"])]
Version = Annotated[str, Field(examples=["1.4.0"])]
Environment = Annotated[str, Field(examples=["production"])]
TemplateName = Annotated[str, Field(examples=["saas-standard"])]
TaskTitle = Annotated[str, Field(examples=["Test the payment by card"])]
StageTitle = Annotated[str, Field(examples=["User acceptance test"])]
Sha256 = Annotated[Digest, Field(examples=[f"sha256:{_HEX}"])]
Chained = Annotated[str, Field(examples=[_HEX])]
"""The hash of a row of the journal, which covers the row before it."""
Number = Annotated[int, Field(examples=[12])]
"""Where an event stands in the journal of its run."""
Many = Annotated[int, Field(examples=[2])]
Nth = Annotated[int, Field(examples=[1])]
Remark = Annotated[str, Field(examples=["All three cards pass on the release candidate."])]

RunPath = Annotated[RunId, Path(description="The `id` of a run.")]
TaskPath = Annotated[TaskId, Path(description="The `id` of a task.")]
ApprovalPath = Annotated[ApprovalId, Path(description="The `id` of an approval.")]
ActionPath = Annotated[ActionId, Path(description="The `id` of an action.")]
AmendmentPath = Annotated[AmendmentId, Path(description="The `id` of an amendment.")]
WaiverPath = Annotated[WaiverId, Path(description="The `id` of a waiver.")]
AttachmentPath = Annotated[AttachmentId, Path(description="The `id` of an attachment.")]
UserPath = Annotated[Person, Path(description="A user's name.")]
TokenPath = Annotated[TokenId, Path(description="The `token_id` with which a user was made.")]
AbsencePath = Annotated[AbsenceId, Path(description="The `id` of an absence.")]
GroupPath = Annotated[GroupName, Path(description="A group's name.")]
ServicePath = Annotated[Service, Path(description="A service, by the name that releases give it.")]
TemplatePath = Annotated[TemplateName, Path(description="A template's name.")]
ChecklistPath = Annotated[str, Path(description="A checklist's name.", examples=["bank-transfer"])]
VersionPath = Annotated[int, Path(ge=1, le=1_000_000, description="Counted from 1.", examples=[1])]
