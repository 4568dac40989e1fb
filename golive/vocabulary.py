"""The closed lists of words: states, kinds, modes. One place, so that no status is a loose string."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import StringConstraints

from golive.words import N_

EndedName = Literal["completed", "aborted"]
"""The states of a run that is over: it takes no more acts, and no other state follows."""
RunStateName = Literal["scheduled", "running", "held", "rolling_back", EndedName]
StageStateName = Literal["locked", "open", "passed", "failed", "skipped"]
TaskStateName = Literal["locked", "open", "in_progress", "blocked", "to_verify", "done", "not_applicable"]
CheckStateName = Literal["not_run", "running", "pass", "pass_with_waiver", "fail", "error"]
ApprovalStateName = Literal["locked", "pending", "approved", "rejected", "returned", "expired", "stale"]
WaiverStateName = Literal["requested", "granted", "rejected", "expired", "ended"]
"""`ended`: of a former build; `expired`: its time is over, and the check blocks again."""
AmendmentStateName = Literal["requested", "in_force", "rejected", "withdrawn", "expired", "undecided"]
"""`in_force`: the run follows it, or did until the next one; `undecided`: the run was over before."""
AmendmentClass = Literal["minor", "major"]
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
RuleMode = Literal["any", "all", "n", "percent", "ordered"]
Part = Literal["release", "plan", "evidence", "gates", "waivers", "rollout"]
"""A part of what an approval is about, with a digest of its own."""
OnExpiry = Literal["escalate", "reject"]
"""What follows when nobody decided in time: the release manager is told, or it counts as a no."""
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
    "break_glass",
]
Pace = Literal["real", "demo"]

ENDED: tuple[EndedName, ...] = get_args(EndedName)
FINISHED: tuple[TaskStateName, ...] = ("done", "not_applicable")
"""The states of a task that others wait for no more."""
ACTIVE: tuple[TaskStateName, ...] = ("open", "in_progress", "blocked")
"""... of one that is to be done."""
AWAITED: tuple[TaskStateName, ...] = (*ACTIVE, "to_verify")
"""... of one that waits for people, to be done or to be confirmed."""

URL = r"^https?://\S+$"
KEY = r"^[a-z0-9][a-z0-9-]{0,62}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
USER_NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$"
FUNCTION = r"^[a-z][a-z0-9_-]{0,39}$"
_BLANK = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space, letter by letter: the usual class for it is not the same in every language that reads these."""
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
EMAIL = rf"^[^@{_BLANK}]+@[^@{_BLANK}]+$"
WEB = rf"^https?://[^{_BLANK}{_CONTROL}]+$"
LINE = rf"^[^{_CONTROL}]*[^{_BLANK}{_CONTROL}][^{_CONTROL}]*$"
PROSE = r"^[^\x00]*$"
REASON = rf"^[^\x00]*[^\x00{_BLANK}][^\x00]*$"
INSTANT = (
    r"^(19[7-9]|20\d|21\d)\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$"
)
IDEMPOTENCY_KEY = r"^[ -~]*[!-~][ -~]*$"
WRITTEN: dict[str, str] = {
    URL: N_("an address that begins with http:// or https://"),
    WEB: N_("an address that begins with http:// or https://"),
    INSTANT: N_("a time with its zone in the years 1970 to 2199, such as 2026-11-22T14:05:00Z"),
    KEY: N_("lower case letters, digits and hyphens"),
    DIGEST: N_("“sha256:” and 64 hexadecimal digits"),
    USER_NAME: N_("letters, digits and . _ @ -, beginning with a letter or digit, at most 80"),
    FUNCTION: N_("lower case letters, digits, - and _, beginning with a letter, at most 40"),
    EMAIL: N_("an e-mail address"),
    LINE: N_("one line of text without control characters, not blank"),
    PROSE: N_("text without the character NUL"),
    REASON: N_("text without the character NUL, not blank"),
    IDEMPOTENCY_KEY: N_("printable ASCII characters, not blank"),
}
"""How people are told to write what has to have one of these forms."""

Key = Annotated[str, StringConstraints(pattern=KEY)]
"""A short name in a template: lower case letters, digits and hyphens."""
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
UserName = Annotated[str, StringConstraints(pattern=USER_NAME)]
Function = Annotated[str, StringConstraints(pattern=FUNCTION)]
"""What a person does in a go-live, such as `qa` or `ops`: a free word that templates name."""
