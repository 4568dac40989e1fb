"""What people do with tasks: take, complete with evidence, verify, block, reopen, reassign, set aside."""

from __future__ import annotations

from collections.abc import Iterator

from golive.commands import (
    Actor,
    BlockTask,
    CompleteTask,
    ItemResult,
    ReassignTask,
    ReopenTask,
    SetNotApplicable,
    StartTask,
    VerifyTask,
)
from golive.errors import Conflict, Invalid, NotFound, Refused, together
from golive.evidence import Evidence, Remark, facts_of, missing, sealed, waiver_digest, work_digest
from golive.people import DOES
from golive.possible import FROM, Fixed, fixed, moved_on
from golive.run import Run
from golive.signers import check_leaves_a_signer
from golive.state import TaskState
from golive.task_graph import finish, reopen, task_page
from golive.template import Item, Requirement, Task
from golive.words import N_, Text, Words, say


def find(run: Run, ref: str) -> tuple[Task, TaskState]:
    """Return a task's plan and state. Raises NotFound."""
    try:
        return run.index.task(ref), run.state.tasks[ref]
    except KeyError:
        raise NotFound("unknown_task", N_("This run has no task “{task}”."), task=ref) from None


def _expect(plan: Task, state: TaskState, act: str) -> None:
    allowed = FROM[act]
    if state.state not in allowed:
        raise Conflict(
            "task_state",
            N_("“{title}” is {state}; this needs it to be {allowed}."),
            title=plan.title,
            state=state.state,
            allowed=" / ".join(allowed),
        )


def _expect_own(run: Run, actor: Actor, plan: Task, state: TaskState) -> None:
    """Refuse whoever is neither the assignee nor, while there is none, one of the task's function."""
    if state.assignee is not None:
        if state.assignee != actor.name:
            raise Refused(
                "foreign_task",
                N_("“{title}” belongs to {assignee}; ask them, or have it reassigned."),
                title=plan.title,
                assignee=state.assignee,
            )
        return
    expect_function(run, actor, plan)


def expect_function(run: Run, actor: Actor, plan: Task) -> None:
    """Refuse whoever does not act in the task's function in this run, today."""
    if actor.name not in run.plan.members(plan.function) or plan.function not in actor.functions:
        raise Refused(
            "foreign_task",
            N_("“{title}” is for {function} in this run: {members}."),
            title=plan.title,
            function=plan.function,
            members=", ".join(run.plan.doers(plan.function)),
        )


# -- start ---------------------------------------------------------------------------------------------------


def check_start(run: Run, actor: Actor, act: StartTask) -> None:
    """Raise why `actor` may not take the task."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    _expect_own(run, actor, plan, state)
    check_leaves_a_signer(run, act.task, actor.name)


def start(run: Run, actor: Actor, act: StartTask) -> None:
    """Take the task."""
    state = run.task(act.task)
    if state.state == "blocked":
        state.reason = None
    state.state, state.assignee = "in_progress", actor.name
    run.emit("TaskStarted", f"task:{act.task}", title=run.index.task(act.task).title)


# -- complete ------------------------------------------------------------------------------------------------


def check_complete(run: Run, actor: Actor, act: CompleteTask) -> None:
    """Raise why `actor` may not complete the task with this evidence; what is missing is named."""
    plan, state = find(run, act.task)
    if state.state == "blocked":
        raise Conflict(
            "task_state", N_("“{title}” is blocked; start it again, then complete it."), title=plan.title
        )
    _expect(plan, state, act.do)
    _expect_own(run, actor, plan, state)
    _check_complete(plan, act)
    check_leaves_a_signer(run, act.task, actor.name)


def _check_complete(plan: Task, act: CompleteTask) -> None:
    """Raise Invalid for everything that is missing or wrong, the first thing first."""
    lacking = _missing(plan.requires, _all_evidence(act), plan.title, "evidence")
    if found := [*_wrong_items(plan, act.items), *lacking]:
        raise together(found)


def _wrong_items(plan: Task, results: dict[str, ItemResult]) -> Iterator[Invalid]:
    known = {item.id: item for item in plan.items}
    for name in results:
        if name not in known:
            yield Invalid(
                "unknown_item",
                N_("“{title}” has no item “{item}”; it has {known}."),
                facts={"field": f"items.{name}"},
                title=plan.title,
                item=name,
                known=", ".join(known) or "—",
            )
    for item in plan.items:
        yield from _wrong_item(item, results.get(item.id))


def _wrong_item(item: Item, result: ItemResult | None) -> Iterator[Invalid]:
    where = f"items.{item.id}"
    if result is None or result.result == "fail":
        if item.required:
            failed = N_("The required item “{item}” failed, so the task stays open: {text}")
            open_ = N_("The required item “{item}” has no result: {text}")
            msgid = failed if result else open_
            yield Invalid(
                "item_open", msgid, facts={"field": f"{where}.result"}, item=item.id, text=item.text
            )
        return
    if result.result == "not_applicable":
        if not _said(result.remark):
            msgid = N_("Say in a remark why “{item}” does not apply.")
            yield Invalid("reason_missing", msgid, facts={"field": f"{where}.remark"}, item=item.id)
        return
    remark = (Remark(text=result.remark),) if result.remark else ()
    yield from _missing(item.requires, (*remark, *result.evidence), item.id, f"{where}.evidence")


def _said(words: Words | None) -> bool:
    return words is not None and bool(words.text.strip())


def _missing(
    requires: tuple[Requirement, ...], given: tuple[Evidence, ...], about: str | Text, field: str
) -> Iterator[Invalid]:
    lacking = missing(requires, given)
    if lacking:
        named = ", ".join(
            f"{short} × {need.type}{f' {need.name}' if need.name else ''}" for need, short in lacking
        )
        yield Invalid(
            "evidence_missing",
            N_("Evidence is missing for “{about}”: {missing}."),
            facts={
                "field": field,
                "missing": [{"type": need.type, "name": need.name, "min": short} for need, short in lacking],
            },
            about=about,
            missing=named,
        )


def _all_evidence(act: CompleteTask) -> tuple[Evidence, ...]:
    return (*((Remark(text=act.remark),) if act.remark else ()), *act.evidence)


def _sealed_item(item: ItemResult) -> dict[str, object]:
    """Return what a signature covers of an item: its result, what was said of it, and its evidence."""
    remark = item.remark.digest if item.remark else None
    return {"result": item.result, "remark": remark, "evidence": sealed(item.evidence)}


def complete(run: Run, actor: Actor, act: CompleteTask) -> None:
    """Keep the evidence; the task is done, or waits to be verified by another person."""
    plan, state = run.index.task(act.task), run.task(act.task)
    evidence = _all_evidence(act)
    items = [piece for _, item in sorted(act.items.items()) for piece in item.evidence]
    state.evidence = work_digest(
        sealed(evidence), {name: _sealed_item(item) for name, item in act.items.items()}
    )
    facts = facts_of([*items, *evidence])
    state.facts = {name: facts[name] for name in run.index.judged.get(act.task, ()) if name in facts}
    state.assignee, state.done_by, state.done_at, state.reason = actor.name, actor.name, run.now, None
    state.state = "to_verify" if plan.verify else "done"
    run.given[act.task] = {"evidence": evidence, "items": act.items}
    run.emit(
        "TaskCompleted",
        f"task:{act.task}",
        words=_words(act),
        title=plan.title,
        evidence=state.evidence,
        facts=facts,
        items={name: item.result for name, item in act.items.items()},
    )
    if state.state == "done":
        finish(run, act.task)
    else:
        _ask_to_verify(run, act.task, plan, actor)


def _ask_to_verify(run: Run, ref: str, plan: Task, doer: Actor) -> None:
    verifiers = tuple(name for name in run.plan.doers(plan.function) if name != doer.name)
    run.tell(verifiers, say(N_("Please verify “{title}”."), title=plan.title), task_page(run, ref))


def _words(act: CompleteTask) -> dict[str, Words]:
    said = {
        f"remark.{n}": piece.text for n, piece in enumerate(_all_evidence(act)) if isinstance(piece, Remark)
    }
    said |= {f"item.{name}": item.remark for name, item in act.items.items() if item.remark}
    return said


# -- verify --------------------------------------------------------------------------------------------------


def check_verify(run: Run, actor: Actor, act: VerifyTask) -> None:
    """Raise why `actor` may not verify: nobody verifies what they did."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    expect_function(run, actor, plan)
    if actor.name == state.done_by:
        others = ", ".join(name for name in run.plan.doers(plan.function) if name != actor.name)
        raise Refused(
            "own_work",
            N_("You did “{title}” yourself, so someone else verifies it: {others}."),
            title=plan.title,
            others=others,
        )
    if act.result == "fail" and not _said(act.remark):
        raise Invalid(
            "reason_missing",
            N_("Say in the remark what is wrong with “{title}”."),
            facts={"field": "remark"},
            title=plan.title,
        )


def verify(run: Run, actor: Actor, act: VerifyTask) -> None:
    """Confirm the task, or send it back to whoever did it."""
    plan, state = run.index.task(act.task), run.task(act.task)
    words = {"remark": act.remark} if act.remark else {}
    if act.result == "pass":
        state.state, state.verified_by = "not_applicable" if state.waived else "done", actor.name
        run.emit("TaskVerified", f"task:{act.task}", words=words, title=plan.title)
        finish(run, act.task)
        return
    state.state, state.waived = "in_progress", False
    state.reason = act.remark.digest if act.remark else None
    run.emit("TaskSentBack", f"task:{act.task}", words=words, title=plan.title)


# -- block, reopen, reassign, not applicable -----------------------------------------------------------------


def check_block(run: Run, actor: Actor, act: BlockTask) -> None:
    """Raise why `actor` may not block the task."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    _expect_own(run, actor, plan, state)


def block(run: Run, actor: Actor, act: BlockTask) -> None:
    """Keep why the task cannot go on, and tell the release manager."""
    plan, state = run.index.task(act.task), run.task(act.task)
    state.state, state.reason, state.assignee = "blocked", act.reason.digest, actor.name
    run.emit("TaskBlocked", f"task:{act.task}", words={"reason": act.reason}, title=plan.title)
    told = say(N_("{who} cannot go on with “{title}”."), who=actor.name, title=plan.title)
    run.tell((run.plan.release_manager,), told, task_page(run, act.task))


TRAFFIC_MOVED = N_(
    "Traffic has already moved on the signed subject; abort or roll back first, then start a new run."
)
_FIXED: dict[Fixed, str] = {
    "back_out": N_("“{title}” is part of the rollback; it stays as it is."),
    "traffic_moved": TRAFFIC_MOVED,
    "point_of_no_return": N_("“{title}” cannot be undone; fix forward."),
}


def check_reopen(run: Run, actor: Actor, act: ReopenTask) -> None:
    """Raise why `actor` may not open the task again."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    if why := fixed(run.index, act.task, state.state, shifted=run.state.shifted is not None):
        raise Conflict(why, _FIXED[why], title=plan.title)
    if "release_manager" not in actor.roles:
        expect_function(run, actor, plan)


def traffic_moved_on(run: Run, ref: str) -> bool:
    """Tell whether traffic has moved on a subject that this task is part of."""
    return moved_on(run.index, ref, shifted=run.state.shifted is not None)


def reopen_task(run: Run, _: Actor, act: ReopenTask) -> None:
    """Open the task again."""
    title = run.index.task(act.task).title
    run.emit("TaskReopened", f"task:{act.task}", words={"reason": act.reason}, title=title)
    reopen(run, act.task, act.reason.digest)


def check_reassign(run: Run, actor: Actor, act: ReassignTask) -> None:
    """Raise why the task may not be given to `act.to`."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    if "release_manager" not in actor.roles:
        expect_function(run, actor, plan)
    to = act.to
    if to is not None and not (to.enabled and plan.function in to.functions and DOES in to.roles):
        raise Invalid(
            "not_in_function",
            N_("{to} cannot do “{title}”: it takes the function {function} and the role {role}."),
            to=to.name,
            function=plan.function,
            role=DOES,
            title=plan.title,
        )
    if to is not None:
        check_leaves_a_signer(run, act.task, to.name)


def reassign(run: Run, _: Actor, act: ReassignTask) -> None:
    """Give the task to a person, or offer it to its function again; its clock goes on."""
    plan, state = run.index.task(act.task), run.task(act.task)
    state.assignee = act.to.name if act.to else None
    state.state, state.reason = "open", None
    words = {"reason": act.reason} if act.reason else {}
    to = act.to.name if act.to else plan.function
    run.emit("TaskReassigned", f"task:{act.task}", words=words, title=plan.title, to=to)
    if act.to:
        run.tell(
            (act.to.name,), say(N_("“{title}” is yours now."), title=plan.title), task_page(run, act.task)
        )


def check_not_applicable(run: Run, actor: Actor, act: SetNotApplicable) -> None:
    """Raise why `actor` may not say that the task does not apply."""
    plan, state = find(run, act.task)
    _expect(plan, state, act.do)
    if not _said(act.reason):
        msgid = N_("Say why “{title}” does not apply.")
        raise Invalid("reason_missing", msgid, facts={"field": "reason"}, title=plan.title)
    if "release_manager" not in actor.roles:
        _expect_own(run, actor, plan, state)


def set_not_applicable(run: Run, actor: Actor, act: SetNotApplicable) -> None:
    """Keep that, why and for whom the task does not apply; a task with `verify` waits for a second person."""
    plan, state = run.index.task(act.task), run.task(act.task)
    state.reason, state.assignee, state.done_by = act.reason.digest, actor.name, actor.name
    state.done_at = run.now
    state.evidence = waiver_digest(act.reason.digest)
    run.given[act.task] = {"evidence": (), "items": {}}
    state.waived, state.facts = plan.verify, {}
    state.state = "to_verify" if plan.verify else "not_applicable"
    run.emit("TaskNotApplicable", f"task:{act.task}", words={"reason": act.reason}, title=plan.title)
    if state.state == "not_applicable":
        finish(run, act.task)
    else:
        _ask_to_verify(run, act.task, plan, actor)
