"""A run as its page tells it: what is shown of it, in which order, and what is too long to be shown at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from api.pages.possible import possible
from api.pages.rendering import Voice
from api.schemas.journal import summary
from api.schemas.runs import no_return_of
from api.schemas.shown import told
from api.schemas.stages import StageShown
from db.lessons import ActionView, LessonView
from db.looking import Look
from db.news import Stamp
from db.views import ApprovalView, JournalRow, RunWhole, TaskView
from db.waivers import WaiverView
from golive.events import summary as event_summary
from golive.forecast import StageForecast
from golive.vocabulary import ENDED, FINISHED
from golive.waivers import OPEN, WAIVABLE
from golive.words import N_, Language, Sentence, say

MOST_WAITS = 15
MOST_TASKS = 25
"""Rows of one kind in a stage; the page of all tasks shows the others."""

_GOOD = ("RunCompleted", "StagePassed", "ApprovalGranted", "TaskCompleted", "TaskVerified", "StableConfirmed")
_BAD = (
    "RunAborted",
    "AbortRequested",
    "RollbackRequested",
    "RollbackStarted",
    "StageFailed",
    "ApprovalRejected",
    "ApprovalExpired",
    "ShiftFailed",
    "AlertRaised",
)
_WARN = ("RunHeld", "TaskBlocked", "TaskSentBack", "ApprovalReturned", "DecisionsStale", "Escalated")
_BUSY = ("RunStarted", "RunResumed", "StageOpened", "TrafficShifted", "TrafficReturned", "BuildReplaced")
_KINDS = {
    action: kind
    for kind, actions in {"good": _GOOD, "bad": _BAD, "warn": _WARN, "busy": _BUSY}.items()
    for action in actions
}
"""The colours of the timeline; what is in none of them is told quietly."""


@dataclass(frozen=True, kw_only=True)
class Why:
    """In one sentence why the run is where it is. `said` is what a person gave as the reason, None without."""

    kind: str
    title: str
    sentence: str
    said: str | None = None


@dataclass(frozen=True, kw_only=True)
class Named:
    """What something of the run is called, and its page."""

    title: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class WaitSeen:
    """Something awaited."""

    what: str
    about: Named
    who: Sequence[str]
    since: datetime
    next: str | None
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EventSeen:
    """Something that happened. `said` is what people wrote, None where it was erased."""

    seq: int
    at: datetime
    kind: str
    summary: str
    href: str | None
    said: Sequence[str | None]


Waivable = tuple[str, str, str]
"""A check of which a waiver can be asked for: its stage, `GATE.CHECK`, and the page of the form."""


@dataclass(frozen=True, kw_only=True)
class StageSeen:
    """A stage with what is in it. Of the tasks those to be done come first; `more` are left out.

    `waivable` are the pages on which a waiver is asked for, by the check, `GATE.CHECK`.
    """

    shown: StageShown
    opens_at: datetime
    ends_at: datetime
    tasks: Sequence[TaskView]
    finished: Sequence[TaskView]
    count: int
    done: int
    more: int
    approvals: Sequence[ApprovalView]
    waivable: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RunSeen:
    """All that is live on the page of a run. `can` names the acts that are possible now, whoever may do them."""

    run: RunWhole
    stamp: Stamp
    why: Why
    no_return: str | None
    can: Sequence[str]
    stages: Sequence[StageSeen]
    waits: Sequence[WaitSeen]
    more_waits: int
    events: Sequence[EventSeen]
    earlier: bool
    lessons: Sequence[LessonView]
    actions: Sequence[ActionView]
    waivers: Sequence[WaiverView]
    reported: bool


def seen_by(look: Look, voice: Voice, forecast: Iterable[StageForecast], *, asks: bool) -> RunSeen:
    """Return a run as readers of one voice see it; `forecast` is when its stages are expected now.

    `asks`: they may ask for a waiver.
    """
    run, language = look.run, voice.language
    named = {**names_of(run, language), **_named_beside(look, voice)}
    waits = [
        WaitSeen(
            what=wait.what,
            about=named.get(wait.object, Named(title=wait.object.partition(":")[2])),
            who=wait.who,
            since=wait.since,
            next=told(wait.next, language),
            next_at=wait.next_at,
        )
        for wait in run.waits[:MOST_WAITS]
    ]
    return RunSeen(
        run=run,
        stamp=look.stamp,
        why=_why(look, voice),
        no_return=no_return_of(run, language),
        can=possible(look),
        stages=_stages(look, language, forecast, list(waivable(look)) if asks else []),
        waits=waits,
        more_waits=len(run.waits) - len(waits),
        events=[event_seen(row, language, named) for row in look.events],
        earlier=bool(look.events) and look.events[-1].seq > 1,
        lessons=look.lessons,
        actions=look.actions,
        waivers=look.waivers,
        reported=look.reported,
    )


def names_of(run: RunWhole, language: Language) -> Mapping[str, Named]:
    """Return what waits and events are about, by what they call it."""
    tasks = {f"task:{t.ref}": (t.title, f"/tasks/{t.id}") for t in run.tasks}
    approvals = {f"approval:{a.ref}": (a.title, f"/approvals/{a.id}") for a in run.approvals}
    stages = {f"{kind}:{s.id}": (s.title, None) for s in run.stages for kind in ("stage", "rollout")}
    gates = {f"gate:{s.id}.{g.key}": (g.title, None) for s in run.stages for g in s.gates}
    known = {**tasks, **approvals, **stages, **gates}
    return {
        about: Named(title=title.in_language(language), href=href) for about, (title, href) in known.items()
    }


def _named_beside(look: Look, voice: Voice) -> Mapping[str, Named]:
    """Return what waits are about that is not of the plan: waivers, and actions that somebody has to close."""
    waivers = {
        f"waiver:{one.id}": Named(title=one.title.in_language(voice.language), href=f"/waivers/{one.id}")
        for one in look.waivers
    }
    actions = {
        f"action:{one.id}": Named(title=(one.text or one.id)[:80], href=f"#{one.id}") for one in look.actions
    }
    amendments = {
        f"amendment:{one.id}": Named(title=voice.name("amendment"), href=f"/amendments/{one.id}")
        for one in look.run.amendments
    }
    return {**waivers, **actions, **amendments}


def event_seen(row: JournalRow, language: Language, named: Mapping[str, Named]) -> EventSeen:
    """Return a row of the journal as a reader of `language` sees it."""
    about = named.get(row.object)
    return EventSeen(
        seq=row.seq,
        at=row.occurred_at or row.at,
        kind=_KINDS.get(row.action, ""),
        summary=summary(row, language),
        href=about.href if about else None,
        said=tuple(dict.fromkeys([*([row.reason] if row.reason else []), *row.words.values()])),
    )


_TITLES = {
    "held": N_("Why it is not moving"),
    "rolling_back": N_("It is ending before its time"),
    "completed": N_("It is over"),
    "aborted": N_("It ended before its time"),
}
_COLOURS = {"held": "warn", "rolling_back": "bad", "completed": "good", "aborted": "bad"}


def _why(look: Look, voice: Voice) -> Why:
    run = look.run
    kind, title = _COLOURS.get(run.state, "busy"), _TITLES.get(run.state, N_("What it waits for"))
    if run.frozen:
        kind, title = "bad", _TITLES["held"]
    awaited = run.blocked_by
    sentence = voice.sentence(awaited if awaited is not None else _standing(look))
    return Why(kind=kind, title=title, sentence=sentence, said=_more_than(sentence, _reason(look)))


def _reason(look: Look) -> str | None:
    """Return what somebody gave as the reason for where the run is."""
    if look.run.frozen:
        return None
    if look.ending is not None:
        return look.ending.reason
    return look.run.hold_reason if look.run.state == "held" else None


def _more_than(sentence: str, said: str | None) -> str | None:
    """Return what was said unless the sentence holds all of it, as it does of a short reason on one line."""
    # Where two full stops meet, a sentence keeps one of them.
    return None if said is None or (said.rstrip(".。") in sentence and "\n" not in said) else said


def _standing(look: Look) -> Sentence:
    """Say how a run stands that awaits nothing."""
    if look.run.state == "completed":
        return say(N_("Everything was done, and the run is complete."))
    if look.ending is not None:
        return event_summary(look.ending.action, look.ending.actor, look.ending.payload)
    return say(N_("Nothing is awaited of anybody: golive goes on by itself."))


def _stages(
    look: Look, language: Language, forecast: Iterable[StageForecast], offered: Sequence[Waivable]
) -> list[StageSeen]:
    run = look.run
    tasks, approvals = defaultdict(list), defaultdict(list)
    for task in run.tasks:
        tasks[task.stage].append(task)
    for approval in run.approvals:
        approvals[approval.stage].append(approval)
    each = zip(run.stages, run.plan.stages, forecast, strict=True)
    return [
        replace(
            _stage(StageShown.of(stage, language, plan), times, tasks[stage.id], approvals[stage.id]),
            waivable={check: address for at, check, address in offered if at == stage.id},
        )
        for stage, plan, times in each
    ]


def standing_of(waivers: Iterable[WaiverView], about: str, build: int) -> WaiverView | None:
    """Return the waiver of a check that is asked for or granted for a build: there is one at a time."""
    return next(
        (one for one in waivers if one.about == about and one.state in OPEN and one.build == build), None
    )


def waivable(look: Look) -> Iterator[Waivable]:
    """Yield the checks of which a waiver can be asked for."""
    run, build = look.run, len(look.run.builds)
    going = not (run.state in ENDED or run.state == "rolling_back" or run.frozen)
    for stage in run.stages if going else ():
        for key, check in (
            (f"{gate.key}.{check.key}", check) for gate in stage.gates for check in gate.checks
        ):
            ref = f"{stage.id}/{key}"
            if check.state in WAIVABLE and standing_of(look.waivers, ref, build) is None:
                yield stage.id, key, f"/runs/{run.id}/waivers/new?{urlencode({'check': ref})}"


def _stage(
    shown: StageShown, times: StageForecast, tasks: list[TaskView], approvals: list[ApprovalView]
) -> StageSeen:
    wanted = [task for task in tasks if not task.back_out or task.state != "locked"]
    finished = [task for task in wanted if task.state in FINISHED]
    ahead = sorted(
        (task for task in wanted if task.state not in FINISHED), key=lambda one: one.state == "locked"
    )
    few, past = ahead[:MOST_TASKS], finished[-MOST_TASKS:]
    return StageSeen(
        shown=shown,
        opens_at=times.opens_at,
        ends_at=times.ends_at,
        tasks=few,
        finished=past,
        count=len(wanted),
        done=len(finished),
        more=len(wanted) - len(few) - len(past),
        approvals=approvals,
        waivable={},
    )
