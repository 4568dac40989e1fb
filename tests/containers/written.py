"""What Dockerfile and docker-compose.yml say, read as their programs read them, as far as these files go."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from cli.language import ROOT

DOCKERFILE, COMPOSE = ROOT / "Dockerfile", ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::-(?P<default>(?:[^{}]|\{[^{}]*\})*))?\}")
_BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile and the number of the stage it stands in, from 0."""

    stage: int
    word: str
    rest: str

    @property
    def exec_form(self) -> list[str]:
        """The list of words that follows, as in CMD ["python"]."""
        found: list[str] = json.loads(self.rest[self.rest.index("[") :])
        return found


def dockerfile() -> list[Instruction]:
    """Return the Dockerfile's instructions; a comment between continued lines is left out, as the builder does."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found: list[Instruction] = []
    stage = -1
    for line in filter(str.strip, joined.splitlines()):
        word, rest = line.split(maxsplit=1)
        stage += word == "FROM"
        found.append(Instruction(stage, word, rest.strip()))
    return found


def every(word: str, stage: int | None = None) -> list[Instruction]:
    """Return the instructions of one kind, of one stage or of all."""
    return [each for each in dockerfile() if each.word == word and stage in {None, each.stage}]


def last(word: str) -> Instruction:
    """Return the instruction that counts in the finished image."""
    return every(word, dockerfile()[-1].stage)[-1]


def image_environment() -> dict[str, str]:
    """Return the image's ENV."""
    found = {"PATH": _BASE_PATH}
    for instruction in every("ENV", dockerfile()[-1].stage):
        for pair in shlex.split(instruction.rest):
            name, value = pair.split("=", 1)
            found[name] = value.replace("$PATH", _BASE_PATH)
    return found


def compose() -> Any:
    """Return docker-compose.yml as Compose understands it where no variable is set."""
    return _interpolated(YAML(typ="safe").load(COMPOSE))


def _interpolated(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _interpolated(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_interpolated(each) for each in value]
    return _VARIABLE.sub(_value, value) if isinstance(value, str) else value


def _value(found: re.Match[str]) -> str:
    return "$" if found[0] == "$$" else _VARIABLE.sub(_value, found["default"] or "")


def command(service: Any) -> list[str]:
    """Return what a service runs."""
    return [*service.get("entrypoint", []), *service["command"]]


def secrets(service: Any) -> dict[str, str]:
    """Return the service's secrets: the name in /run/secrets, and which of the file's it is."""
    named = [
        each if isinstance(each, dict) else {"source": each, "target": each}
        for each in service.get("secrets", [])
    ]
    return {each["target"]: each["source"] for each in named}


def is_job(service: Any) -> bool:
    """Tell whether a service is to end by itself."""
    return bool(service["restart"] == "no")
