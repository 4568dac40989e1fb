"""Each thing that can be wrong with a run has its sentence; a run with which nothing is wrong has none."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from golive.plan import Artifact, Release
from golive.recording import Build
from golive.rules import ledger_id
from golive.state import RunState, TaskState
from tests.chaos.check import check_run, check_whole
from tests.chaos.client import Answer, Sent
from tests.chaos.found import Found, JournalLine, ReadModel, Workflow

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RELEASE = Release(
    service="shop", version="1", artifacts=(Artifact(name="shop", digest="sha256:" + "0" * 64),)
)


@dataclass
class Told:
    """What the people know and what golive has: a run of a start, a task taken and done, and a comment."""

    sent: list[Sent]
    found: Found

    def sentences(self) -> str:
        return "\n".join(check_run(self.sent, self.found, must_end=False))

    def journal(self, change: Callable[[list[JournalLine]], Any]) -> None:
        lines = list(self.found.journal)
        change(lines)
        self.found = dataclasses.replace(self.found, journal=tuple(lines))

    def line(self, n: int, **changed: Any) -> None:
        self.journal(lambda lines: lines.__setitem__(n - 1, dataclasses.replace(lines[n - 1], **changed)))

    def workflow(self, **changed: Any) -> None:
        assert self.found.workflow
        self.found = dataclasses.replace(
            self.found, workflow=dataclasses.replace(self.found.workflow, **changed)
        )

    @property
    def state(self) -> RunState:
        assert self.found.workflow
        assert self.found.workflow.state
        return self.found.workflow.state


def act(path: str, n: int, **body: Any) -> Sent:
    sent = Sent(key=f"key{n}", who="ann", path=path, body=body, since=n, tries=1)
    told = {"id": sent.run_id} if path == "/runs" else {"seq": n, "hash": f"hash{n}"}
    sent.answers.append(Answer(200, told, n + 0.5))
    return sent


@pytest.fixture
def told() -> Told:
    start = act("/runs", 1)
    run = start.run_id
    sent = [
        start,
        act(f"/tasks/{run}.uat.run/start", 2),
        act(f"/tasks/{run}.uat.run/complete", 3, remark="done [key3]"),
        act(f"/runs/{run}/comments", 4, text="well [key4]"),
    ]
    kinds = [("RunStarted", "run"), ("TaskStarted", "task:uat.run"), ("TaskCompleted", "task:uat.run")]
    lines = [
        JournalLine(n, action, about, "ann", "person", one.command_id, f"hash{n}", tuple(one.body.values()))
        for n, (one, (action, about)) in enumerate(zip(sent, [*kinds, ("Commented", "run")], strict=True), 1)
    ]
    builds = [Build(n=1, release=RELEASE, at=AT, by="ann")]
    task = TaskState(state="done", assignee="ann", done_by="ann", done_at=AT)
    state = RunState(run_id=str(run), started_by="ann", engine=1, seq=4, state="running", started_at=AT)
    state.builds, state.tasks, state.ledger = (
        builds,
        {"uat.run": task},
        [ledger_id(one.command_id) for one in sent],
    )
    row = {
        "state": "done",
        "assignee": "ann",
        "opened_at": None,
        "due_at": None,
        "overdue": False,
        "done_by": "ann",
    }
    header = {
        "state": "running",
        "weight": 0,
        "version": "1",
        "started_at": AT,
        "ended_at": None,
        "stages": [],
    }
    header |= {
        "builds": [build.model_dump(mode="json") for build in builds],
        "hold_reason": None,
        "blocked_by": None,
    }
    model = ReadModel(
        header, {"uat.run": row | {"done_at": AT, "verified_by": None, "reason": None}}, {}, comments=(4,)
    )
    accepted = frozenset(one.command_id for one in sent)
    return Told(sent, Found(str(run), tuple(lines), model, Workflow("running", state, 1, accepted)))


def test_nothing_is_said_of_a_run_with_which_nothing_is_wrong(told: Told) -> None:
    assert told.sentences() == ""


def lose_a_row(told: Told) -> None:
    told.journal(lambda lines: lines.pop(2))


def double_a_row(told: Told) -> None:
    told.journal(lambda lines: lines.append(dataclasses.replace(lines[3], seq=5)))


def double_what_was_said(told: Told) -> None:
    told.journal(lambda lines: lines.append(dataclasses.replace(lines[3], seq=5, command_id=None)))


def write_another_hash(told: Told) -> None:
    told.line(4, hash="other")


def read_nothing_back(told: Told) -> None:
    told.sent[3].read_back = ""


def swap_rows(told: Told) -> None:
    third, fourth = told.found.journal[2:]
    told.journal(
        lambda lines: lines.__setitem__(
            slice(2, 4), [dataclasses.replace(fourth, seq=3), dataclasses.replace(third, seq=4)]
        )
    )


def add_an_act(told: Told) -> None:
    told.journal(
        lambda lines: lines.append(JournalLine(5, "Commented", "run", "eve", "person", "f" * 64, "hash5"))
    )


def change_who_acted(told: Told) -> None:
    told.line(4, actor="eve")


def change_what_was_done(told: Told) -> None:
    told.line(4, action="LessonAdded")


def change_which_task(told: Told) -> None:
    told.line(3, object="task:uat.other")


def refuse_what_was_done(told: Told) -> None:
    told.sent[3].answers = [Answer(409, {"code": "run_held"}, 4.5)]


def acknowledge_and_refuse(told: Told) -> None:
    told.sent[3].answers.append(Answer(409, {"code": "run_held"}, 4.6))


def answer_twice(told: Told) -> None:
    told.sent[3].answers.append(Answer(200, {"seq": 4, "hash": "other"}, 4.6))


def break_down(told: Told) -> None:
    told.sent[3].answers.insert(0, Answer(500, {"code": "internal"}, 4.1))


def forget_an_act(told: Told) -> None:
    told.state.ledger.pop()


def apply_twice(told: Told) -> None:
    told.state.ledger.append(told.state.ledger[-1])


def apply_in_another_order(told: Told) -> None:
    told.state.ledger.reverse()


def run_ahead(told: Told) -> None:
    told.state.seq = 7


def undo_in_the_workflow(told: Told) -> None:
    told.state.tasks["uat.run"].state = "in_progress"


def differ_in_the_read_model(told: Told) -> None:
    told.state.tasks["uat.run"].overdue = True


def lose_a_comment(told: Told) -> None:
    assert told.found.model
    told.found = dataclasses.replace(told.found, model=dataclasses.replace(told.found.model, comments=()))


def lose_the_run(told: Told) -> None:
    told.found = dataclasses.replace(told.found, model=None)


def accept_nothing(told: Told) -> None:
    told.workflow(accepted=frozenset())


def fail_the_workflow(told: Told) -> None:
    told.workflow(status="failed")


def replay_otherwise(told: Told) -> None:
    told.workflow(unlike=("execution 1: other activity",))


def try_for_ever(told: Told) -> None:
    told.workflow(busy=("record, try 9 (IntegrityError)",))


def break_the_chain(told: Told) -> None:
    told.found = dataclasses.replace(told.found, audit="row 3: The hash does not fit")


WRONG: list[tuple[Callable[[Told], None], str]] = [
    (lose_a_row, "was acknowledged, and is in the journal 0 times"),
    (lose_a_row, "gaps"),
    (double_a_row, "was acknowledged, and is in the journal 2 times"),
    (double_what_was_said, "says is in the journal 2 times"),
    (write_another_hash, "was told number 4, hash 'hash4'; the journal has 4, 'other'"),
    (read_nothing_back, "the next read did not show it"),
    (swap_rows, "was acknowledged before it"),
    (add_an_act, "number 5 (Commented) of eve is in the journal, and nobody sent it"),
    (change_who_acted, "is in the journal as an act of eve"),
    (change_what_was_done, "is in the journal as LessonAdded"),
    (change_which_task, "is in the journal for task:uat.other"),
    (refuse_what_was_done, "was refused, and is in the journal as number 4"),
    (acknowledge_and_refuse, "was acknowledged and refused"),
    (answer_twice, "got two answers"),
    (break_down, "was answered 500"),
    (forget_an_act, "is in the journal, and the workflow does not know it"),
    (apply_twice, "2 times"),
    (apply_in_another_order, "in another order"),
    (run_ahead, "the workflow's last number is 7, the journal's 4"),
    (undo_in_the_workflow, "task uat.run is in_progress"),
    (differ_in_the_read_model, "task uat.run: the read model has overdue = False, the workflow True"),
    (lose_a_comment, "the read model has Commented of the numbers (), the journal of (4,)"),
    (lose_the_run, "the read model does not have it"),
    (accept_nothing, "Temporal never accepted it"),
    (fail_the_workflow, "the workflow is failed, while its state is running"),
    (replay_otherwise, "the history does not replay"),
    (try_for_ever, "it does not come to rest: record, try 9"),
    (break_the_chain, "the chain does not verify"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=lambda part: getattr(part, "__name__", ""))
def test_what_is_wrong_is_said(told: Told, wrong: Callable[[Told], None], sentence: str) -> None:
    wrong(told)
    assert sentence in told.sentences()


def test_a_run_that_must_end_and_does_not_is_named(told: Told) -> None:
    assert "it has not ended: running" in "\n".join(check_run(told.sent, told.found))


def user(name: str) -> Sent:
    sent = Sent(key=name, who="admin", path="/users", body={"name": name}, since=0)
    sent.answers.append(Answer(201, {"name": name}, 1))
    return sent


def added(name: str, seq: int) -> JournalLine:
    return JournalLine(seq, "UserAdded", f"user:{name}", "admin", "person", None, f"hash{seq}")


def test_users_are_added_once_and_by_somebody(told: Told) -> None:
    ann, bob = user("ann"), user("bob")
    right = [added("ann", 1), added("bob", 2)]
    streams = {told.found.run_id, "golive"}
    sent, runs = [*told.sent, ann, bob], [told.found.run_id]
    assert check_whole(sent, right, streams, runs) == []
    assert "added user:bob 0 times" in "\n".join(check_whole(sent, right[:1], streams, runs))
    assert "added user:ann 2 times" in "\n".join(check_whole(sent, [*right, added("ann", 3)], streams, runs))
    assert "nobody asked for it" in "\n".join(check_whole(sent, [*right, added("eve", 3)], streams, runs))


def test_runs_are_those_that_people_started(told: Told) -> None:
    admin = [added("ann", 1)]
    sent = [*told.sent, user("ann")]
    unknown = check_whole(sent, admin, {told.found.run_id, "other", "golive"}, [told.found.run_id])
    assert unknown == ["run other is in the journal, and nobody started it"]
    assert "there is no such run" in "\n".join(check_whole(sent, admin, {"golive"}, []))
