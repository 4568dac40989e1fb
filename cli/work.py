"""What people did, line by line: the result of each checklist item, what was said, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from cli.language import _
from cli.screen import named, number, plain
from cli.tables import Row

_MARKS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "bold red"),
    "not_applicable": ("–", "dim"),
    "open": ("·", ""),
}


def item_lines(items: Iterable[Row]) -> Iterator[Text]:
    """Yield a line for each item of a checklist, and under it its id, its remark and its evidence."""
    for item in items:
        mark, style = _MARKS.get(str(item.get("state")), ("?", ""))
        required = "" if item.get("required") else f"  ({_('optional')})"
        yield Text(f"{mark} ", style=style).append(f"{plain(item.get('text'))}{required}", style="default")
        if item.get("state") == "open":
            yield _under(plain(item.get("id")), required_words(item))
            continue
        yield _under(plain(item.get("id")))
        if item.get("remark") or item.get("state") == "not_applicable":
            yield _under(_("remark"), plain(item.get("remark") or _("(erased)")))
        yield from (_under(*_told(piece)) for piece in item.get("evidence") or [])


def evidence_lines(evidence: Iterable[Row]) -> Iterator[Text]:
    """Yield a line for each piece of evidence."""
    for piece in evidence:
        kind, what = _told(piece)
        yield Text(f"{kind}: ", style="dim").append(what, style="default")


def required_words(task: Row) -> str:
    """Return the evidence that a task or an item requires: `1 × test_result, 2 × remark`."""
    return ", ".join(
        f"{need.get('min')} × {named(need.get('type'))} {plain(need.get('name'))}".strip()
        for need in task.get("requires") or []
    )


def _under(*parts: str) -> Text:
    return Text(f"    {': '.join(part for part in parts if part)}", style="dim")


def _told(piece: Row) -> tuple[str, str]:
    """Return the kind of a piece of evidence, and what it says."""
    return named(piece.get("type")), _said(piece)


def _said(piece: Row) -> str:
    match piece.get("type"):
        case "remark":
            return plain(piece.get("text")) if piece.get("text") is not None else _("(erased)")
        case "link":
            return " ".join(filter(None, (plain(piece.get("title")), plain(piece.get("url")))))
        case "metric":
            return f"{plain(piece.get('name'))} = {number(piece.get('value'))} {plain(piece.get('unit'))}".strip()
        case "test_result":
            counted = _("{tests} tests, {failures} failures, {errors} errors, {skipped} skipped")
            return f"{counted.format(**piece['facts'])}; {plain(piece.get('sha256'))}"
        case "file":
            return f"{plain(piece.get('attachment_id'))}  {plain(piece.get('sha256'))}"
        case _:
            return named(piece.get("meaning"))
