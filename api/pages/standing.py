"""Where a task stands for one reader: what it waits for, what they can do to it now, and, if nothing, why and who can.

This only decides which forms are shown. What is allowed is decided by the run, and its refusal is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.pages.visiting import Visit
from db.views import RunHeader, TaskView
from golive.people import DOES
from golive.possible import Work
from golive.vocabulary import ENDED, FINISHED
from golive.words import N_, Sentence, say

_FORMS = {
    "start_task": "start",
    "complete_task": "complete",
    "verify_task": "verify",
    "block_task": "block",
    "not_applicable": "not-applicable",
    "reassign_task": "reassign",
    "reopen_task": "reopen",
}
"""The last part of each act's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`acts` are the forms that are shown; `why` the reader can neither do nor verify it, and `who` can."""

    says: Sentence
    acts: tuple[str, ...]
    why: Sentence | None
    who: tuple[str, ...]

    @property
    def mine(self) -> bool:
        """Whether the task waits for the reader."""
        return bool({"complete", "verify", "start"} & set(self.acts))


def standing(task: TaskView, run: RunHeader, visit: Visit, *, reopens: bool) -> Standing:
    """Return where `task` stands for the reader. `reopens`: the run allows that it is opened again."""
    acts = _acts(task, run, visit, reopens=reopens)
    idle = not {"complete", "verify", "start"} & set(acts) and task.state not in FINISHED
    return Standing(
        says=_says(task, visit.actor.name, over=run.state in ENDED),
        acts=acts,
        why=_why(task, run, visit) if idle else None,
        who=_who(task) if idle else (),
    )


def _acts(task: TaskView, run: RunHeader, visit: Visit, *, reopens: bool) -> tuple[str, ...]:
    if run.state in ENDED or run.frozen:
        return ()
    work = Work(
        state=task.state,
        function=task.function,
        people=task.people,
        assignee=task.assignee,
        done_by=task.done_by,
        reopens=reopens,
    )
    forms = tuple(_FORMS[act] for act in work.acts(visit.actor))
    return (*forms, "comments") if visit.may_do("comment") else forms


def _says(task: TaskView, me: str, *, over: bool) -> Sentence:
    match task.state:
        case "locked" if over:
            return say(N_("The run has ended; this was not done."))
        case "locked":
            after = N_("It opens by itself when what comes before it is done.")
            return say(after if task.depends_on else N_("It opens by itself with its stage."))
        case "to_verify":
            return _to_verify(task, me)
        case "done" | "not_applicable":
            return _over(task)
        case _:
            return _going_on(task, me)


def _going_on(task: TaskView, me: str) -> Sentence:
    if task.assignee is None:
        offered = N_("It is offered to {function}: {people}. Whoever takes it first does it.")
        return say(offered, function=task.function, people=", ".join(task.people) or "–")
    if task.state == "blocked":
        return say(N_("{who} cannot go on with it."), who=task.assignee)
    return say(N_("It is yours.") if task.assignee == me else N_("{who} does it."), who=task.assignee)


def _to_verify(task: TaskView, me: str) -> Sentence:
    verifiers = ", ".join(_verifiers(task)) or "–"
    if task.done_by == me:
        return say(N_("You did it; now somebody else confirms it: {people}."), people=verifiers)
    if me in _verifiers(task):
        mine = N_("{who} did it. Look whether it holds, and confirm it or send it back.")
        aside = N_("{who} said that it does not apply. Confirm that, or send it back.")
        return say(aside if task.reason else mine, who=task.done_by or "–")
    aside = N_("{who} said that it does not apply; now somebody else confirms that: {people}.")
    asked = aside if task.reason else N_("{who} did it; now somebody else confirms it: {people}.")
    return say(asked, who=task.done_by or "–", people=verifiers)


def _over(task: TaskView) -> Sentence:
    who = task.done_by or "–"
    if task.state == "not_applicable":
        return say(N_("{who} said that it does not apply to this release."), who=who)
    if task.verified_by:
        return say(N_("{who} did it, and {other} confirmed it."), who=who, other=task.verified_by)
    return say(N_("{who} did it."), who=who)


def _verifiers(task: TaskView) -> tuple[str, ...]:
    return tuple(name for name in task.people if name != task.done_by)


def _who(task: TaskView) -> tuple[str, ...]:
    """Return who can do what comes next."""
    if task.state == "locked":
        return ()
    if task.state == "to_verify":
        return _verifiers(task)
    return (task.assignee,) if task.assignee else task.people


def _why(task: TaskView, run: RunHeader, visit: Visit) -> Sentence | None:
    """Return why the reader can neither do nor verify the task; None when nobody can yet."""
    if run.state in ENDED:
        return say(N_("The run has ended {state}, so nothing here changes any more."), state=run.state)
    if run.frozen:
        return run.blocked_by
    return None if task.state == "locked" else _why_not_mine(task, visit)


def _why_not_mine(task: TaskView, visit: Visit) -> Sentence:
    me = visit.actor
    if DOES not in me.roles:
        lacking = N_("You are only reading: tasks are done with the role {role}, which you do not have.")
        return say(lacking, role=DOES)
    if task.state == "to_verify" and task.done_by == me.name:
        return say(N_("Nobody confirms their own work, so this waits for somebody else."))
    if task.state != "to_verify" and task.assignee not in (None, me.name):
        others = N_("It belongs to {who}, so only they can do it, unless it is given to you.")
        return say(others, who=task.assignee or "–")
    return say(
        N_("You are only reading: in this run the task is for the function {function}."),
        function=task.function,
    )
