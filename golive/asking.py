"""Who is asked to decide on an approval, and who is asked no longer: in every channel, whichever they would answer in.

A request is one round of an approval; it is open for each person whom it was sent to until it is closed, once, with
what became of it. So a decision that is made in one place closes the request in every other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from golive.engine import CLOSES_REQUESTS
from golive.names import public_id
from golive.policy import Seats
from golive.run import Run
from golive.signers import approvers_of, barred, comes_after, seats_of, standing, waiting_for
from golive.standing import handed_over
from golive.state import ApprovalState
from golive.template_approvals import Approval
from golive.words import N_, Sentence, Text, say


def approval_page(run: Run, ref: str) -> str:
    """Return the path of an approval's page."""
    return f"/approvals/{public_id(run.state.run_id, ref)}"


def request_of(run: Run, ref: str) -> str | None:
    """Return which request an approval is at now; None in a run whose requests are not closed yet."""
    if run.state.engine < CLOSES_REQUESTS:
        return None
    return f"{run.state.run_id}/{ref}/{run.state.approvals[ref].round}"


def ask_to_decide(run: Run, ref: str, names: Sequence[str]) -> None:
    """Tell people that their decision is awaited, whom no open request tells so already."""
    _, approval = run.index.approvals[ref]
    request = request_of(run, ref)
    if request is not None:
        names = _newly_asked(run.state.approvals[ref], names)
    told = say(N_("Please decide on “{title}”."), title=approval.title)
    run.tell(tuple(names), told, approval_page(run, ref), asks=request)


def ask_silently(run: Run, ref: str, names: Sequence[str]) -> None:
    """Let the request be open for people who know that their decision is awaited."""
    if request_of(run, ref) is not None:
        _newly_asked(run.state.approvals[ref], names)


def _newly_asked(state: ApprovalState, names: Sequence[str]) -> list[str]:
    asked = set(state.asked)
    new = [name for name in dict.fromkeys(names) if name not in asked]
    state.asked = [*state.asked, *new]
    return new


def adopt(run: Run) -> None:
    """Take those who are awaited in a run of an older engine for asked, before it is carried over to this one."""
    if run.state.engine < CLOSES_REQUESTS:
        for ref, (_, approval) in run.index.approvals.items():
            state = run.state.approvals[ref]
            state.asked = list(waiting_for(run, approval, state))


# -- closing -------------------------------------------------------------------------------------------------


def close_request(run: Run, ref: str, why: Sentence) -> None:
    """Close the request for everybody whom it is open for."""
    state = run.state.approvals[ref]
    names, state.asked = state.asked, []
    _tell_closed(run, ref, names, why)


def keep_requests(run: Run) -> None:
    """Close the request for who is awaited no longer, and open it for who is awaited now."""
    if run.state.engine < CLOSES_REQUESTS:
        return
    for ref in list(_perhaps_changed(run)):
        _, approval = run.index.approvals[ref]
        state = run.state.approvals[ref]
        awaited = waiting_for(run, approval, state)
        if gone := set(state.asked).difference(awaited):
            names = [name for name in state.asked if name in gone]
            state.asked = [name for name in state.asked if name not in gone]
            _close_for(run, ref, names)
        ask_to_decide(run, ref, awaited)


def _perhaps_changed(run: Run) -> Iterator[str]:
    """Yield the approvals that are open for somebody, or may be, where something changed that says for whom."""
    changed = dict.fromkeys(ref for task in run.changed_tasks for ref in run.index.barring.get(task, ()))
    for ref in changed | run.changed_approvals:
        state = run.state.approvals[ref]
        if state.asked or state.state == "pending":
            yield ref


def _close_for(run: Run, ref: str, names: Sequence[str]) -> None:
    """Close the request for these people, those together to whom the same is said."""
    causes = Causes(run, ref)
    alike: dict[str, tuple[Sentence, list[str]]] = {}
    for name in names:
        why = causes.of(name)
        alike.setdefault(why.model_dump_json(), (why, []))[1].append(name)
    for why, together in alike.values():
        _tell_closed(run, ref, together, why)


def _tell_closed(run: Run, ref: str, names: Sequence[str], why: Sentence) -> None:
    request = request_of(run, ref)
    if request is not None and names:
        run.close_request(request, names, why, approval_page(run, ref))


@dataclass(frozen=True)
class Causes:
    """Why people are awaited no longer for an approval, by what has just happened."""

    run: Run
    ref: str

    def of(self, name: str) -> Sentence:
        """Return why `name` need not decide any more, in one sentence."""
        if self.run.state.ending is not None:
            return say(
                N_("Nothing is decided on “{title}” any more, since the run ends: {cause}."),
                title=self._title,
                cause=self.run.state.ending.cause,
            )
        return self._decided(name) or self._seat_lost(name) or self._later(name) or self._not_needed()

    def _decided(self, name: str) -> Sentence | None:
        return self._not_needed() if name in self._deciders else None

    def _seat_lost(self, name: str) -> Sentence | None:
        """Return who fills their seat now, or why they may not sign any more."""
        handed = handed_over(self._state.delegations, self._state.decisions, self.run.now)
        if to := next((to for (by, _), to in handed.items() if by == name), None):
            if any(each.by == name and each.away for each in self._state.delegations):
                said = N_("“{title}” is decided by {to} for {by}, who is away.")
                return say(said, title=self._title, to=to, by=name)
            return say(
                N_("“{title}” is decided by {to} for {by}, who handed it over."),
                title=self._title,
                to=to,
                by=name,
            )
        if by := next((each.by for each in self._state.delegations if each.to == name), None):
            return say(
                N_("“{title}” is decided by {by} again, and no longer by {to}."),
                title=self._title,
                by=by,
                to=name,
            )
        if why := self._barred.get(name):
            said = N_("“{title}” is decided without {who} now: {who} {why}.")
            return say(said, title=self._title, who=name, why=why)
        return None

    def _later(self, name: str) -> Sentence | None:
        """Return for whom they have to wait, where somebody was put before them."""
        if not any(name in seats.first or name in seats.after for seats in self._seats):
            return None
        if others := comes_after(self._state, self._seats, name):
            said = N_("“{title}” is decided by {others} first; after that it is your turn again.")
            return say(said, title=self._title, others=", ".join(others))
        return None

    def _not_needed(self) -> Sentence:
        if self.run.actor.name in self._deciders:
            said = N_("{who} has decided on “{title}”, so your decision is not awaited any more.")
            return say(said, who=self.run.actor.name, title=self._title)
        return say(N_("Your decision on “{title}” is not awaited any more."), title=self._title)

    @property
    def _title(self) -> Text:
        return self._approval.title

    @property
    def _approval(self) -> Approval:
        return self.run.index.approvals[self.ref][1]

    @property
    def _state(self) -> ApprovalState:
        return self.run.state.approvals[self.ref]

    @cached_property
    def _deciders(self) -> set[str]:
        return {decision.by for decision in standing(self._state)}

    @cached_property
    def _seats(self) -> list[Seats]:
        return seats_of(self.run, self._approval, self._state, approvers_of(self._state))

    @cached_property
    def _barred(self) -> dict[str, Sentence]:
        work = [ref for rule in self._approval.rules for ref in rule.exclude_doers_of]
        return barred(self.run, work)
