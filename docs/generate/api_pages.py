"""The pages of the HTTP API, read off its OpenAPI document: routes by tag, problems by code, and the shapes.

A shape is what bodies and answers are made of; the routes show an example of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from api.app import create_app
from docs.generate.api_words import translated
from docs.generate.rendering import Page, code, render
from docs.generate.words import WORDS
from golive.words import Language
from settings import Settings

Schema = Mapping[str, Any]
PREFIX = "/api/v1"
_SHAPES = "#/components/schemas/"
_LEAST_PROBLEM = 400


def pages(language: Language) -> Iterator[Page]:
    """Yield the overview, a page for each tag, the problems, and the shapes."""
    document = translated(create_app(Settings()).openapi(), language)
    tags = _by_tag(document)
    kinds = Kinds(language)
    addresses = _addresses(tags)
    yield render("reference/api/index.md", "api.md.j2", language, about=document["info"]["description"])
    for tag, operations in tags.items():
        name = f"reference/api/{tag.replace(' ', '-')}.md"
        title = _title(tag, language)
        yield render(
            name,
            "api_tag.md.j2",
            language,
            title=title,
            operations=operations,
            kinds=kinds,
            addresses=addresses,
        )
    problems = [each["value"] for _, each in sorted(document["components"]["examples"].items())]
    yield render("reference/api/problems.md", "api_problems.md.j2", language, problems=problems)
    shapes = sorted(document["components"]["schemas"].items())
    yield render("reference/api/shapes.md", "api_shapes.md.j2", language, shapes=shapes, kinds=kinds)


def _by_tag(document: Schema) -> dict[str, list[dict[str, Any]]]:
    """Return the operations of each tag, in the document's order, each with its method and path."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = {**operation, "method": method.upper(), "path": path.removeprefix(PREFIX)}
            found.setdefault(operation["tags"][0], []).append(told)
    return found


def _addresses(tags: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return method and path of each operation, by its id."""
    every = (each for operations in tags.values() for each in operations)
    return {each["operationId"]: f"{each['method']} {each['path']}" for each in every}


def _title(tag: str, language: Language) -> str:
    """Return what a page of routes is called; a tag that has no word here yet goes by its own name."""
    known = WORDS.get(f"tag_{tag}")
    return known.in_language(language) if known else tag.capitalize()


class Kinds:
    """Says in one language what a schema allows."""

    def __init__(self, language: Language):
        self._language = language

    def _word(self, key: str, **args: object) -> str:
        return WORDS[key].in_language(self._language).format(**args)

    def of(self, schema: Schema) -> str:
        """Return the kind of a value, with a link to its shape."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_SHAPES)
            return f"[{name}](#shape-{name.lower()})"
        if "const" in schema:
            return code(json.dumps(schema["const"]))
        if "enum" in schema:
            return ", ".join(code(json.dumps(each)) for each in schema["enum"])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._one_of(choices)
        return self._plain(schema) + self._bounds(schema)

    def _one_of(self, choices: list[Schema]) -> str:
        told = list(dict.fromkeys(self.of(each) for each in choices if each.get("type") != "null"))
        joined = " / ".join(told)
        return joined if len(told) == len(choices) else self._word("or_null", kind=joined)

    def _plain(self, schema: Schema) -> str:
        kind = schema.get("type")
        if kind == "array":
            return self._word("list_of", kind=self.of(schema.get("items", {})))
        if kind == "object":
            inner = schema.get("additionalProperties") or next(
                iter(schema.get("patternProperties", {}).values()), None
            )
            return (
                self._word("map_of", kind=self.of(inner))
                if isinstance(inner, dict)
                else self._word("kind_object")
            )
        if schema.get("format") in {"date-time", "binary"}:
            return self._word(f"kind_{schema['format']}")
        return self._word(f"kind_{kind or 'any'}")

    def _bounds(self, schema: Schema) -> str:
        least = next((schema[name] for name in ("minLength", "minItems", "minimum") if name in schema), None)
        most = next((schema[name] for name in ("maxLength", "maxItems", "maximum") if name in schema), None)
        told = [
            self._word(key, n=n) for key, n in (("api_least", least), ("api_most", most)) if n is not None
        ]
        if "pattern" in schema:
            told.append(self._word("api_form", pattern=code(schema["pattern"])))
        return self._word("api_bounds", bounds=", ".join(told)) if told else ""

    def meaning(self, schema: Schema) -> str:
        """Return what the description, the default and the example of a field or parameter say."""
        told = [schema["description"]] if schema.get("description") else []
        if schema.get("default") not in (None, {}, [], ""):
            told.append(self._word("api_default", value=code(json.dumps(schema["default"]))))
        if schema.get("examples"):
            told.append(self._word("api_example_is", value=code(json.dumps(schema["examples"][0]))))
        return " ".join(told)

    def body(self, operation: Schema) -> str:
        """Return the kind of a request's body; nothing when there is none."""
        content = operation.get("requestBody", {}).get("content", {})
        return "; ".join(f"{self.of(each['schema'])} (`{media}`)" for media, each in content.items())

    def answers(self, operation: Schema) -> Iterator[tuple[str, str]]:
        """Yield status and kind of what is answered when all is well."""
        for status, answer in operation["responses"].items():
            if int(status) < _LEAST_PROBLEM:
                content = answer.get("content", {})
                told = "; ".join(
                    f"{self.of(each.get('schema', {}))} (`{media}`)" for media, each in content.items()
                )
                yield status, told or "—"

    def examples(self, operation: Schema) -> Iterator[str]:
        """Yield what is answered when all is well, as JSON."""
        for status, answer in operation["responses"].items():
            if int(status) < _LEAST_PROBLEM:
                yield from _examples(answer)

    def sent(self, operation: Schema) -> Iterator[str]:
        """Yield what may be sent, as JSON."""
        yield from _examples(operation.get("requestBody", {}))

    def leads_to(self, operation: Schema) -> list[str]:
        """Return the ids of the operations whose parameters stand in the answer."""
        links = (answer.get("links", {}) for answer in operation["responses"].values())
        return [link["operationId"] for each in links for link in each.values()]

    def problems(self, operation: Schema) -> Iterator[tuple[str, str]]:
        """Yield status and description of each problem."""
        for status, answer in operation["responses"].items():
            if int(status) >= _LEAST_PROBLEM:
                yield status, answer["description"]


def _examples(held: Schema) -> Iterator[str]:
    for media in held.get("content", {}).values():
        if media.get("example"):
            yield json.dumps(media["example"], indent=2, ensure_ascii=False)
