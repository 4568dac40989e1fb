"""The closed lists of words: states, kinds, modes. One place, so that no status is a loose string."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

RunStateName = Literal["scheduled", "running", "held", "rolling_back", "completed", "aborted"]
StageStateName = Literal["locked", "open", "passed", "failed", "skipped"]
TaskStateName = Literal["locked", "open", "in_progress", "blocked", "to_verify", "done", "not_applicable"]
CheckStateName = Literal["not_run", "running", "pass", "pass_with_waiver", "fail", "error"]
ApprovalStateName = Literal["locked", "pending", "approved", "rejected", "returned", "expired", "stale"]
VerdictName = Literal["healthy", "unhealthy", "inconclusive"]

ProcessName = Literal[
    "preparation",
    "uat",
    "dual_sign_off",
    "grey_release",
    "full_release",
    "hypercare",
    "post_launch_review",
]
EvidenceType = Literal["remark", "file", "link", "metric", "test_result", "signature"]
Priority = Literal["P0", "P1", "P2", "P3"]
RuleMode = Literal["any", "all", "n", "percent"]
DecisionName = Literal["approved", "rejected", "returned"]
Meaning = Literal["reviewed", "approved", "responsible", "rejected"]
Compare = Literal["==", "!=", "<", "<=", ">", ">="]
Role = Literal[
    "viewer",
    "assignee",
    "approver",
    "release_manager",
    "template_admin",
    "auditor",
    "security_admin",
    "admin",
]
Pace = Literal["real", "demo"]

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""A short name in a template: lower case letters, digits and hyphens."""
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$")]
Function = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""What a person does in a go-live, such as `qa` or `ops`: a free word that templates name."""
