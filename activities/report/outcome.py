"""What went live and how it ended: the release with its builds, and the run in a few figures."""

from __future__ import annotations

from activities.report.document import Block, Cell, Code, Facts, Many, Paragraph, Section, State, many, table
from activities.report.told import REMINDERS, Told, reason_of
from activities.report.waits import time_of
from golive.recording import Build
from golive.words import N_, Sentence, say
from golive.working_time import working_between


def lead(told: Told) -> Sentence:
    """Say in one sentence what this document is about."""
    return say(
        N_("Go-live of {service} {version} to {environment}"),
        service=told.run.release.service,
        version=told.run.release.version,
        environment=told.run.release.environment,
    )


def outcome(told: Told) -> Section:
    """Tell how it ended, why, and in which figures."""
    blocks: list[Block] = [Paragraph(_sentence(told))]
    if told.kind == "draft":
        blocks.append(
            Paragraph(say(N_("This is a draft: the run goes on, and the final report takes its place.")))
        )
    if not _with_metrics(told):
        blocks.append(
            Paragraph(
                say(
                    N_(
                        "The rollout ran without metrics: nothing measured its health, and every step paused"
                        " for a person."
                    )
                ),
                tone="warning",
            )
        )
    blocks.append(Facts(tuple(_figures(told))))
    return Section("outcome", say(N_("Outcome")), tuple(blocks))


def _sentence(told: Told) -> Sentence:
    cause = _cause(told)
    if told.outcome == "completed":
        return say(N_("The release is live: the run completed."))
    if told.outcome == "aborted" and cause is not None:
        return say(N_("The run was aborted: {cause}."), cause=cause)
    if told.outcome == "aborted":
        return say(N_("The run was aborted."))
    weight = told.run.weight
    return say(N_("The run is under way; the share of the new version is {weight} %."), weight=weight)


def _cause(told: Told) -> str | Sentence | None:
    for row in told.events("RollbackStarted", "AbortRequested"):
        cause = reason_of(row)
        if isinstance(cause, Sentence | str):
            return cause
    return None


def _with_metrics(told: Told) -> bool:
    rollouts = [stage.rollout for stage in told.run.plan.stages if stage.rollout is not None]
    return not rollouts or any(rollout.metrics and rollout.analyses for rollout in rollouts)


def _figures(told: Told) -> list[tuple[Sentence, Cell]]:
    run = told.run
    elapsed = told.until - run.started_at
    done = sum(task.state == "done" for task in run.tasks)
    spared = sum(task.state == "not_applicable" for task in run.tasks)
    asked = [task for task in run.tasks if task.opened_at or task.state != "locked"]
    return [
        (say(N_("started")), run.started_at),
        (say(N_("last event")), told.until),
        (say(N_("took so far") if told.kind == "draft" else N_("took")), elapsed),
        (
            say(N_("of it working time")),
            working_between(run.plan.calendar, run.started_at, told.until),
        ),
        (
            say(N_("tasks")),
            say(
                N_("{done} done, {spared} not applicable, of {asked} that were opened"),
                done=done,
                spared=spared,
                asked=len(asked),
            ),
        ),
        (say(N_("decisions")), len(told.events("DecisionMade"))),
        (say(N_("builds")), len(run.builds)),
        (say(N_("alerts")), len(told.events("AlertRaised"))),
        (say(N_("holds")), len(told.events("RunHeld"))),
        (say(N_("reminders and escalations")), len(told.events(*REMINDERS))),
    ]


def release(told: Told) -> Section:
    """Tell what went live, by which process, and who was named for it."""
    run, plan, present = told.run, told.run.plan, told.run.release
    rows: list[tuple[Sentence, Cell]] = [
        (say(N_("service")), present.service),
        (say(N_("version")), present.version),
        (say(N_("environment")), present.environment),
        (say(N_("artifacts")), artifacts(run.builds[-1])),
        (say(N_("made by")), ", ".join(present.authors) or say(N_("unknown"))),
        (say(N_("scope")), present.scope),
        (
            say(N_("known elsewhere as")),
            many([f"{ref.system} {ref.id}" for ref in present.external_refs]),
        ),
        (
            say(N_("template")),
            Many((run.template_title, f"{run.template} v{run.template_version}", Code(plan.template_hash))),
        ),
        (say(N_("release manager")), run.release_manager),
        (say(N_("started by")), run.started_by),
        (say(N_("planned go-live")), run.go_live_at),
        (say(N_("run")), Code(run.id)),
    ]
    people = [(function, ", ".join(names)) for function, names in plan.people.items() if names]
    blocks: list[Block] = [Facts(tuple((name, value) for name, value in rows if value is not None))]
    blocks.append(
        table(
            say(N_("People by function")),
            (say(N_("function")), say(N_("people"))),
            [*people],
            none=say(N_("The plan names nobody.")),
        )
    )
    return Section("release", say(N_("Release")), (*blocks, *_builds(told)))


def artifacts(build: Build) -> Cell:
    """Return name and digest of everything that a build is made of."""
    parts: list[Cell] = []
    for artifact in build.release.artifacts:
        parts += [artifact.name, Code(artifact.digest)]
    return many(parts)


def _builds(told: Told) -> tuple[Block, ...]:
    reasons = {row.payload.get("n"): row.reason for row in told.events("BuildReplaced")}
    if len(told.run.builds) == 1:
        return (Paragraph(say(N_("There was one build."))),)
    rows: list[tuple[Cell, ...]] = [
        (build.n, build.release.version, artifacts(build), build.at, build.by, reasons.get(build.n))
        for build in told.run.builds
    ]
    columns = (
        say(N_("build")),
        say(N_("version")),
        say(N_("artifacts")),
        say(N_("since")),
        say(N_("by")),
        say(N_("reason")),
    )
    return (table(say(N_("Builds")), columns, rows, none=say(N_("There was no build."))),)


def back_out(told: Told) -> Section | None:
    """Tell how the run went back, where it did: cause, traffic, and the tasks beyond traffic."""
    started = told.events("RollbackStarted", "AbortRequested", "RollbackRequested")
    if not started:
        return None
    begun = time_of(started[0])
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            _step(row.action),
            time_of(row) - begun,
            row.actor,
            reason_of(row),
        )
        for row in told.events(
            "AbortRequested", "RollbackRequested", "RollbackStarted", "TrafficReturned", "StableConfirmed"
        )
    ]
    columns = (say(N_("time")), say(N_("what")), say(N_("after")), say(N_("who")), say(N_("why")))
    tasks: list[tuple[Cell, ...]] = [
        (task.title, State(task.state), task.function, task.done_by, task.done_at)
        for task in told.run.tasks
        if task.back_out and task.opened_at is not None
    ]
    asked = (say(N_("task")), say(N_("state")), say(N_("function")), say(N_("done by")), say(N_("done")))
    return Section(
        "back-out",
        say(N_("Back-out")),
        (
            table(say(N_("The way back")), columns, rows, none=say(N_("Nothing went back."))),
            table(
                say(N_("Back-out tasks")),
                asked,
                tasks,
                none=say(N_("No back-out task was needed beyond traffic.")),
            ),
        ),
    )


def _step(action: str) -> Sentence:
    told = {
        "AbortRequested": N_("abort asked for"),
        "RollbackRequested": N_("rollback asked for"),
        "RollbackStarted": N_("rollback started"),
        "TrafficReturned": N_("traffic returned to stable"),
        "StableConfirmed": N_("stable read back once more"),
    }
    return say(told[action])
