"""What each key of a template means, for editors: by the model and the key, else by the key alone."""

from __future__ import annotations

from golive.words import N_

MEANINGS: dict[str, str] = {
    "key": N_("Its name in references and in ids: lower case letters, digits and hyphens."),
    "title": N_("What people read; one text, or its two languages as en and zh."),
    "description": N_("More about it; one text, or its two languages as en and zh."),
    "en": N_("The text in English."),
    "zh": N_("The text in Simplified Chinese."),
    "days": N_("Working days in a working calendar, 24 hours elsewhere."),
    "seconds": N_("Seconds beside the days."),
    "do": N_("What this step of the rollout does."),
    "Template.name": N_("What the template is called in starts and uses; it never changes."),
    "Template.parameters": N_("What the person who starts a run may set, written as ${key} in the stages."),
    "Template.calendar": N_("Working time, in which due times and reminders count."),
    "Template.ladder": N_("When who is reminded of what is due or overdue."),
    "Template.stages": N_("The steps of a run; each opens when those it needs have passed."),
    "Checklist.name": N_("What tasks call the checklist."),
    "Checklist.items": N_("Its lines, which a task that names it gets behind its own."),
    "Parameter.key": N_("The name that is written as ${key}: lower case letters, digits and _."),
    "Parameter.type": N_("What kind of value it takes."),
    "Parameter.default": N_("The value where a start gives none; without it every start must give one."),
    "Parameter.choices": N_("The values that a choice can have."),
    "Parameter.min": N_("The least value of a number."),
    "Parameter.max": N_("The greatest value of a number."),
    "Calendar.time_zone": N_("The time zone of the working hours, such as Asia/Shanghai."),
    "Calendar.weekdays": N_("The working days of a week, counted from Monday = 0."),
    "Calendar.hours": N_("The working hours of a day, in order."),
    "Calendar.holidays": N_("Days on which nobody works, such as 2026-10-01."),
    "Calendar.make_up_days": N_("Days on which people work although their weekday says otherwise."),
    "Calendar.always": N_("Every second counts, nights and weekends too."),
    "Hours.start": N_("When work begins, local time, such as 09:00."),
    "Hours.end": N_("When work ends, local time, such as 18:00."),
    "Ladder.rungs": N_("The reminders until something is due, in their order."),
    "Ladder.max_overdue": N_("How often what is overdue is told again."),
    "Ladder.overdue_every": N_("The time between two tellings of what is overdue."),
    "Rung.percent": N_("At how many per cent of the time until due."),
    "Rung.to": N_("Who is told."),
    "Stage.id": N_("Its name in needs and references: lower case letters, digits and hyphens."),
    "Stage.process": N_("What kind of stage it is."),
    "Stage.needs": N_("The stages that must have passed before it opens."),
    "Stage.tasks": N_("The work of the stage."),
    "Stage.approvals": N_("The decisions that the stage asks for."),
    "Stage.gates": N_("Measured conditions that open or close the stage."),
    "Stage.rollout": N_("How traffic moves; only in grey_release and full_release, and always there."),
    "Stage.observe": N_("How long hypercare stays open at least."),
    "Stage.on_rollback": N_("What people do when the run is rolled back, beyond the return of traffic."),
    "Use.id": N_("What the stage is called here."),
    "Use.use": N_("The template whose stages take this place."),
    "Use.title": N_("Another title, if the template has one stage."),
    "Use.needs": N_("The stages that must have passed before its first ones open."),
    "Use.parameters": N_("Values of its parameters; pace goes along by itself."),
    "Task.function": N_("Who does it: people of this function, such as qa or ops."),
    "Task.needs": N_("Tasks that must be finished first: a key of this stage, or STAGE.KEY."),
    "Task.priority": N_("How urgent it is; P0 disturbs at night."),
    "Task.due": N_("When it is due, in working time, such as 2d."),
    "Task.verify": N_("A second person confirms it."),
    "Task.per_build": N_("It is done again for a new build."),
    "Task.point_of_no_return": N_("Once it is done nothing is rolled back any more."),
    "Task.requires": N_("Evidence without which it cannot be completed."),
    "Task.items": N_("Its own checklist."),
    "Task.checklist": N_("A reusable checklist whose items are added."),
    "Item.id": N_("Its name within the task: lower case letters, digits and hyphens."),
    "Item.text": N_("What has to be so or to be done; one text, or its two languages as en and zh."),
    "Item.required": N_("Without a result of it the task cannot be completed."),
    "Item.requires": N_("Evidence that the item asks for."),
    "Requirement.type": N_("The kind of evidence; a test_result is a JUnit XML report."),
    "Requirement.min": N_("How many pieces at least."),
    "Requirement.name": N_("The name of the metric."),
    "Requirement.example": N_("A value that would pass."),
    "Due.within": N_("How long after its origin."),
    "Due.after": N_("Counts from the completion of this task instead of the opening of the stage."),
    "Due.before_go_live": N_("Counts back from the planned go-live, in whole working days."),
    "Approval.rules": N_("Who must decide; all rules must be met."),
    "Approval.rules_by": N_("Instead of rules: a decision table that gives those that apply to a start."),
    "DecisionTable.hit": N_(
        "Which row applies: the first that fits, or the one that fits (unique), where no two may."
    ),
    "DecisionTable.rows": N_("Its rows, in their order."),
    "DecisionTable.otherwise": N_("Who must decide where no row fits."),
    "DecisionTable.refuse_others": N_("A start that no row fits is refused."),
    "TableRow.when": N_(
        "What it asks of parameters: a value, a list of them, or a comparison such as >= 7 or >= 3 and < 7."
    ),
    "TableRow.rules": N_("Who must decide where the row applies; all rules must be met."),
    "Approval.after": N_("The tasks that must be done before it is asked for; default: all of the stage."),
    "Approval.distinct": N_("Each place is filled by another person."),
    "Approval.meaning": N_("What a signature says."),
    "Approval.reauthenticate": N_("Whoever signs proves again who they are, for that very act."),
    "Approval.due": N_("The working time for a decision; then it is overdue."),
    "Approval.expires_in": N_(
        "The working time after which nobody can decide any more; that is never a yes."
    ),
    "Approval.on_expiry": N_("What an expiry does: hold the run for the release manager, or count as a no."),
    "Approval.back_to": N_("The task that a no opens again; without it the run is held."),
    "Rule.function": N_("Who decides: people of this function."),
    "Rule.group": N_(
        "Who decides: whoever is in this group when decisions are asked for, and still when they decide."
    ),
    "Rule.people": N_("Who decides: these people, by their names."),
    "Rule.manager_of": N_(
        "Who decides: the manager of whoever started the run (release_manager), or those of whoever made the artifact "
        "(authors)."
    ),
    "Rule.owner_of_service": N_("Who decides: whoever owns the service that goes live."),
    "Rule.mode": N_(
        "How many of them: any one, all, n, percent, or all of them one after another (ordered)."
    ),
    "Rule.min": N_("How many in the mode n, how many per cent in the mode percent."),
    "Rule.veto": N_("A single no of this rule is enough."),
    "Rule.may_fill_many": N_("One person may decide for this rule and another one."),
    "Rule.exclude_doers_of": N_("Whoever did these tasks does not decide."),
    "Rule.covers": N_(
        "The parts of the subject that a decision under this rule is about; without them all of it."
    ),
    "Rule.expires_in": N_(
        "The working time after which this rule, if it is not met, closes the approval; never as a yes."
    ),
    "Rule.on_expiry": N_("What that does: hold the run for the release manager, or count as a no."),
    "Gate.on": N_("Judged before the stage opens (entry) or before it passes (exit)."),
    "Gate.checks": N_("The conditions; all must pass."),
    "Check.source": N_("Where the value is read: a fact of a task's evidence, or a metric that is measured."),
    "Check.compare": N_("How the value is compared with the threshold."),
    "Check.threshold": N_("What the value is compared with."),
    "Check.max_age": N_("How old the value may be."),
    "Check.countermeasures": N_("What helps when it fails."),
    "FactSource.task": N_("The task whose evidence is read: a key of this stage, or STAGE.KEY."),
    "FactSource.fact": N_(
        "The metric's name; of a test report tests, failures, errors, skipped, passed or pass_rate."
    ),
    "MetricSource.metric": N_("The query that the metrics connector measures."),
    "Rollout.steps": N_("How traffic moves, step by step."),
    "Rollout.analyses": N_("What is watched meanwhile."),
    "Rollout.on_unhealthy": N_("What bad health does: bring all traffic back, or stop for a person."),
    "Rollout.on_conflict": N_("What happens while another run holds the service."),
    "Rollout.metrics": N_("False: nothing is measured, and a person looks at each step."),
    "SetWeight.weight": N_("The share of the traffic for the new version, in per cent."),
    "SetWeight.lower": N_("A smaller weight than before is meant."),
    "Pause.duration": N_("How long; without it until a person promotes."),
    "Bake.duration": N_("How long the new version is observed."),
    "ApprovalStep.approval": N_("The approval of this stage that is asked for."),
    "Analysis.metric": N_("The query that the metrics connector measures."),
    "Analysis.success": N_("When a measurement is good, such as >= 0.99."),
    "Analysis.failure": N_("When a measurement is bad, such as < 0.95."),
    "Analysis.interval": N_("The time between two measurements; alone, until the step ends."),
    "Analysis.count": N_("How many measurements; above 1 an interval is needed."),
    "Analysis.initial_delay": N_("How long after the start of the step the first one is made."),
    "Analysis.failure_limit": N_("How many bad measurements are accepted."),
    "Analysis.inconclusive_limit": N_("How many measurements without an answer are accepted."),
    "Analysis.consecutive_error_limit": N_("How many errors in a row are accepted."),
    "Analysis.dry_run": N_("It is shown and never counted."),
    "Condition.compare": N_("How the value is compared with the threshold."),
    "Condition.threshold": N_("What the value is compared with."),
}


def meaning(model: str, key: str) -> str:
    """Return what a key of a model means. Raises KeyError."""
    return MEANINGS.get(f"{model}.{key}") or MEANINGS[key]
