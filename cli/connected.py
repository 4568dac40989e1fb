"""What every command that speaks with the API has in common: where, as whom, and how answers are shown."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import httpx
import typer
from rich.console import RenderableType

from cli import environment, screen
from cli.client import Client, fresh_key
from cli.failure import Failure
from cli.language import _

P = ParamSpec("P")

_CONNECTION = _("Connection")


def _option(*names: str, help: str, **more: Any) -> Any:  # noqa: A002 - Typer's word
    return typer.Option(*names, help=help, rich_help_panel=_CONNECTION, **more)


Url = Annotated[str | None, _option("--url", help=_("Address of the API, also as GOLIVE_URL."))]
Token = Annotated[str | None, _option("--token", help=_("API token, also as GOLIVE_TOKEN."))]
TokenFile = Annotated[
    Path | None, _option("--as", metavar="FILE", help=_("Act as the person whose token this file holds."))
]
AsJson = Annotated[bool, _option("--json", help=_("Print the API's answer as it is."))]
Key = Annotated[
    str | None, _option("--key", help=_("Idempotency-Key: with the same key an act happens once."))
]
Patience = Annotated[
    float, _option("--patience", min=0, help=_("Seconds to go on sending while the outcome is unknown."))
]


@dataclass
class Connected:
    """A command's connection, the key of its act, and how its answer is shown."""

    client: Client
    key: str
    as_json: bool

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """Read; parameters that are None are left out."""
        return self.client.get(path, **asked)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Act, under this command's key."""
        return self.client.post(path, body, self.key)

    def tell(self, answer: httpx.Response, how: Callable[[Any], Iterable[RenderableType]]) -> None:
        """Show an answer: exactly as the API wrote it under --json, else what `how` makes of it."""
        console = screen.out()
        if self.as_json:
            console.file.write(answer.text.rstrip("\n") + "\n")
            return
        for part in how(answer.json()):
            if isinstance(part, str):  # as it is, so that it can be copied or piped
                console.file.write(part + "\n")
            else:
                console.print(part)

    def remark(self, sentence: str) -> None:
        """Say something beside the answer."""
        screen.say(sentence, "dim")

    def warn(self, sentence: str) -> None:
        """Say what came of an act that the person may not have meant, beside the answer."""
        screen.say(sentence, "yellow")


def connected(command: Callable[Concatenate[Connected, P], None]) -> Callable[..., None]:
    """Make a command of a function: it gets a connection, and the options that choose it."""
    return _with_options(command, _connect)


def acting(command: Callable[Concatenate[Connected, P], None]) -> Callable[..., None]:
    """Make a command of a function that acts: `connected`, and the options of its key and its patience."""
    return _with_options(command, _connect_to_act)


def _connect(
    url: Url = None, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False
) -> Connected:
    return _open(url, token, token_file, as_json, fresh_key(), 0)


def _connect_to_act(
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
    key: Key = None,
    patience: Patience = 60,
) -> Connected:
    return _open(url, token, token_file, as_json, key or fresh_key(), patience)


def _open(
    url: str | None, token: str | None, token_file: Path | None, as_json: bool, key: str, patience: float
) -> Connected:
    found, kept = environment.token(token, token_file)
    if kept is not None:
        screen.say(_("Acting with the token of {kept}.").format(kept=kept), "dim")
    at = environment.address(url)
    told = functools.partial(screen.say, style="yellow")
    client = Client(at, found, patience, told, environment.host(url))
    return Connected(client, key, as_json)


def _with_options(
    command: Callable[Concatenate[Connected, P], None], connect: Callable[..., Connected]
) -> Callable[..., None]:
    """Return `command` without its first parameter and with those of `connect`, as Typer reads them."""
    chooses = _parameters(connect)
    own = _parameters(command)[1:]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        options = {name: given.pop(name) for name in [p.name for p in chooses]}
        with failures_told():
            golive = connect(**options)
            with closing(golive.client):
                command(golive, **given)  # type: ignore[call-arg]

    run.__signature__ = inspect.Signature([*own, *chooses])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *chooses)}
    del run.__wrapped__  # Typer would read the parameters of the wrapped function
    return run


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    kinds = typing.get_type_hints(function, include_extras=True)
    return [
        parameter.replace(annotation=kinds[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
    ]


@contextmanager
def failures_told() -> Iterator[None]:
    """Tell a failure in its sentence and end with exit code 1, without a traceback."""
    try:
        yield
    except Failure as failure:
        screen.say(str(failure), "red")
        for line in failure.more:
            screen.say(f"  {line}")
        raise typer.Exit(1) from failure
