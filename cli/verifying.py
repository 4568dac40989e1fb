"""Verify a receipt or a bundle: by files alone, nothing is asked of golive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import screen
from cli.connected import failures_told
from cli.failure import Failure
from cli.given import file_digest
from cli.language import LANGUAGE, _
from cli.screen import named, plain, when
from cli.source_files import text_of, told
from cli.tables import facts

if TYPE_CHECKING:
    from golive.audit_export import Export
    from golive.decision_bundle import Bundle
    from golive.receipt_file import ReceiptFile

_KEY = "ed25519:"

File = Annotated[Path, typer.Argument(metavar="FILE", help=_("A receipt, or a bundle of a whole sign-off."))]
From = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help=_("The export that proves it; a bundle brings its own.")),
]
Artifacts = Annotated[
    list[Path],
    typer.Option(
        "--artifact", "-a", metavar="FILE", help=_("A file that must be what was signed. Again for more.")
    ),
]
PublicKey = Annotated[
    str | None,
    typer.Option(
        "--public-key",
        metavar="KEY",
        help=_("The key that must have signed the export, or its file: golive audit key."),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=_("Print what was found as JSON."))]


def verify(
    file: File,
    export: From = None,
    artifact: Artifacts = [],  # noqa: B006 - Typer's way to say "none"
    public_key: PublicKey = None,
    as_json: AsJson = False,
) -> None:
    """Verify a file; exit code 1 with the first thing that is wrong."""
    with failures_told(), proved():
        found = _found(file, export, artifact, _key(public_key))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for part in _page(found):
        screen.out().print(part)
    if public_key is None:
        sentence = _(
            "Nobody has compared the key, so somebody could have made all of it: give --public-key with what "
            "`golive audit key` prints."
        )
        screen.say(sentence, "yellow")


@contextmanager
def proved() -> Iterator[None]:
    """Tell what does not prove as the failure of a command."""
    from golive.unproven import Unproven

    try:
        yield
    except Unproven as wrong:
        raise Failure(told(wrong.sentence)) from wrong


def _found(file: Path, export: Path | None, artifacts: list[Path], key: str | None) -> dict[str, Any]:
    """Return what the files prove. Raises Unproven, Failure, BadParameter."""
    from golive.receipt_file import check_artifact, what_became
    from golive.receipt_file import told as told_of

    receipts, proof = _proof(file, export, key)
    digests = {path: file_digest(path, "--artifact") for path in artifacts}
    return {
        "golive": proof.checkpoint.golive,
        "exported_at": proof.checkpoint.at.isoformat(),
        "public_key": proof.checkpoint.public_key,
        "key_compared": key is not None,
        "title": receipts[0].title.in_language(LANGUAGE),
        "receipts": [_written(receipt) for receipt in receipts],
        "after": [told(told_of(row)) for row in what_became(receipts[-1], proof)],
        "artifacts": [
            {"file": str(path), "digest": digest, "name": check_artifact(receipt, str(path), digest)}
            for path, digest in digests.items()
            for receipt in receipts
        ][:: len(receipts)],
    }


def _proof(file: Path, export: Path | None, key: str | None) -> tuple[list[ReceiptFile], Export]:
    """Return the receipts of a file, in order, and the export that proves them."""
    from golive.audit_export import lines_of, read_export
    from golive.decision_bundle import Bundle, check_bundle
    from golive.receipt_file import ReceiptFile, check_receipt

    content = _content(file)
    given = read_export(lines_of(text_of(export)), key) if export else None
    if content.get("format") == "golive-bundle/1":
        bundle: Bundle = _read(Bundle, content, file)
        return sorted(bundle.receipts, key=lambda each: each.seq), check_bundle(bundle, given, key)
    receipt: ReceiptFile = _read(ReceiptFile, content, file)
    if given is None:
        sentence = _("a receipt is verified by an export of the journal: golive audit export --run {run}")
        raise typer.BadParameter(sentence.format(run=receipt.run_id), param_hint="--export")
    check_receipt(receipt, given)
    return [receipt], given


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(text_of(file))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Failure(_("{path} is neither a receipt nor a bundle.").format(path=file))
    return content


def _read(model: Any, content: dict[str, Any], file: Path) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(content)
    except ValidationError as wrong:
        place = ".".join(str(part) for part in wrong.errors(include_url=False)[0]["loc"])
        sentence = _("{path} is neither a receipt nor a bundle: {field} is missing or wrong.")
        raise Failure(sentence.format(path=file, field=place or "format")) from wrong


def _key(given: str | None) -> str | None:
    """Return the key as given, or from the file that holds it."""
    if given is None or given.startswith(_KEY):
        return given
    return text_of(Path(given)).strip()


def _written(receipt: ReceiptFile) -> dict[str, Any]:
    return receipt.model_dump(mode="json", exclude={"format", "golive", "subject", "parts", "title"})


def _page(found: dict[str, Any]) -> Iterator[RenderableType]:
    if found["key_compared"]:
        yield Text(_("It is proved: the journal says the same, and the key is the one given."), style="green")
    else:
        yield Text(_("The journal says the same, and its chain holds."), style="green")
    for receipt in found["receipts"]:
        yield Text("")
        yield facts(
            [
                (_("approval"), found["title"]),
                (_("by"), _who(receipt)),
                (_("decision"), named(receipt["decision"])),
                (_("meaning"), named(receipt["meaning"])),
                (_("time"), when(receipt["at"])),
                (_("comment"), (receipt["comment"] or {}).get("text")),
                (_("number"), receipt["seq"]),
                (_("hash"), receipt["hash"]),
                (_("subject"), receipt["digest"]),
            ]
        )
    yield Text("")
    yield from (Text(plain(said)) for said in found["after"])
    for artifact in found["artifacts"]:
        sentence = _("{file} is what was signed as {name}: {digest}")
        yield Text(plain(sentence.format(**artifact)), style="green")
    yield facts([(_("key"), found["public_key"]), (_("exported"), when(found["exported_at"]))])


def _who(receipt: dict[str, Any]) -> str:
    who = plain(receipt["by"])
    if behalf := receipt["on_behalf_of"]:
        who = _("{who} for {other}").format(who=who, other=plain(behalf))
    return f"{who} ({', '.join(receipt['functions'])})" if receipt["functions"] else who
