"""Templates and checklists: list, look at, validate, preview, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import RenderableType
from rich.text import Text

from cli import bundled, completing, given
from cli.connected import Connected, acting, connected
from cli.failure import Failure
from cli.given import Cursor
from cli.language import _
from cli.screen import plain, when
from cli.source_files import bundle_of, is_one, text_of
from cli.tables import Column, facts, listed, section, table, text

app = typer.Typer(
    help=_("Templates of go-lives: begin, check, test, publish, list, show, preview."), no_args_is_help=True
)
checklists = typer.Typer(help=_("Reusable checklists: list, show, validate, publish."), no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help=_("A YAML file."))]
Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE|FOLDER", help=_("YAML files, and folders of them: templates and their checklists.")
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("Its name."))]
Template = Annotated[
    str, typer.Argument(metavar="NAME", help=_("Its name."), autocompletion=completing.templates)
]
Number = Annotated[int | None, typer.Option("--version", min=1, help=_("Its version; default: the latest."))]


@app.command("list", help=_("List templates, each in its latest version."))
@connected
def list_templates(golive: Connected, cursor: Cursor = None) -> None:
    """List templates."""
    golive.tell(golive.get("/templates", cursor=cursor), listed(_SOURCES, _("No templates.")))


@app.command("show", help=_("Show a template: its parameters, stages and functions; --source its YAML."))
@connected
def show(
    golive: Connected,
    name: Template,
    number: Number = None,
    source: Annotated[bool, typer.Option("--source", help=_("Print its YAML as published."))] = False,
) -> None:
    """Show a template."""
    answer = golive.get(f"/templates/{name}/versions/{number or latest_version(golive, 'templates', name)}")
    golive.tell(answer, (lambda shown: [plain(shown["source"].rstrip("\n"))]) if source else _template_page)


@app.command(
    "validate", help=_("Check templates without publishing them; every error names file, line and path.")
)
@acting
def validate(golive: Connected, paths: Paths) -> None:
    """Validate a template, or several with their checklists."""
    if is_one(paths):
        golive.tell(golive.post("/templates/validate", read_source(paths[0])), _valid)
    else:
        golive.tell(golive.post("/templates/bundle/validate", bundle_of(paths)), _all_valid)


@app.command(
    "publish",
    help=_("Publish templates as their next versions, all or nothing; running runs keep theirs."),
)
@acting
def publish(golive: Connected, paths: Paths) -> None:
    """Publish a template, or several with their checklists."""
    if is_one(paths):
        _tell_published(golive, golive.post("/templates", read_source(paths[0])), _published)
    else:
        _tell_published(golive, golive.post("/templates/bundle", bundle_of(paths)), _all_published)


@app.command("preview", help=_("Print the plan that a start would make now, with its dates."))
@acting
def preview(
    golive: Connected,
    name: Template,
    param: Annotated[
        list[str], typer.Option("--param", "-p", metavar="NAME=VALUE", help=_("A parameter of the template."))
    ] = [],  # noqa: B006
    person: Annotated[
        list[str], typer.Option("--person", metavar="FUNCTION=USER", help=_("Who acts for a function."))
    ] = [],  # noqa: B006
    service: Annotated[str | None, typer.Option("--service", "-s", help=_("What goes live."))] = None,
    version: Annotated[str | None, typer.Option("--release", help=_("Version of what goes live."))] = None,
    start_at: Annotated[str | None, typer.Option(metavar="TIME", help=_("Start then, not now."))] = None,
    go_live_at: Annotated[str | None, typer.Option(metavar="TIME", help=_("Planned go-live."))] = None,
) -> None:
    """Preview a plan. What goes live does not change it: a placeholder stands in where nothing is given."""
    unbuilt = {"name": "placeholder", "digest": "sha256:" + "0" * 64}
    body = {
        "template": name,
        "title": None if service or version else name,
        "parameters": given.parameters(param),
        "release": {"service": service or name, "version": version or "0", "artifacts": [unbuilt]},
        "people": given.people(person),
        "start_at": given.instant(start_at, "--start-at"),
        "go_live_at": given.instant(go_live_at, "--go-live-at"),
    }
    present = {field: value for field, value in body.items() if value is not None}
    golive.tell(golive.post("/templates/preview", present), preview_page)


@checklists.command("list", help=_("List checklists, each in its latest version."))
@connected
def list_checklists(golive: Connected) -> None:
    """List checklists."""
    golive.tell(golive.get("/checklists"), listed(_SOURCES, _("No checklists.")))


@checklists.command("show", help=_("Print the YAML of a checklist."))
@connected
def show_checklist(golive: Connected, name: Name, number: Number = None) -> None:
    """Show a checklist."""
    answer = golive.get(f"/checklists/{name}/versions/{number or latest_version(golive, 'checklists', name)}")
    golive.tell(answer, lambda shown: [plain(shown["source"].rstrip("\n"))])


@checklists.command("validate", help=_("Check a checklist without publishing it."))
@acting
def validate_checklist(golive: Connected, file: File) -> None:
    """Validate a checklist."""
    golive.tell(golive.post("/checklists/validate", read_source(file)), _valid)


@checklists.command("publish", help=_("Publish a checklist as its next version."))
@acting
def publish_checklist(golive: Connected, file: File) -> None:
    """Publish a checklist."""
    _tell_published(golive, golive.post("/checklists", read_source(file)), _published)


def read_source(file: Path) -> dict[str, str]:
    """Return the text of a file and its name, as the API takes them. Raises BadParameter."""
    return {"source": text_of(file), "file": file.name}


def latest_version(golive: Connected, kind: str, name: str) -> int:
    """Return the latest version of `name`, from the list, which also knows what there is instead."""
    versions = {line["name"]: line["version"] for line in golive.client.items(f"/{kind}")}
    if name not in versions:
        known = ", ".join(sorted(versions)) or _("none")
        raise Failure(_("There is no “{name}”; there is: {known}.").format(name=name, known=known))
    return int(versions[name])


def _template_page(shown: Any) -> Iterator[RenderableType]:
    yield Text(f"{plain(shown.get('title') or shown['name'])}", style="bold")
    if shown.get("description"):
        yield Text(plain(shown["description"]))
    yield facts(
        [
            (_("name"), shown["name"]),
            (_("version"), shown["version"]),
            (_("hash"), shown["hash"]),
            (_("published"), f"{when(shown['published_at'])} {plain(shown['published_by'])}"),
        ]
    )
    yield from _outline(shown.get("outline") or {})


def _outline(outline: Any) -> Iterator[RenderableType]:
    yield facts(
        [
            (_("functions"), outline.get("functions")),
            (_("uses"), outline.get("uses")),
            (_("items"), outline.get("items")),
        ]
    )
    if parameters := outline.get("parameters"):
        yield from section(_("Parameters"), table(_PARAMETERS, parameters))
    if stages := outline.get("stages"):
        yield from section(_("Stages"), table(_STAGES, stages))


def _valid(outline: Any) -> Iterator[RenderableType]:
    yield Text(_("“{name}” is valid.").format(name=plain(outline.get("name"))), style="green")
    yield from _outline(outline)


def _all_valid(bundle: Any) -> Iterator[RenderableType]:
    for source in (*bundle["checklists"], *bundle["templates"]):
        yield Text(_("“{name}” is valid.").format(name=plain(source.get("name"))), style="green")


def _tell_published(
    golive: Connected, answer: httpx.Response, how: Callable[[Any], Iterable[RenderableType]]
) -> None:
    """Show what came of a publication, and warn where it replaced something that golive comes with."""
    golive.tell(answer, how)
    told = answer.json()
    for sentence in bundled.replaced(told.get("items", [told])):
        golive.warn(sentence)


def _published(source: Any) -> Iterator[RenderableType]:
    yield _outcome(source)
    yield facts([(_("hash"), source.get("hash"))])


def _all_published(bundle: Any) -> Iterator[RenderableType]:
    yield from (_outcome(source) for source in bundle["items"])


def _outcome(source: Any) -> Text:
    changed = source.get("changed", True)
    sentence = (
        _("Published “{name}” version {version}.")
        if changed
        else _("“{name}” is unchanged: version {version}.")
    )
    told = sentence.format(name=plain(source.get("name")), version=source.get("version"))
    return Text(told, style="green" if changed else "dim")


def preview_page(plan: Any) -> Iterator[RenderableType]:
    """Show the plan that a start would make: stages with dates, what is asked of whom, how traffic moves."""
    yield Text(f"{plain(plan['title'])}", style="bold")
    yield facts(
        [
            (_("starts"), when(plan["start"])),
            (_("first traffic"), when(plan["first_traffic_at"])),
            (_("ends"), when(plan["ends_at"])),
            (_("shortest to 100 %"), _span(plan["shortest_to_full"])),
        ]
    )
    yield from section(_("Stages"), table(_PLANNED, plan["stages"]))
    yield from section(_("Asked"), table(_ASKED, plan["asked"]))
    for rollout in plan["rollouts"]:
        yield from section(plain(rollout["title"]), *_rollout(rollout))
    for note in plan["notes"]:
        yield Text(f"! {plain(note)}", style="yellow")


def _rollout(rollout: Any) -> Iterator[RenderableType]:
    for n, step in enumerate(rollout["steps"], 1):
        yield Text(f"{n:>3}  {plain(step)}")
    yield facts(
        [
            (_("shortest"), _span(rollout["shortest"])),
            (_("longest until traffic is back after a failure begins"), _span(rollout["to_rollback"])),
        ]
    )


def _span(seconds: int | None) -> str:
    return "" if seconds is None else str(timedelta(seconds=seconds))


_SOURCES: list[Column] = [
    (_("NAME"), text("name")),
    (_("VERSION"), text("version")),
    (_("TITLE"), text("title")),
    (_("PUBLISHED"), lambda source: Text(when(source.get("published_at")))),
    (_("BY"), text("published_by")),
]
_PARAMETERS: list[Column] = [
    (_("NAME"), text("key")),
    (_("TYPE"), lambda p: Text(plain(p.get("choices")) or plain(p.get("type")))),
    (_("DEFAULT"), text("default")),
    (_("TITLE"), text("title")),
]
_STAGES: list[Column] = [
    (_("STAGE"), text("id")),
    (_("TITLE"), text("title")),
    (_("AFTER"), text("needs")),
    (_("TASKS"), lambda stage: Text(str(len(stage.get("tasks") or [])))),
    (_("APPROVALS"), text("approvals")),
]
_PLANNED: list[Column] = [
    (_("STAGE"), text("stage")),
    (_("TITLE"), text("title")),
    (_("OPENS"), lambda stage: Text(when(stage["opens_at"]))),
    (_("ENDS"), lambda stage: Text(when(stage["ends_at"]))),
]
_ASKED: list[Column] = [
    (_("WHEN"), lambda asked: Text(when(asked["at"]))),
    (_("WHAT"), text("what")),
    (_("TITLE"), text("title")),
    (_("FUNCTION"), text("function")),
    (_("PEOPLE"), text("people")),
    (_("DUE"), lambda asked: Text(when(asked["due_at"]))),
]
