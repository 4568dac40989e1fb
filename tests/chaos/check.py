"""Is what golive holds what the people were told? Pure; every violation is one sentence.

An acknowledged act is in the journal once, under the receipt's number and hash, in the order in which people got their
answers, and in the workflow's state and history; the journal has no act that nobody sent; journal, read model and
workflow agree; every history replays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from tests.chaos.agreement import in_the_read_model, in_the_workflow
from tests.chaos.client import TEXTS, Sent, name_of
from tests.chaos.found import Found, JournalLine

ACTIONS = {
    "start": {"TaskStarted"},
    "complete": {"TaskCompleted"},
    "verify": {"TaskVerified", "TaskSentBack"},
    "decisions": {"DecisionMade"},
    "comments": {"Commented"},
    "lessons": {"LessonAdded"},
    "actions": {"ActionAdded"},
    "promote": {"RolloutPromoted"},
    "hold": {"RunHeld"},
    "resume": {"RunResumed"},
    "runs": {"RunStarted"},
}
"""What the journal calls an act, by the last word of its path."""

AWAY = 503


def check_run(sent: Sequence[Sent], found: Found, *, must_end: bool = True) -> list[str]:
    """Return what is wrong with a run, as sentences; nothing when all is as it must be."""
    told = [
        *_answers(sent),
        *_acts_are_recorded(sent, found.journal),
        *_recorded_was_sent(sent, found.journal),
        *_order(sent, found.journal),
        *_numbers(found.journal),
        *in_the_workflow(sent, found, must_end=must_end),
        *in_the_read_model(found),
    ]
    if found.audit:
        told.append(f"the chain does not verify: {found.audit}")
    return [f"run {found.run_id}: {sentence}" for sentence in told]


def check_whole(
    sent: Sequence[Sent], admin: Sequence[JournalLine], streams: Collection[str], found: Iterable[str]
) -> list[str]:
    """Return what is wrong beyond single runs: `found` are the runs that were looked at."""
    started = {act.run_id: act for act in sent if act.path == "/runs"}
    looked_at = set(found)
    told = [
        f"run {name} is in the journal, and nobody started it"
        for name in {*streams} - {*started} - {"golive"}
    ]
    told += [
        f"the start of run {run_id} was acknowledged, and there is no such run"
        for run_id, act in started.items()
        if act.acknowledgement and run_id not in looked_at
    ]
    return [
        *told,
        *_answers(act for act in sent if act.run_id is None),
        *_users(sent, admin),
        *_numbers(admin),
    ]


# -- what people were told -------------------------------------------------------------------------------------


def _answers(sent: Iterable[Sent]) -> Iterator[str]:
    for act in sent:
        acknowledged = [answer for answer in act.answers if answer.acknowledges]
        if any(first.body != other.body for first, other in pairwise(acknowledged)):
            yield f"{name_of(act)} got two answers"
        if acknowledged and act.refusal:
            yield f"{name_of(act)} was acknowledged and refused ({act.refusal.body})"
        for answer in act.answers:
            if answer.status > AWAY or 500 <= answer.status < AWAY:
                yield f"{name_of(act)} was answered {answer.status}: {answer.body}"


def _receipt(act: Sent) -> tuple[int, str] | None:
    """Return number and hash as they were told; a run's start tells neither."""
    answer = act.acknowledgement
    return (answer.body["seq"], answer.body["hash"]) if answer and "hash" in answer.body else None


# -- journal ---------------------------------------------------------------------------------------------------


def _acts_are_recorded(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    rows: dict[str | None, list[JournalLine]] = defaultdict(list)
    for row in journal:
        rows[row.command_id].append(row)
    for act in sent:
        mine = rows[act.command_id]
        if act.refusal and mine:
            yield f"{name_of(act)} was refused, and is in the journal as number {mine[0].seq}"
        if act.acknowledgement and len(mine) != 1:
            yield f"{name_of(act)} was acknowledged, and is in the journal {len(mine)} times"
        elif act.acknowledgement:
            yield from _as_told(act, mine[0])


def _as_told(act: Sent, row: JournalLine) -> Iterator[str]:
    told = _receipt(act)
    if told and told != (row.seq, row.hash):
        yield f"{name_of(act)} was told number {told[0]}, hash {told[1]!r}; the journal has {row.seq}, {row.hash!r}"
    if act.read_back is not None and act.read_back != row.hash:
        yield f"{name_of(act)} was acknowledged, and the next read did not show it"
    *_, about, word = ("", *act.path.split("/"))
    if row.action not in ACTIONS.get(word, {row.action}):
        yield f"{name_of(act)} is in the journal as {row.action}"
    if row.object.startswith(("task:", "approval:")) and not about.endswith(
        f".{row.object.partition(':')[2]}"
    ):
        yield f"{name_of(act)} is in the journal for {row.object}"


def _recorded_was_sent(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    known = {act.command_id: act for act in sent}
    for row in journal:
        act = known.get(row.command_id or "")
        if act is None and (row.actor_kind == "person" or row.command_id):
            yield f"number {row.seq} ({row.action}) of {row.actor} is in the journal, and nobody sent it"
        elif act is not None and row.actor != act.who:
            yield f"{name_of(act)} is in the journal as an act of {row.actor}"
    said = Counter(key for row in journal for key in _keys(row, known.values()))
    for act in sent:
        if said[act.key] > 1:
            yield f"what {name_of(act)} says is in the journal {said[act.key]} times"


def _keys(row: JournalLine, sent: Iterable[Sent]) -> set[str]:
    """Return the keys of the acts whose own text the row holds."""
    marked = {text.rpartition("[")[2].rstrip("]") for text in row.said}
    return {act.key for act in sent if act.key in marked and any(name in act.body for name in TEXTS)}


def _order(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    """An act that was sent after another one was acknowledged has the greater number."""
    numbers = {row.command_id: row.seq for row in journal}
    acknowledged = [
        (act, act.acknowledgement.at, numbers[act.command_id])
        for act in sent
        if act.acknowledgement and act.command_id in numbers
    ]
    for act, _, seq in acknowledged:
        for other, told_at, later in acknowledged:
            if told_at < act.since and later > seq:
                yield f"{name_of(act)} is number {seq}, though {name_of(other)}, {later}, was acknowledged before it"


def _numbers(journal: Sequence[JournalLine]) -> Iterator[str]:
    numbers = [row.seq for row in journal]
    if not numbers:
        yield "the journal is empty"
    elif numbers != list(range(1, len(numbers) + 1)):
        yield f"the numbers of the journal have gaps or repetitions: {len(numbers)} rows up to {numbers[-1]}"


def _users(sent: Sequence[Sent], admin: Sequence[JournalLine]) -> Iterator[str]:
    added = Counter(row.object for row in admin if row.action == "UserAdded" and row.actor_kind == "person")
    invited = {f"user:{act.body['name']}": act for act in sent if act.path == "/users"}
    for name, act in invited.items():
        if added[name] > 1 or (act.acknowledgement and not added[name]):
            yield f"{name_of(act)} added {name} {added[name]} times"
    for name in {*added} - {*invited}:
        yield f"{name} was added, and nobody asked for it"
