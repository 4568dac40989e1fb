"""What a reader of an approval's page is shown: who is asked, what is signed, what changed, whether they may decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Any

from api.language import whole
from api.pages.outstanding import Point, outstanding
from api.pages.visiting import Visit
from api.schemas.approvals import ApprovalShown, DecisionShown, RuleShown
from api.schemas.subject import WorkSigned
from db.attachments import Attachment, find_attachments
from db.looking import ApprovalLook, look_at_approval
from db.looks import LastLook, last_looks
from db.session import Session
from db.views import ApprovalView, JournalRow, RunHeader
from golive.canonical import canonical
from golive.json_patch import patch
from golive.names import public_id
from golive.plan import Release
from golive.sources import holds
from golive.standing import Seated, Standing
from golive.subject import PARTS, difference, part_digests
from golive.subject_changes import Change, changes, new_build
from golive.template_approvals import Rule
from golive.vocabulary import ENDED
from golive.words import N_, Sentence, say

CLOSED = {
    "locked": N_("It is not asked for yet: what comes before it is not done."),
    "approved": N_("It is approved; nobody is asked any more."),
    "rejected": N_("It was rejected; nobody is asked now."),
    "returned": N_("It was returned; it is asked for again when the task has been done again."),
    "expired": N_("It expired without a decision, which is not a yes; nobody is asked now."),
    "stale": N_("What was asked for has changed; it is asked for again when everything is there."),
}
"""Why nobody can decide, by the state of the approval."""
_ASKED_AGAIN = N_("it was asked for again")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One rule: who signed under it, and who else can: the `others` now, who is `later` after somebody else.

    It is `planned`, or of somebody whom a signer added, whose `place` is before that signer or after.
    """

    rule: RuleShown
    planned: Rule | None
    place: str | None
    signed: list[DecisionShown]
    others: list[str]
    later: list[str]

    @property
    def who(self) -> str:
        """Whom it asks, in words."""
        return self.rule.asks


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An approval as one reader sees it now; `present` is the build that the run now has."""

    visit: Visit
    view: ApprovalView
    approval: ApprovalShown
    run: RunHeader
    present: Release
    standing: Standing
    looks: Mapping[str, LastLook]
    rows: Mapping[int, JournalRow]
    files: dict[str, Attachment] = field(default_factory=dict)

    # -- who -------------------------------------------------------------------------------------------------

    @property
    def me(self) -> str:
        """The reader's name."""
        return self.visit.actor.name

    @property
    def was(self) -> LastLook | None:
        """What the reader saw last; None at the first look."""
        return self.looks.get(self.me)

    @property
    def stage(self) -> str:
        """The title of the approval's stage."""
        return self.named(self.view.stage)

    def named(self, ref: str) -> str:
        """Return the title of a stage or task of the run."""
        title = self.standing.names.get(ref)
        return title.in_language(self.visit.language) if title else ref

    @cached_property
    def rules(self) -> list[Asked]:
        """Each rule with who signed under it and who else can."""
        made = {decision.id: decision for decision in self.approval.decisions}
        planned = self.standing.index.approvals[self.view.ref][1].rules
        places = {each.name: each.place for each in self.approval.added}
        return [
            Asked(
                rule=rule,
                planned=plan,
                place=next((places[name] for name in rule.people if name in places), None),
                signed=[made[one] for one in rule.decisions if one in made],
                others=[
                    name for name in self.approval.waiting_for if not rule.met and name in self._holders(rule)
                ],
                later=[] if rule.met else self._later(rule),
            )
            for rule, plan in zip_longest(self.approval.rules, planned[: len(self.approval.rules)])
        ]

    @cached_property
    def seated(self) -> Seated:
        """Who is asked, and who is not and why."""
        return self.standing.seated(self.view.ref, self.view.panel, self.view.decisions, datetime.now(UTC))

    def _holders(self, rule: RuleShown) -> list[str]:
        return rule.people if rule.added_by else self.seated.holders_of(rule.source)

    @property
    def awaited(self) -> list[str]:
        """The functions, or the people, whose signature is missing."""
        return list(dict.fromkeys(asked.who for asked in self.rules if not asked.rule.met))

    @cached_property
    def other_decisions(self) -> list[DecisionShown]:
        """Decisions that fill no slot: rejections, returns, stale ones. The newest first."""
        filling = {one for rule in self.approval.rules for one in rule.decisions}
        return [made for made in reversed(self.approval.decisions) if made.id not in filling]

    # -- whether -----------------------------------------------------------------------------------------------

    @property
    def going(self) -> bool:
        """Whether the run still takes what people do around its approvals."""
        return not (self.run.state in ENDED or self.run.state == "rolling_back" or self.run.frozen)

    @cached_property
    def closed(self) -> str | None:
        """Why nobody can decide now; None while decisions are awaited."""
        if self.run.state in ENDED:
            return self._whole(say(N_("The run has ended: it is {state}."), state=self.run.state))
        if self.run.frozen:
            return self._whole(self.run.frozen)
        if self.view.state != "pending":
            return self._whole(say(CLOSED[self.view.state]))
        if self.run.state == "rolling_back":
            return self._whole(say(N_("The run is rolled back; nothing is decided any more.")))
        return None

    @cached_property
    def closed_by(self) -> tuple[str, datetime] | None:
        """Who decided last and when, where that is why nobody can decide any more."""
        made = [
            each
            for each in self.approval.decisions
            if each.decision == self.view.state and not each.withdrawn
        ]
        return (made[-1].by, made[-1].at) if made else None

    @cached_property
    def not_needed(self) -> list[str]:
        """Who has signed in the reader's place, so that nobody waits for the reader any more; they may still object."""
        if not self.may_decide or self.me in self.approval.waiting_for:
            return []
        held = [asked for asked in self.rules if self._holds(asked.rule) and asked.rule.met]
        return list(dict.fromkeys(made.by for asked in held for made in asked.signed))

    @property
    def can(self) -> list[str]:
        """What the reader can do about it now, as the forms of the page are called."""
        if not self.may_decide:
            return []
        return ["object"] if self.not_needed else ["decide", "object"]

    @cached_property
    def mine(self) -> DecisionShown | None:
        """The reader's own decision: the one that stands, or the last that they made."""
        own = [made for made in self.approval.decisions if made.by == self.me]
        standing = [made for made in own if not made.stale]
        return next(reversed(standing or own), None)

    @property
    def decided(self) -> bool:
        """Whether the reader has a decision that stands: one person decides once."""
        return self.mine is not None and not self.mine.stale

    @cached_property
    def why_not(self) -> list[str]:
        """Why the reader may not decide, whatever the state: nothing when they may."""
        actor = self.visit.actor
        why = [
            say(N_("{who} {why}"), who=actor.name, why=each)
            for each in self.seated.why_not(actor.name, actor.functions)
        ]
        if not self.visit.may_do("decide"):
            why.append(
                say(
                    N_("{who} does not have the role approver; an administrator can grant it"), who=actor.name
                )
            )
        return [self._whole(sentence) for sentence in why]

    @property
    def may_decide(self) -> bool:
        """Whether the forms are shown."""
        return not (self.closed or self.decided or self.why_not or self.earlier)

    @cached_property
    def earlier(self) -> list[str]:
        """Who has to sign before the reader may, under each rule that asks the reader: it is not their turn."""
        if self.me in self.approval.waiting_for:
            return []  # also after somebody whom nobody waits for any more
        held = [rule for rule in self.approval.rules if self._holds(rule)]
        before = [self._before(self.me, rule) for rule in held]
        return before[0] if before and all(before) else []

    def _holds(self, rule: RuleShown) -> bool:
        mine = rule.added_by or holds(rule.source, self.visit.actor.functions, None)
        return bool(mine) and self.me in self._holders(rule)

    def _later(self, rule: RuleShown) -> list[str]:
        """Return who signs under a rule once others have signed."""
        decided = {each.by for each in self.approval.decisions if not each.stale}
        return [
            name
            for name in self._holders(rule)
            if name not in decided and name not in self.approval.waiting_for and self._before(name, rule)
        ]

    def _before(self, name: str, rule: RuleShown) -> list[str]:
        """Return who signs before somebody under a rule and has not approved."""
        added = self.approval.added
        first = [each.name for each in added if each.by == name and each.place == "before"]
        first += [each.by for each in added if each.name == name and each.place == "after"]
        if rule.mode == "ordered" and name not in self.approval.waiting_for:
            first += [other for other in self.approval.waiting_for if other in self._holders(rule)]
        return [other for other in dict.fromkeys(first) if other not in self._approved]

    @property
    def _approved(self) -> set[str]:
        made = self.approval.decisions
        return {each.by for each in made if each.decision == "approved" and not each.stale}

    @property
    def returnable(self) -> list[tuple[str, str]]:
        """The tasks to which it can be returned: id and title."""
        able = self.standing.returnable(self.view.ref)
        return [
            (public_id(self.view.run_id, ref), title.in_language(self.visit.language)) for ref, title in able
        ]

    @property
    def on_rejection(self) -> str:
        """What follows from a rejection by the reader."""
        plan = self.standing.index.approvals[self.view.ref][1]
        if not any(rule.veto for rule in plan.rules if self.me in self.seated.holders(rule)):
            return self._whole(say(N_("Your rejection is kept; it does not stop the approval by itself.")))
        if plan.back_to:
            told = N_("“{task}” is opened again; when it is done, everybody is asked again.")
            return self._whole(say(told, task=self.standing.names[plan.back_to]))
        return self._whole(say(N_("The run is held, and its release manager decides how it goes on.")))

    # -- what --------------------------------------------------------------------------------------------------

    @cached_property
    def outstanding(self) -> list[Point]:
        """What a signer should not miss, the worst first."""
        if self.approval.signed is None or self.view.subject is None:
            return []
        built = new_build(self.view.subject["release"], self.present.model_dump(mode="json"))
        return outstanding(self.approval.signed, self.visit.language, built)

    @cached_property
    def work(self) -> list[tuple[str, list[tuple[int, WorkSigned]]]]:
        """The work that is signed by the title of its stage, each with its place in the subject."""
        work = enumerate(self.approval.signed.work if self.approval.signed else ())
        stages = groupby(work, key=lambda each: each[1].stage)
        return [(self.named(stage), list(group)) for stage, group in stages]

    @cached_property
    def parts(self) -> list[tuple[str, str, str]]:
        """The parts of the subject: name, digest, canonical JSON."""
        subject = self.view.subject or {}
        digests = part_digests(subject) if subject else {}
        return [
            (part, digests[part], canonical(subject[part]).decode())
            for part in PARTS
            if subject and part in subject
        ]

    @cached_property
    def since(self) -> list[Change]:
        """What changed since the reader last looked."""
        return self._changes(self.was.subject) if self.was else []

    def since_digest(self, digest: str) -> list[Change]:
        """Return what changed since the subject of `digest`, where it is the one that the reader saw last."""
        return self.since if self.was and self.was.digest == digest else []

    @property
    def patch(self) -> list[str]:
        """What changed since the reader last looked, as the operations of a JSON Patch, each on a line."""
        if self.was is None or self.view.subject is None:
            return []
        return [canonical(each).decode() for each in patch(self.was.subject, self.view.subject)]

    def by_part(self, found: list[Change]) -> list[tuple[str, list[str]]]:
        """Return changes in the reader's words, those of each part together."""
        parts = groupby(found, key=lambda change: change.part)
        return [(part, [self._whole(change.sentence) for change in group]) for part, group in parts]

    def why_stale(self, made: DecisionShown) -> list[str]:
        """Return what changed since a decision that is stale: in words where it is known, else by parts."""
        look = self.looks.get(made.by)
        if look and look.digest == made.digest and (changed := self._changes(look.subject)):
            return [self._whole(change.sentence) for change in changed]
        row = self.rows.get(made.seq)
        now = part_digests(self.view.subject) if self.view.subject else {}
        parts = difference(row.payload.get("parts", now), now) if row else []
        if not parts:
            return [self._whole(say(_ASKED_AGAIN))]
        return [self._whole(say(N_("changed since: {changed}"), changed=", ".join(parts)))]

    def hash_of(self, made: DecisionShown) -> str:
        """Return the hash of the journal's row of a decision."""
        return self.rows[made.seq].hash

    def _changes(self, before: dict[str, Any]) -> list[Change]:
        return list(changes(before, self.view.subject, self.standing.names)) if self.view.subject else []

    def _whole(self, sentence: Sentence) -> str:
        return whole(sentence, self.visit.language)


async def seen(session: Session, visit: Visit, approval_id: str) -> Seen:
    """Return an approval as the reader sees it who opens its page. Raises NotFound."""
    found = seen_by(await look_at_approval(session, approval_id), visit)
    return replace(
        found,
        looks={**found.looks, **await last_looks(session, approval_id, {found.me})},
        files=await find_attachments(session, _files(found.approval)),
    )


def seen_by(look: ApprovalLook, visit: Visit) -> Seen:
    """Return an approval as the reader sees it, without the files that are signed and what they saw last."""
    approval = ApprovalShown.of(
        look.view, visit.language, comments=look.comments, signed=look.signed, glass=look.glass
    )
    return Seen(
        visit=visit,
        view=look.view,
        approval=approval,
        run=look.run,
        present=look.present,
        standing=look.standing,
        looks=look.looks,
        rows=look.rows,
    )


def _files(approval: ApprovalShown) -> Iterator[str]:
    """Yield the ids of the files that are signed."""
    for work in approval.signed.work if approval.signed else ():
        pieces: Sequence[Any] = [*work.evidence, *(piece for item in work.items for piece in item.evidence)]
        yield from (piece.attachment_id for piece in pieces if piece.type in ("file", "test_result"))
