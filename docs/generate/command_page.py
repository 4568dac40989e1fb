"""The page of the command line, read off its own tree of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from cli.app import app
from docs.generate.rendering import Page, render
from golive.words import Language

CONNECTION = ("--url", "--token", "--as", "--json", "--key", "--patience")
"""Told once for all commands that have `--as`."""
Row = tuple[str, str]
"""How an option or argument is written, and what it means, with its default, as `--help` says it."""


@dataclass(frozen=True)
class Described:
    """One command; `connected` takes the options of the connection."""

    path: str
    help: str
    level: int
    usage: str
    arguments: list[Row]
    options: list[Row]
    connected: bool

    @property
    def anchor(self) -> str:
        """The name by which other pages link to it."""
        return self.path.replace("golive", "cli", 1).replace(" ", "-")


def page(language: Language) -> Page:
    """Return the page. The texts are in the language of this process, see cli/language.py."""
    root = get_command(app)
    with root.make_context("golive", ["up"], resilient_parsing=True) as context:
        connection = {
            name: _row(param, context)
            for _path, command in commands()
            for param in command.params
            for name in param.opts
            if name in CONNECTION
        }
        told = [_described(path, command, context) for path, command in commands()]
    return render(
        "reference/cli.md",
        "cli.md.j2",
        language,
        commands=told,
        connection=[connection[name] for name in CONNECTION],
    )


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command with the words that call it, groups before what is in them."""
    for name, command in _below(get_command(app)):
        yield from _tree(f"golive {name}", command)


def _tree(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in _below(command):
        yield from _tree(f"{path} {name}", below)


def _below(command: Any) -> list[tuple[str, Any]]:
    return list(getattr(command, "commands", {}).items())


def _described(path: str, command: Any, context: Any) -> Described:
    names = {name for param in command.params for name in param.opts}
    told_elsewhere = set(CONNECTION) if "--as" in names else set()
    own = [param for param in command.params if not told_elsewhere & set(param.opts)]
    arguments = [param for param in own if param.param_type_name == "argument"]
    options = [param for param in own if param.param_type_name == "option"]
    return Described(
        path=path,
        help=_as_markdown(command.help or ""),
        level=path.count(" ") + 1,
        usage=_usage(path, command, own, context),
        arguments=[_row(each, context) for each in arguments],
        options=[_row(each, context) for each in options],
        connected=bool(told_elsewhere),
    )


def _usage(path: str, command: Any, own: list[Any], context: Any) -> str:
    """Return the shortest call: arguments and required options."""
    words = [path, *(["…"] if _below(command) else [])]
    for param in own:
        written = param.get_help_record(context)[0]
        if param.param_type_name == "argument":
            name = str(param.metavar or param.name).upper()
            words.append(name if param.required or name.startswith("[") else f"[{name}]")
        elif param.required:
            words.append(written.rpartition(", ")[2])
    return " ".join(words)


def _row(param: Any, context: Any) -> Row:
    written, told = param.get_help_record(context)
    return written, _as_markdown(re.sub(r" {2,}", " ", told))


def _as_markdown(text: str) -> str:
    """Return help in which every character stands for itself."""
    return re.sub(r"([\\*_<>\[\]`])", r"\\\1", text)
