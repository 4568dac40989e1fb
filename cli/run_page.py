"""A whole run on one screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.language import _
from cli.screen import named, number, plain, state, until, when
from cli.tables import APPROVALS, TASKS, WAITS, Column, Row, facts, section, states, table, text
from golive.vocabulary import FINISHED

_BAR = 30


def run_page(run: Any) -> Iterator[RenderableType]:
    """Show a run: what it is, what it waits for, its stages, gates and rollout, and the work left."""
    yield from head(run)
    yield from lessons(run)
    if waits := run.get("waits"):
        yield from section(_("Awaited"), table(WAITS, waits))
    yield from section(_("Stages"), stages(run))
    yield from _gates(run)
    yield from _work(run)


def head(run: Row) -> Iterator[RenderableType]:
    """Show what a run is and where it stands."""
    release = run.get("release") or {}
    title = Text(f"{plain(run.get('title'))}  ", style="bold")
    yield title.append_text(state(run.get("state")))
    if blocked := run.get("blocked_by"):
        yield Text(plain(blocked), style="yellow")
    if passed := run.get("no_return"):
        said = _("“{task}” is done: there is no way back, only forward fixes are left.")
        yield Text(said.format(task=plain(passed)), style="bold yellow")
    if others := run.get("beside"):
        said = _("Other open runs of {service} in {environment}: {others}. One moves its traffic at a time.")
        yield Text(said.format(**release, others=plain(others)), style="yellow")
    yield facts(
        [
            (_("id"), run.get("id")),
            (
                _("release"),
                " ".join(plain(release.get(part)) for part in ("service", "version", "environment")),
            ),
            (_("artifacts"), [f"{a.get('name')} {a.get('digest')}" for a in release.get("artifacts", [])]),
            (
                _("template"),
                f"{plain(run.get('template'))} {_('version')} {plain(run.get('template_version'))}",
            ),
            *([(_("plan"), _amended(run))] if run.get("amendments") else []),
            (_("started"), f"{when(run.get('started_at'))} ({until(run.get('started_at'))})"),
            (_("ended"), when(run.get("ended_at"))),
        ]
    )


def _amended(run: Row) -> list[str]:
    """Return the version of the plan, and each amendment of it with its state."""
    version = f"{_('version')} {plain(run.get('plan_version'))}"
    return [version, *(f"{each['id']} {named(each['state'])}" for each in run["amendments"])]


def lessons(run: Row) -> Iterator[RenderableType]:
    """Show what earlier runs of the same service taught, while this one can still make use of it."""
    if taught := run.get("lessons"):
        rows = [
            Text(f"• {plain(one['text'])} ({plain(one['by'])}, {plain(one['run_id'])})") for one in taught
        ]
        yield from section(_("Lessons of earlier runs"), *rows)


def stages(run: Row) -> RenderableType:
    """Show the stages of a run, with the planned end of each and the traffic of those that move it."""
    planned = {stage["stage"]: when(stage["ends_at"]) for stage in run.get("forecast") or []}
    return table(
        [
            (_("STAGE"), text("id")),
            (_("TITLE"), text("title")),
            (_("STATE"), states),
            (_("OPENED"), lambda stage: Text(when(stage.get("opened_at")))),
            (_("ENDED"), lambda stage: Text(when(stage.get("ended_at")))),
            (_("PLANNED"), lambda stage: Text(planned.get(stage["id"], ""), style="dim")),
            (_("TRAFFIC"), lambda stage: rollout(stage.get("rollout"))),
        ],
        run.get("stages") or [],
    )


def rollout(view: Row | None) -> Text:
    """Show the share of the new version as a bar, with the step, while there is one, and the verdict."""
    if not view:
        return Text("")
    weight, step, steps = int(view["weight"]), int(view["step"]) + 1, int(view["steps"])
    full = round(weight * _BAR / 100)
    shown = Text("█" * full, style="green").append("░" * (_BAR - full), style="dim").append(f" {weight} %  ")
    if step <= steps:
        shown.append(f"{step}/{steps} {plain(view['what'])}  ", style="")
    return shown.append_text(state(view.get("verdict") or view["state"]))


def _gates(run: Row) -> Iterator[RenderableType]:
    for stage in run.get("stages") or []:
        for gate in stage.get("gates") or []:
            title = f"{plain(stage.get('title'))} · {plain(gate.get('title') or gate.get('key'))}"
            checks = gate.get("checks") or []
            yield from section(
                _("Gate: {title}").format(title=title), table(CHECKS, checks), *_suggested(checks)
            )


def _suggested(checks: list[Row]) -> Iterator[Text]:
    """Yield what the template suggests against checks that do not pass."""
    for check in checks:
        for measure in check.get("countermeasures") or []:
            yield Text(f"→ {plain(measure)}", style="yellow")


CHECKS: list[Column] = [
    (_("CHECK"), text("title")),
    (_("STATE"), states),
    (_("OBSERVED"), lambda check: Text(number(check.get("observed")))),
    (_("FROM"), text("source")),
    (_("WANTED"), lambda check: Text(f"{plain(check.get('compare'))} {number(check.get('threshold'))}")),
    (_("WHY"), text("cause")),
]


def _work(run: Row) -> Iterator[RenderableType]:
    tasks = [t for t in run.get("tasks") or [] if not t.get("back_out") or t.get("state") != "locked"]
    open_tasks = [task for task in tasks if task.get("state") not in (*FINISHED, "locked")]
    done = sum(task.get("state") in FINISHED for task in tasks)
    if tasks:
        title = _("Tasks: {done} of {all} done").format(done=done, all=len(tasks))
        reasons = [Text(f"{plain(t['title'])}: {plain(t['reason'])}") for t in open_tasks if t.get("reason")]
        yield from section(title, *([table(TASKS, open_tasks)] if open_tasks else []), *reasons)
    pending = [approval for approval in run.get("approvals") or [] if approval.get("state") != "locked"]
    if pending:
        yield from section(_("Approvals"), table(APPROVALS, pending))
