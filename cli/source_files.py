"""The YAML files that people write: found in folders, read, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import typer
from typing_extensions import override

from cli.failure import Failure
from cli.given import unreadable
from cli.language import LANGUAGE, ROOT, _
from golive.errors import GoliveError
from golive.problems import InvalidSource, Problem
from golive.rehearsal_script import ENDING
from golive.template_source import Library, Source, read_checklist, read_source, read_template
from golive.words import Sentence

_LONGEST = 200
"""Characters of a file's path that the API takes."""
YAML = (".yaml", ".yml")


def text_of(path: Path) -> str:
    """Return the text of a file. Raises BadParameter."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        sentence = _("{path} is not text in UTF-8: {why}").format(path=path, why=wrong)
        raise typer.BadParameter(sentence, param_hint="FILE") from wrong
    except OSError as why:
        raise unreadable(path, "FILE", why) from why


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and of folders every YAML file that is neither hidden nor a file of tests."""
    found: dict[Path, None] = {}
    for path in paths:
        found |= dict.fromkeys(_inside(path) if path.is_dir() else [path])
    return list(found)


def _inside(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in YAML
        and path.is_file()
        and not path.name.endswith(ENDING)
        and not _is_hidden(path, folder)
    ]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def is_one(paths: Sequence[Path]) -> bool:
    """Tell whether one file is meant, and not a folder or several."""
    return len(paths) == 1 and not paths[0].is_dir()


def bundle_of(paths: Sequence[Path]) -> dict[str, list[dict[str, str]]]:
    """Return all that is in files and folders as the API takes it. Raises Failure when there is nothing.

    What cannot be told apart goes along as a template: so the API names the mistakes of every file at once.
    """
    files = files_in(paths)
    if not files:
        raise Failure(
            _("There are no templates (*.yaml) in {paths}.").format(paths=", ".join(map(str, paths)))
        )
    bundle: dict[str, list[dict[str, str]]] = {"templates": [], "checklists": []}
    for file in files:
        text = text_of(file)
        bundle[f"{_kind_of(file, text)}s"].append({"source": text, "file": str(file)[-_LONGEST:]})
    return bundle


def _kind_of(file: Path, text: str) -> str:
    try:
        return read_source(str(file), text).kind
    except InvalidSource:
        return "template"


def scripts_in(paths: Sequence[Path]) -> dict[Path, Path]:
    """Return each file of tests with the folder in which what it uses is looked for. Raises Failure."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            tests = [each for each in sorted(path.rglob(f"*{ENDING}")) if not _is_hidden(each, path)]
            if not tests:
                raise Failure(_("There are no tests (*.test.yaml) in {path}.").format(path=path))
            found |= dict.fromkeys(tests, path)
        else:
            script = _script_of(path)
            found[script] = script.parent
    return found


def _script_of(path: Path) -> Path:
    """Return the file of tests that is named, or that of the template which is. Raises Failure."""
    script = path if path.name.endswith(ENDING) else path.with_name(path.stem + ENDING)
    if script.exists():
        return script
    if path.exists():
        raise Failure(_("{path} has no tests; write them in {script}.").format(path=path, script=script))
    sentence = _("There is no {path}; name a template, its tests (*.test.yaml), or a folder that holds some.")
    raise Failure(sentence.format(path=path))


def library_of(folder: Path) -> Library:
    """Return what lies in `folder`, and behind it what golive comes with. What cannot be read is not there."""
    own = _readable(files_in([folder]))
    return Library(
        _Shelf(
            [each for each in own if each.kind == "template"], ROOT / "templates/processes", read_template
        ),
        _Shelf([each for each in own if each.kind == "checklist"], ROOT / "checklists", read_checklist),
    )


class _Shelf(Mapping[str, Source]):
    """Sources by their name: some that are there, and the bundled ones of a folder, read when they are asked for."""

    def __init__(self, own: Iterable[Source], folder: Path, read: Callable[[str, str], Source]) -> None:
        self.own = {each.name: each for each in own}
        self.files = {path.stem: path for path in files_in([folder])}
        self.read = read

    @override
    def __getitem__(self, name: str) -> Source:
        if name not in self.own:
            file = self.files[name]
            self.own[name] = self.read(file.name, text_of(file))
        return self.own[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter({**self.own, **self.files})

    @override
    def __len__(self) -> int:
        return len({**self.own, **self.files})


def _readable(files: Iterable[Path]) -> list[Source]:
    sources = []
    for file in files:
        try:
            sources.append(read_source(str(file), text_of(file)))
        except InvalidSource:
            continue  # another kind of YAML, or a mistake that is told where the file itself is asked for
    return sources


def told(sentence: Sentence) -> str:
    """Return a sentence of the rules in the reader's language."""
    return sentence.render(LANGUAGE, _)


def refusal(error: GoliveError) -> Failure:
    """Return what the rules refuse as the failure of a command: each problem on a line of its own."""
    if isinstance(error, InvalidSource):
        return failed(error.problems)
    return Failure(told(error.sentence), tuple(told(also) for also in error.also))


def failed(problems: Sequence[Problem]) -> Failure:
    """Return the failure that names every problem."""
    lines = tuple(told(problem.told) for problem in problems)
    return Failure(lines[0]) if len(lines) == 1 else Failure(_("There are mistakes:"), lines)
