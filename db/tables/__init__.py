"""Every table. Constraints say what the rules say, so that no code, ours included, can store what cannot be.

runs ─┬─ tasks                               the read model: written by `record` alone
      ├─ approvals ── approval_waiting, subjects
      ├─ run_people
      ├─ lessons, actions, comments, reports, histories
      ├─ waivers ── waiver_waiting
      └─ amendments ── amendment_waiting; former_plans
journal, words, stream_heads, refusals       what happened, chained; people's texts, erasable
service_locks, lock_waiters, measurements    who may move traffic, and what was measured then
users, tokens, templates, checklists, ...    administration
groups, service_owners, absences, ...        the directory: who is meant where a rule names nobody
passwords, sessions, enrolments, ...         how people are known to the pages
notifications, requests                      what people were told, and which decisions they are still asked for
looks                                        what they have seen there of what they are asked to sign
"""

from __future__ import annotations

from db.schema import metadata
from db.tables.administration import (
    attachments,
    checklists,
    idempotency,
    templates,
    tokens,
    user_functions,
    user_roles,
    users,
)
from db.tables.amending import amendment_waiting, amendments, former_plans
from db.tables.directory import absences, group_members, groups, service_owners, user_managers
from db.tables.journal import journal, refusals, stream_heads, words
from db.tables.reading import looks
from db.tables.run import (
    actions,
    approval_waiting,
    approvals,
    comments,
    histories,
    lessons,
    reports,
    run_people,
    runs,
    subjects,
    tasks,
    waiver_waiting,
    waivers,
)
from db.tables.sign_in import enrolments, failed_sign_ins, identities, passwords, sessions
from db.tables.traffic import lock_waiters, measurements, notifications, requests, service_locks

__all__ = [
    "absences",
    "actions",
    "amendment_waiting",
    "amendments",
    "approval_waiting",
    "approvals",
    "attachments",
    "checklists",
    "comments",
    "enrolments",
    "failed_sign_ins",
    "former_plans",
    "group_members",
    "groups",
    "histories",
    "idempotency",
    "identities",
    "journal",
    "lessons",
    "lock_waiters",
    "looks",
    "measurements",
    "metadata",
    "notifications",
    "passwords",
    "refusals",
    "reports",
    "requests",
    "run_people",
    "runs",
    "service_locks",
    "service_owners",
    "sessions",
    "stream_heads",
    "subjects",
    "tasks",
    "templates",
    "tokens",
    "user_functions",
    "user_managers",
    "user_roles",
    "users",
    "waiver_waiting",
    "waivers",
    "words",
]
