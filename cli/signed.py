"""What a signature covers, for the eyes of who signs: release, plan, work with its evidence, gates, rollout."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.language import _
from cli.run_page import CHECKS
from cli.screen import plain, state, when
from cli.tables import Row, facts, section, table
from cli.work import evidence_lines, item_lines


def signed_page(signed: Row) -> Iterator[RenderableType]:
    """Show everything that the digest of an approval covers."""
    yield from section(_("What is signed: the release"), _release(signed["release"]))
    yield from section(_("What is signed: the plan"), _plan(signed["plan"]))
    for work in signed["work"]:
        yield from _work(work)
    for gate in signed["gates"]:
        yield from _gate(gate)
    for rollout in signed["rollout"]:
        title = _("What is signed: how traffic moves in “{stage}”").format(stage=plain(rollout["stage"]))
        yield from section(title, *_rollout(rollout))


def _release(release: Row) -> RenderableType:
    return facts(
        [
            (_("service"), release["service"]),
            (_("version"), release["version"]),
            (_("environment"), release["environment"]),
            (
                _("artifacts"),
                "\n".join(f"{plain(a['name'])}  {plain(a['digest'])}" for a in release["artifacts"]),
            ),
            (_("made by"), release["authors"] or _("unknown")),
            (_("scope"), release["scope"]),
            (
                _("see also"),
                [f"{r['system']} {r['id']} {r['url'] or ''}".strip() for r in release["external_refs"]],
            ),
        ]
    )


def _plan(plan: Row) -> RenderableType:
    template = _("{template}, version {version}").format(
        template=plain(plan["template"]), version=plan["version"]
    )
    values = [(name, plain(value)) for name, value in plan["parameters"].items()]
    version = [(_("version of the run’s plan"), plan["amended"])] if plan.get("amended", 1) > 1 else []
    return facts([(_("template"), template), (_("hash"), plan["hash"]), *version, *values])


def _work(work: Row) -> Iterator[RenderableType]:
    head = Text(f"{plain(work['title'])}  ", style="bold").append_text(state(work["state"]))
    yield Text("")
    yield head.append_text(_changed(work))
    lines = [
        Text(plain(work["id"]), style="dim"),
        Text(_by(work), style="dim"),
        *_reason(work),
        *item_lines(work["items"]),
        *evidence_lines(work["evidence"]),
    ]
    for line in lines:
        yield Padding(line, (0, 0, 0, 2), expand=False)


def _reason(work: Row) -> Iterator[Text]:
    """Yield why a task does not apply or was opened again; a reason that was erased was given."""
    if work["reason"] or work["state"] == "not_applicable":
        yield Text(f"{_('reason')}: {plain(work['reason'] or _('(erased)'))}")


def _by(work: Row) -> str:
    if not work["done_by"]:
        return _("not done now")
    done = _("{who}, {at}").format(who=plain(work["done_by"]), at=when(work["done_at"]))
    if not work["verified_by"]:
        return done
    return _("{done}; confirmed by {who}").format(done=done, who=plain(work["verified_by"]))


def _gate(signed: Row) -> Iterator[RenderableType]:
    gate = signed["gate"]
    yield Text("")
    title = _("Gate: {title}").format(title=f"{plain(signed['stage'])} · {plain(gate['title'])}")
    head = Text(f"{title}  ", style="bold").append_text(state(gate["state"]))
    yield head.append_text(_changed(signed))
    yield Padding(table(CHECKS, gate["checks"]), (0, 0, 0, 2), expand=False)


def _changed(signed: Row) -> Text:
    said = _("has changed since; the digest is of an earlier state")
    return Text("") if signed["as_signed"] else Text(f"  {said}", style="yellow")


def _rollout(rollout: Row) -> Iterator[RenderableType]:
    yield from (Text(f"{n}. {plain(step)}") for n, step in enumerate(rollout["steps"], 1))
    for said in (*rollout["watched"], *rollout["by_itself"]):
        yield Text(plain(said), style="dim")
