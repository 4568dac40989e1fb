"""The `golive` command and its subcommands, in the order of a go-live."""

from __future__ import annotations

import typer

from cli import (
    acts,
    amendments,
    approvals,
    attachments,
    audit,
    authoring,
    changes,
    comparing,
    directory,
    doctor,
    operating,
    receipts,
    rehearsing,
    reviews,
    runs,
    sign_off,
    signing,
    tasks,
    templates,
    up,
    users,
    waivers,
    watching,
)
from cli.language import _

app = typer.Typer(
    name="golive",
    help=_("Runs go-lives: the process by which a release reaches its users."),
    epilog=_(
        "Settings are environment variables: GOLIVE_URL, GOLIVE_TOKEN, GOLIVE_HOME. README.md lists all."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
up.register(app)
runs.register(app)
watching.register(app)
sign_off.register(app)
app.add_typer(tasks.app, name="task")
approvals.register(app)
changes.register(app)
signing.register(app)
app.add_typer(waivers.app, name="waiver")
waivers.register(app)
app.add_typer(amendments.app, name="amendment")
amendments.register(app)
attachments.register(app)
acts.register(app)
reviews.register(app)
authoring.register(templates.app)
rehearsing.register(templates.app)
comparing.register(templates.app)
app.add_typer(templates.app, name="template")
app.add_typer(templates.checklists, name="checklist")
app.add_typer(users.app, name="user")
app.add_typer(directory.groups, name="group")
app.add_typer(directory.services, name="service")
app.add_typer(directory.absences, name="absence")
receipts.register(app)
audit.register(app)
app.add_typer(operating.app, name="db")
doctor.register(app)
