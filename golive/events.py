"""What happened in a run: immutable, numbered by the workflow, in the past tense."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from golive.commands import GOLIVE, Actor
from golive.model import Fact
from golive.plan import moment
from golive.words import N_, Sentence, Text, Words, say

SUMMARIES: dict[str, str] = {
    "RunStarted": N_("{actor} started “{title}” from {template}"),
    "RunCompleted": N_("The run completed"),
    "RunAborted": N_("The run ended aborted"),
    "RunHeld": N_("{actor} held the run"),
    "RunResumed": N_("{actor} resumed the run"),
    "AbortRequested": N_("{actor} aborted the run"),
    "RollbackRequested": N_("{actor} started the rollback"),
    "BuildReplaced": N_("{actor} replaced the build: {version}"),
    "StageOpened": N_("Stage “{stage}” opened"),
    "StagePassed": N_("Stage “{stage}” passed"),
    "StageReopened": N_("Stage “{stage}” opened again"),
    "StageFailed": N_("Stage “{stage}” failed"),
    "StageSkipped": N_("Stage “{stage}” was not reached"),
    "TaskOpened": N_("Task “{title}” opened for {function}"),
    "TaskStarted": N_("{actor} took “{title}”"),
    "TaskCompleted": N_("{actor} completed “{title}”"),
    "TaskVerified": N_("{actor} verified “{title}”"),
    "TaskSentBack": N_("{actor} sent “{title}” back"),
    "TaskBlocked": N_("{actor} blocked “{title}”"),
    "TaskReopened": N_("{actor} opened “{title}” again"),
    "TaskReassigned": N_("{actor} gave “{title}” to {to}"),
    "TaskNotApplicable": N_("{actor} set “{title}” not applicable"),
    "Commented": N_("{actor} commented"),
    "ApprovalRequested": N_("Asked for “{title}”: {waiting_for}"),
    "DecisionMade": N_("{actor} decided on “{title}”: {decision}"),
    "DecisionWithdrawn": N_("{actor} withdrew the decision on “{title}”"),
    "DecisionDelegated": N_("{actor} handed the decision on “{title}” over to {to} until {until}"),
    "DelegationBegan": N_("{to} decides on “{title}” for {by} now"),
    "DelegationEnded": N_("{by} decides on “{title}” again, no longer {to}"),
    "DeputyStandsIn": N_("{by} is away until {until}: {to} decides on “{title}” for them"),
    "SignerLeft": N_("The decision of {who} on “{title}” no longer counts: {who} {why}"),
    "DelegationDropped": N_("{by} decides on “{title}”: {to} never began to decide for them"),
    "SignersAdded": N_("{actor} had {people} sign “{title}” as well"),
    "SignersReminded": N_("{actor} reminded {to}: “{title}”"),
    "PeopleInformed": N_("{actor} keeps {people} informed of “{title}”"),
    "DecisionsStale": N_("Decisions on “{title}” are stale: {changed} changed"),
    "ApprovalGranted": N_("“{title}” is approved"),
    "ApprovalRejected": N_("“{title}” is rejected"),
    "ApprovalReturned": N_("“{title}” was returned to “{task}”"),
    "RuleExpired": N_("The time of {rule} for “{title}” is over; awaited: {awaited}"),
    "ApprovalExpired": N_("“{title}” expired without a decision, which is not a yes"),
    "CheckChanged": N_("Check “{title}”: {state}"),
    "GlassBroken": N_("{actor} broke the glass: “{title}” is granted against its rules"),
    "WaiverRequested": N_("{actor} asked for a waiver of “{title}” until {ends_at}"),
    "WaiverGranted": N_("{actor} granted the waiver of “{title}” until {ends_at}"),
    "WaiverRejected": N_("{actor} refused the waiver of “{title}”"),
    "WaiverExpired": N_("The waiver of “{title}” is over; the check counts again"),
    "WaiverEnded": N_("The waiver of “{title}” is over: what it was for is there no more"),
    "AmendmentRequested": N_("{actor} asked to amend the plan ({why})"),
    "AmendmentApproved": N_("{actor} approved the amendment of the plan"),
    "AmendmentRejected": N_("{actor} rejected the amendment of the plan"),
    "AmendmentWithdrawn": N_("{actor} withdrew the amendment of the plan"),
    "AmendmentExpired": N_("The amendment of the plan expired without a decision, which is not a yes"),
    "AmendmentEnded": N_("The amendment of the plan was not decided before the run ended"),
    "PlanAmended": N_("The run follows version {version} of its plan"),
    "AlertRaised": N_("Alert: {what}"),
    "Reminded": N_("Reminded {to}: “{title}”"),
    "Escalated": N_("“{title}” is overdue; told {to}"),
    "NotificationSent": N_("Told {to}: {outcome}"),
    "ServiceLockRequested": N_("Asked for {service} in {environment}"),
    "ServiceLockWaiting": N_("{service} in {environment} is held by run {holder}"),
    "ServiceLocked": N_("The run holds {service} in {environment}"),
    "ServiceLockReleased": N_("The run released {service} in {environment}"),
    "RolloutStepStarted": N_("Rollout step {step}: {what}"),
    "RolloutPromoted": N_("{actor} promoted the rollout"),
    "RolloutPromotedFull": N_("{actor} promoted the rollout to the end"),
    "RolloutRestarted": N_("{actor} started the rollout over"),
    "TrafficShifted": N_("Traffic: {weight} % to the new version"),
    "TrafficReturned": N_("Traffic returned to stable"),
    "StableConfirmed": N_("Read back once more: all traffic is on stable"),
    "ShiftFailed": N_("Traffic could not be shifted to {weight} %: {cause}"),
    "VerdictChanged": N_("Health is {verdict}: {cause}"),
    "RollbackStarted": N_("The rollback started: {cause}"),
    "LessonsShown": N_("{count} lessons of earlier runs were shown"),
    "LessonAdded": N_("{actor} added a lesson"),
    "ActionAdded": N_("{actor} agreed on an action with {owner}"),
    "ActionClosed": N_("{actor} closed an action"),
    "ReportWritten": N_("The review report was written"),
}
"""The sentence of each type of event; its places are filled from the payload, and {actor}."""


_MOMENTS = ("until", "ends_at")
"""Places of the sentences above that hold a time."""


class Event(Fact):
    """One row of a run's journal before it is chained.

    `object` is `run`, `stage:ID`, `task:REF`, `approval:REF` or `rollout:ID`. `payload` holds JSON facts,
    never free text of people: that is `words`, by name (`reason`, `remark`, `comment`, `remark.1`, ...).
    `command_id` is set on the first event of a person's act. `digest` is the subject that was decided on.
    """

    seq: int
    at: AwareDatetime
    type: str
    object: str = "run"
    actor: Actor = GOLIVE
    payload: dict[str, Any] = {}
    words: dict[str, Words] = {}
    command_id: str | None = None
    digest: str | None = None


def summary(event_type: str, actor: str, payload: dict[str, Any]) -> Sentence:
    """Return what happened in one sentence."""
    args: dict[str, str | int | float | Text | Sentence] = {"actor": actor}
    for name, value in payload.items():
        if isinstance(value, dict) and value.keys() == {"en", "zh"}:
            args[name] = Text(**value)
        elif isinstance(value, dict) and "msgid" in value:
            args[name] = Sentence(**value)
        elif isinstance(value, list):
            args[name] = ", ".join(str(part) for part in value)
        elif isinstance(value, str) and name in _MOMENTS:
            args[name] = moment(datetime.fromisoformat(value))
        elif isinstance(value, str | int | float):
            args[name] = value
    if behalf := payload.get("on_behalf_of"):
        args["actor"] = say(N_("{who} for {behalf}"), who=actor, behalf=behalf)
    return Sentence(msgid=SUMMARIES[event_type], args=args)
