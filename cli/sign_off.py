"""From a file to a signed decision about it: `dual-sign-off` in one command, and what proves it in one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import asked_facts, evidence, screen
from cli.connected import Connected, acting
from cli.failure import Failure
from cli.given import file_digest
from cli.going_on import TEMPLATE, open_run
from cli.language import _
from cli.receipts import save_bundle
from cli.screen import plain
from cli.tables import Row
from cli.tasks import ItemFiles, ItemJunit, ItemLinks, ItemMetrics, Items
from cli.watching import Seen, line
from golive.vocabulary import FINISHED

_DOER = "release"
_NEEDS = ("release_manager", "assignee")
_AGAINST = {"ApprovalRejected", "ApprovalReturned", "ApprovalExpired"}


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        "sign-off",
        help=_("Have two people sign a file: ask them, wait for them, and save the bundle that proves it."),
    )(sign_off)


@acting
def sign_off(
    golive: Connected,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help=_("What they sign, by its SHA-256.")
        ),
    ],
    ops: Annotated[str, typer.Option("--ops", metavar="NAME", help=_("Who signs for operations."))],
    qa: Annotated[str, typer.Option("--qa", metavar="NAME", help=_("Who signs for quality assurance."))],
    service: Annotated[
        str | None, typer.Option("--service", "-s", help=_("What goes live; default: the name of the file."))
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--version", "-v", help=_("Its version; default: the beginning of its digest.")),
    ] = None,
    item: Items = [],  # noqa: B006 - Typer's way to say "none"
    item_file: ItemFiles = [],  # noqa: B006
    item_junit: ItemJunit = [],  # noqa: B006
    item_link: ItemLinks = [],  # noqa: B006
    item_metric: ItemMetrics = [],  # noqa: B006
    new: Annotated[
        bool,
        typer.Option("--new", help=_("Start another run, even while one asks the same about the same file.")),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=_("Where the bundle is written; default: FILE.decision.json.")),
    ] = None,
) -> None:
    """Have a file signed by two people."""
    me = golive.get("/users/me").json()
    _refuse_one_person_twice(me["name"], ops, qa)
    facts = evidence.item_results(
        golive, item, evidence.by_item(item_file, item_junit, item_link, item_metric)
    )
    _may_ask(golive, me)
    signers = {"ops": ops, "qa": qa}
    there = [name for function, name in signers.items() if not _added(golive, me, name, function)]
    people = {_DOER: [me["name"]], **{function: [name] for function, name in signers.items()}}
    digest = file_digest(file, "FILE")
    run = None if new else _gone_on_with(golive, digest, people, service, version)
    run = run or _started(golive, _release(file, digest, service, version), people)
    _put_together(golive, run["tasks"][0], facts)
    approval = run["approvals"][0]["id"]
    _tell_signers(golive, approval, list(signers.values()), there)
    _wait(golive, run, approval)
    bundle = output or file.with_name(f"{file.name}.decision.json")
    shown = save_bundle(golive, approval, bundle)
    golive.tell(golive.get(f"/approvals/{approval}"), lambda _shown: _approved(shown, file, bundle))


def _refuse_one_person_twice(me: str, ops: str, qa: str) -> None:
    if ops == qa:
        raise typer.BadParameter(_("two different people sign"), param_hint="--qa")
    if me in (ops, qa):
        sentence = _("{name} asks, and who asks does not sign; name two others")
        raise typer.BadParameter(sentence.format(name=me), param_hint="--ops" if me == ops else "--qa")


# -- who -----------------------------------------------------------------------------------------------------


def _may_ask(golive: Connected, me: Row) -> None:
    """See to it that I may start a run and put its facts together; an administrator is given what is missing."""
    roles = [role for role in _NEEDS if role not in me["roles"]]
    functions = [] if _DOER in me["functions"] else [_DOER]
    if not roles and not functions:
        return
    missing = ", ".join([*roles, *functions])
    if "admin" not in me["roles"]:
        sentence = _("{name} lacks {missing}; an administrator gives it: golive user change {name}")
        raise Failure(sentence.format(name=me["name"], missing=missing))
    body = {"roles": [*me["roles"], *roles], "functions": [*me["functions"], *functions]}
    golive.client.act("PATCH", f"/users/{me['name']}", f"{golive.key}-me", json=body)
    golive.remark(
        _("{name} has {missing} now, to ask for sign-offs; the audit log tells so.").format(
            name=me["name"], missing=missing
        )
    )


def _added(golive: Connected, me: Row, name: str, function: str) -> bool:
    """Add a signer whom golive does not know, and print at once the link at which they choose a password.

    Returns False for who was there already.
    """
    if any(user["name"] == name for user in golive.client.items("/users", q=name)):
        return False
    if "admin" not in me["roles"]:
        sentence = _(
            "There is no user {name}; an administrator adds them: "
            "golive user add {name} --role approver --function {function}"
        )
        raise Failure(sentence.format(name=name, function=function))
    body = {"name": name, "roles": ["approver"], "functions": [function]}
    link = golive.client.post("/users", body, f"{golive.key}-{function}").json()["enrolment_url"]
    screen.say(_("{name} chooses a password here, once, within 72 hours:").format(name=name), "bold")
    screen.say(f"  {link}")
    return True


# -- asking and waiting --------------------------------------------------------------------------------------


def _release(file: Path, digest: str, service: str | None, version: str | None) -> Row:
    return {
        "service": service or file.name,
        "version": version or digest.removeprefix("sha256:")[:12],
        "artifacts": [{"name": file.name, "digest": digest}],
    }


def _gone_on_with(
    golive: Connected, digest: str, people: dict[str, list[str]], service: str | None, version: str | None
) -> Row | None:
    run = open_run(golive, digest, people, service, version)
    if run is not None:
        sentence = _("Going on with run {run}, which asks the same people about the same file.")
        golive.remark(sentence.format(run=run["id"]) + " " + _("--new starts another."))
    return run


def _started(golive: Connected, release: Row, people: dict[str, list[str]]) -> Row:
    started: Row = golive.post("/runs", {"template": TEMPLATE, "release": release, "people": people}).json()
    return started


def _put_together(golive: Connected, task: Row, facts: Row) -> None:
    if task["state"] not in FINISHED:
        asked_facts.complete(golive, task, facts)
    elif facts:
        golive.warn(_("The facts were put together already; what --item says now is not used."))


def _tell_signers(golive: Connected, approval: str, names: list[str], there: list[str]) -> None:
    """Say where each reads and signs; whether who was `there` already can sign in, golive does not tell."""
    for name in names:
        screen.say("")
        screen.say(_("{name} reads and signs here:").format(name=name), "bold")
        screen.say(f"  {golive.client.address}/approvals/{approval}")
        if name in there:
            sentence = _(
                "If {name} cannot sign in, an administrator prints a link to choose a password: "
                "golive user enrol {name}"
            )
            screen.say(f"  {sentence.format(name=name)}", "dim")
    screen.say("")
    if len(there) < len(names):
        screen.say(
            _("Hand each their own links; to try it alone, open each in a private window of its own."), "dim"
        )
    sentence = _(
        "Waiting for both. Ctrl-C ends the waiting alone; then `golive receipt bundle {approval} -o FILE` saves what "
        "they decided."
    )
    screen.say(sentence.format(approval=approval), "dim")


def _wait(golive: Connected, run: Row, approval: str) -> None:
    """Wait until both have signed. Raises Failure when it is decided otherwise, after the run was read."""
    about = "approval:" + approval.removeprefix(f"{run['id']}.")
    for new in Seen(golive, run["id"], run["seq"]).looks():
        for event in (each for each in new if each["object"] in ("run", about)):
            screen.err().print(line(event), soft_wrap=True)
            if event["type"] in _AGAINST:
                sentence = _("It was not approved: {what}. The run goes on: golive show {run}")
                raise Failure(sentence.format(what=plain(event["summary"]), run=run["id"]))


def _approved(shown: Any, file: Path, bundle: Path) -> Iterator[RenderableType]:
    standing = [made for made in shown["decisions"] if not made["stale"]]
    who = ", ".join(f"{plain(made['by'])} ({', '.join(made['functions'])})" for made in standing)
    yield Text(_("{file} is approved by {who}.").format(file=file, who=who), style="green")
    yield Text(
        _("Anybody verifies it without golive; --public-key takes what `golive audit key` prints:"),
        style="dim",
    )
    yield f"golive receipt verify {bundle} --artifact {file}"
