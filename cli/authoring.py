"""Begin a template, and describe templates to editors; neither needs the API."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import screen
from cli.bundled import comes_with_golive, name_taken
from cli.connected import failures_told
from cli.failure import Failure
from cli.language import _
from golive.rehearsal_script import ENDING

SCHEMA_FILE = "template.schema.json"

Checklist = Annotated[bool, typer.Option("--checklist", help=_("Of a checklist instead."))]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("new", help=_("Begin a template with a few questions: a YAML file and its tests."))(new)
    app.command("schema", help=_("Print a JSON Schema with which editors complete and check templates."))(
        schema
    )


def schema(checklist: Checklist = False) -> None:
    """Print the JSON Schema."""
    from golive.template_schema import schema_of

    print(_written(schema_of("checklist" if checklist else "template", _)))


def _written(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def new(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help=_("What it is called in starts."))
    ] = None,
    title: Annotated[str | None, typer.Option(help=_("Its title in English."))] = None,
    title_zh: Annotated[str | None, typer.Option(help=_("Its title in Chinese."))] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE",
            help=_(
                "preparation, uat, sign-off, grey-release, full-release, hypercare or review; several times."
            ),
        ),
    ] = None,
    function: Annotated[
        list[str] | None, typer.Option(metavar="FUNCTION", help=_("Who does the work; several times."))
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option(metavar="FUNCTION", help=_("Who signs; twice, two different functions.")),
    ] = None,
    watch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'METRIC >= NUMBER'", help=_("What is watched, several times; “none” for nothing.")
        ),
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help=_("Where the files are written."))] = Path(),
    with_schema: Annotated[
        bool, typer.Option("--schema", help=_("Write template.schema.json beside it, for editors."))
    ] = False,
) -> None:
    """Write a template and its tests."""
    from golive.template_answers import DOERS, SIGNERS, STAGES, WATCHED

    asked = _Asked(sys.stdin.isatty())
    with failures_told():
        name = asked.name(name)
        _refuse_to_overwrite([folder / f"{name}.yaml", folder / f"{name}{ENDING}"])
        asked.text("title", title, _("Title in English"), name.replace("-", " ").capitalize())
        asked.text("title_zh", title_zh, _("Title in Chinese, or nothing"), "")
        asked.words("stages", stage, _("Stages"), tuple(STAGES))
        asked.words("doers", function, _("Functions that do the work"), DOERS)
        asked.words("signers", signer, _("The two functions that sign"), SIGNERS)
        asked.lines("watched", watch, _("What is watched, or “none”"), WATCHED)
        _write(_answers(asked.answers), folder, with_schema=with_schema)


class _Asked:
    """Asks on a terminal what no option has said; elsewhere the default stands.

    Each answer is judged when it is given: on a terminal what is none is asked again, with the reason; else it is
    a Failure.
    """

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.answers = dict(_FITTING)

    def name(self, given: str | None) -> str:
        """Return the name. One of a bundled template is warned of and asked again; who says it twice means it."""
        name = self.text("name", given, _("Name"), "my-go-live")
        while comes_with_golive("template", name):
            screen.say(name_taken(name), "yellow")
            again = self.text("name", given, _("Name"), name)
            if again == name:
                break
            name = again
        return name

    def text(self, about: str, given: str | None, question: str, default: str) -> str:
        """Return one line."""
        return str(self._judged(about, given, question, default, str.strip))

    def words(self, about: str, given: list[str] | None, question: str, default: tuple[str, ...]) -> None:
        """Take several words, answered with commas or spaces between them."""
        self._judged(
            about, given or None, question, ", ".join(default), lambda said: said.replace(",", " ").split()
        )

    def lines(self, about: str, given: list[str] | None, question: str, default: str) -> None:
        """Take several texts, answered with commas between them; “none” is none."""
        self._judged(
            about,
            _but_none(given) if given else None,
            question,
            default,
            lambda said: _but_none(said.split(",")),
        )

    def _judged(self, about: str, given: Any, question: str, default: str, read: Callable[[str], Any]) -> Any:
        """Return the answer that fits, and keep it."""
        while True:
            answer = read(self._said(question, default)) if given is None else given
            try:
                _answers({**self.answers, about: answer})
            except Failure as wrong:
                if given is not None or not self.terminal:
                    raise
                screen.say(str(wrong), "yellow")
            else:
                self.answers[about] = answer
                return answer

    def _said(self, question: str, default: str) -> str:
        if not self.terminal:
            return default
        return str(typer.prompt(question, default=default, show_default=bool(default)))


_FITTING: dict[str, Any] = {
    "name": "a",
    "title": "A",
    "title_zh": "",
    "stages": ["uat"],
    "doers": ["qa"],
    "signers": ["ops", "qa"],
    "watched": [],
}
"""Answers to what has not been asked yet, so that one can be judged alone."""


def _but_none(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip() not in ("", "none")]


def _answers(given: dict[str, Any]) -> Any:
    """Return the answers. Raises Failure with what is wrong about the first."""
    from pydantic import ValidationError

    from golive.template_answers import Answers, Watched

    try:
        watched = tuple(Watched.read(line) for line in given["watched"])
        return Answers.model_validate({**given, "title_zh": given["title_zh"] or None, "watched": watched})
    except ValidationError as wrong:
        raise Failure(_said(wrong.errors(include_url=False)[0])) from wrong


_FIELDS = {
    "name": _("the name needs lower case letters, digits and hyphens, at most 63"),
    "title": _("the title is one line of 1 to 120 characters"),
    "title_zh": _("the title is one line of 1 to 120 characters"),
    "stages": _(
        "choose stages among preparation, uat, sign-off, grey-release, full-release, hypercare, review"
    ),
    "doers": _("a function is written in lower case letters, digits, - and _, beginning with a letter"),
    "signers": _("two functions sign, each in lower case letters, digits, - and _"),
    "metric": _("what is watched is written as METRIC COMPARISON NUMBER, such as success_rate >= 0.99"),
    "good": _("what is watched is written as METRIC COMPARISON NUMBER, such as success_rate >= 0.99"),
}
_WHOLE = {
    "stage": _FIELDS["stages"],
    "sign": _("two different functions sign"),
    "metric": _("each metric is watched once, and at most 10 are"),
}


def _said(error: Any) -> str:
    """Return what is wrong with an answer, in the reader's language."""
    field = str(error["loc"][0]) if error["loc"] else ""
    whole = (said for word, said in _WHOLE.items() if word in error["msg"])
    known = _FIELDS.get(field) or next(whole, _WHOLE["metric"])
    return _("This is no answer: {what}.").format(what=known)


def _refuse_to_overwrite(files: list[Path]) -> None:
    for file in files:
        if os.path.lexists(file):
            raise Failure(_("{path} is there already; choose another name or remove it.").format(path=file))


def _write(answers: Any, folder: Path, *, with_schema: bool) -> None:
    """Write all files or, when one is there or cannot be written, none."""
    from golive.new_template import script_text, template_text
    from golive.template_schema import schema_of

    said = folder / SCHEMA_FILE
    texts = {
        folder / f"{answers.name}.yaml": template_text(answers, SCHEMA_FILE if with_schema else None, _),
        folder / f"{answers.name}{ENDING}": script_text(answers, _),
    }
    if with_schema:
        described = _written(schema_of("template", _)) + "\n"
        if not (said.is_file() and said.read_text(encoding="utf-8") == described):
            texts[said] = described
    _refuse_to_overwrite(list(texts))
    with ExitStack() as undo:
        for path, text in texts.items():
            try:
                with path.open("x", encoding="utf-8") as file:
                    undo.callback(path.unlink)
                    file.write(text)
            except OSError as why:
                sentence = _("{path} cannot be written: {why}.")
                raise Failure(sentence.format(path=path, why=why.strerror)) from why
        undo.pop_all()
    for path in texts:
        screen.say(_("Written to {path}.").format(path=path))
