"""Which role each act needs. No role is exempt from the rules of approvals, administrators included."""

from __future__ import annotations

from golive.vocabulary import Role

_WORK: tuple[Role, ...] = ("assignee",)
_SIGN: tuple[Role, ...] = ("approver",)
_LEAD: tuple[Role, ...] = ("release_manager",)
_EITHER: tuple[Role, ...] = ("assignee", "release_manager")
_ANYONE_ACTING: tuple[Role, ...] = ("assignee", "approver", "release_manager")

REQUIRED: dict[str, tuple[Role, ...]] = {
    "start_task": _WORK,
    "complete_task": _WORK,
    "verify_task": _WORK,
    "block_task": _WORK,
    "reopen_task": _EITHER,
    "reassign_task": _EITHER,
    "not_applicable": _EITHER,
    "comment": _ANYONE_ACTING,
    "decide": _SIGN,
    "withdraw": _SIGN,
    "delegate": _SIGN,
    "add_signer": _SIGN,
    "remind": _ANYONE_ACTING,
    "inform": ("approver", "release_manager"),
    "break_glass": ("break_glass",),
    "amend": _LEAD,
    "decide_amendment": _SIGN,
    "withdraw_amendment": _LEAD,
    "request_waiver": _ANYONE_ACTING,
    "decide_waiver": _SIGN,
    "promote": _LEAD,
    "promote_full": _LEAD,
    "retry": _LEAD,
    "hold": _LEAD,
    "resume": _LEAD,
    "abort": _LEAD,
    "rollback": _LEAD,
    "new_build": _LEAD,
    "add_lesson": _ANYONE_ACTING,
    "add_action": _ANYONE_ACTING,
    "close_action": _ANYONE_ACTING,
}
"""One of the roles named is needed. Within a run the rules ask more: the function, the assignee, the slot."""

START_RUN: tuple[Role, ...] = _LEAD
PUBLISH_TEMPLATE: tuple[Role, ...] = ("template_admin", "admin")
UPLOAD: tuple[Role, ...] = (*_ANYONE_ACTING, "template_admin", "admin")
"""Who only looks on, a viewer or an auditor, has nothing to attach."""
MANAGE_USERS: tuple[Role, ...] = ("admin",)
"""And the directory: groups, owners of services, managers."""
WRITE_ABSENCES: tuple[Role, ...] = ("release_manager", "admin")
"""Those of others. Everybody writes their own."""
READ_AUDIT: tuple[Role, ...] = ("auditor", "security_admin", "admin")
EXPORT_RUN: tuple[Role, ...] = ("release_manager", *READ_AUDIT)
"""The journal of one run, with which its decisions are verified elsewhere."""
