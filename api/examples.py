"""Examples for the OpenAPI document, put together from those that stand with the fields of the schemas.

A field's example is written once, at the field or at its type; whole bodies and answers follow from that, and so tell
one story: of the run that brings `checkout` 1.4.0 to its users.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


class MissingExample(LookupError):
    """A text or a number that says by no example, constant or choice how it looks."""


class Examples:
    """Makes examples of schemas that refer to `components`, by name."""

    def __init__(self, components: dict[str, Schema]):
        self._components = components

    def of_answer(self, schema: Schema) -> Any:
        """Return an answer with every field. Raises MissingExample."""
        return self._of(schema, every_field=True)

    def of_body(self, schema: Schema) -> Any:
        """Return a body with what is required and whatever has an example of its own. Raises MissingExample."""
        return self._of(schema, every_field=False)

    def _of(self, schema: Schema, *, every_field: bool) -> Any:
        if "$ref" in schema:
            return self._of(self._components[schema["$ref"].rpartition("/")[2]], every_field=every_field)
        for said in ("examples", "enum"):
            if said in schema:
                return schema[said][0]
        if options := schema.get("anyOf", schema.get("oneOf")):
            return self._of_options(options, every_field=every_field)
        return self._of_kind(schema, every_field=every_field)

    def _of_kind(self, schema: Schema, *, every_field: bool) -> Any:
        match schema:
            case {"const": value}:
                return value
            case {"type": "object"}:
                return self._of_object(schema, every_field=every_field)
            case {"type": "array", "items": items}:
                return [self._of(items, every_field=every_field)]
            case {"type": "boolean"}:
                return False
        raise MissingExample(schema.get("title", str(schema)))

    def _of_options(self, options: list[Schema], *, every_field: bool) -> Any:
        """Return null where that fits, unless it stands for a whole object; otherwise the first option."""
        if {"type": "null"} not in options:
            return self._of(options[0], every_field=every_field)
        whole = [option for option in options if "$ref" in option]
        return self._of(whole[0], every_field=every_field) if whole else None

    def _of_object(self, schema: Schema, *, every_field: bool) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, field in schema.get("properties", {}).items():
            if name in schema.get("required", ()) or (not every_field and "examples" in field):
                try:
                    made[name] = self._of(field, every_field=every_field)
                except MissingExample as missing:
                    raise MissingExample(f"{schema.get('title')}.{name}") from missing
        return made
