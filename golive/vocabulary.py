"""The closed lists of words: states, kinds, modes. One place, so that no status is a loose string."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from golive.words import N_

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

URL = r"^https?://\S+$"
KEY = r"^[a-z0-9][a-z0-9-]{0,62}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
USER_NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$"
FUNCTION = r"^[a-z][a-z0-9_-]{0,39}$"
EMAIL = r"^[^@\s]+@[^@\s]+$"
WRITTEN: dict[str, str] = {
    URL: N_("an address that begins with http:// or https://"),
    KEY: N_("lower case letters, digits and hyphens"),
    DIGEST: N_("“sha256:” and 64 hexadecimal digits"),
    USER_NAME: N_("letters, digits and . _ @ -, beginning with a letter or digit, at most 80"),
    FUNCTION: N_("lower case letters, digits, - and _, beginning with a letter, at most 40"),
    EMAIL: N_("an e-mail address"),
}
"""How people are told to write what has to have one of these forms."""

Key = Annotated[str, StringConstraints(pattern=KEY)]
"""A short name in a template: lower case letters, digits and hyphens."""
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
UserName = Annotated[str, StringConstraints(pattern=USER_NAME)]
Function = Annotated[str, StringConstraints(pattern=FUNCTION)]
"""What a person does in a go-live, such as `qa` or `ops`: a free word that templates name."""
