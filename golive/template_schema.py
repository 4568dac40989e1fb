"""A JSON Schema of templates and of checklists, for editors: made from the models that read them.

It says what the reader accepts as people write it: the short forms that validators take (`2d`, `>= 0.99`, one text for
both languages), and in the stages of a template `${parameter}` in the place of any plain value. What only the composed
template shows, such as references that lead nowhere, `golive template validate` says.
"""

from __future__ import annotations

from typing import Any

from golive.template import Checklist, Template
from golive.template_words import meaning
from golive.vocabulary import KEY
from golive.words import N_, Translate

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Json = dict[str, Any]

_SPAN = r"^\s*(\d+\s*[smhd]\s*)+$"
_CONDITION = r"^\s*(==|!=|<=|>=|<|>)\s+[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$"
_PLACE = r"\$\{[^{}]*\}"
_SHORT: dict[str, tuple[str | None, str]] = {
    "Text": (None, N_("One text that serves both languages.")),
    "Span": (_SPAN, N_("A length of time such as 30s, 15m, 4h, 2d or 1d 4h.")),
    "Condition": (_CONDITION, N_("A comparison such as >= 0.99.")),
    "Due": (_SPAN, N_("Working time from the opening of the stage, such as 2d.")),
}
"""Models that may be written as one string: its form, and what it says."""
_AS_WRITTEN = ("Parameter",)
"""Parts of a template in which no parameter is replaced."""


def schema_of(kind: str, translate: Translate = str) -> Json:
    """Return the schema of a `template` or a `checklist`, told in the language that `translate` gives."""
    model = Template if kind == "template" else Checklist
    made = model.model_json_schema(mode="validation")
    parts: Json = made.pop("$defs")
    told = _Told(translate, places=model is Template)
    root = told.model(model.__name__, made)
    root["properties"]["name"] = {**made["properties"]["name"], **told.meaning(model.__name__, "name")}
    root["properties"]["name"].pop("title", None)
    definitions = {name: told.short(name, told.model(name, part)) for name, part in parts.items()}
    if model is Template:
        definitions["Place"] = {
            "type": "string",
            "pattern": _PLACE,
            "description": translate(N_("The value of a parameter, as ${key}.")),
        }
    return {"$schema": DIALECT, **root, "$defs": definitions}


class _Told:
    """Rewrites what pydantic says into what people may write, with what each key means."""

    def __init__(self, translate: Translate, *, places: bool) -> None:
        self.translate = translate
        self.places = places

    def meaning(self, model: str, key: str) -> Json:
        """Return the description of a key."""
        return {"description": self.translate(meaning(model, key))}

    def model(self, name: str, part: Json) -> Json:
        """Return a model: its keys with what they mean, and no others."""
        places = self.places and name not in _AS_WRITTEN
        keys = {key: self._key(name, key, value, places) for key, value in part.get("properties", {}).items()}
        needed: Json = {word: part[word] for word in ("required", "oneOf") if word in part}
        return {
            "type": "object",
            "description": " ".join(part.get("description", name).split()),
            "properties": keys,
            **needed,
            "additionalProperties": False,
        }

    def short(self, name: str, part: Json) -> Json:
        """Return a model that may be written as one string in both forms."""
        if name not in _SHORT:
            return part
        pattern, words = _SHORT[name]
        text: Json = {"type": "string", "description": self.translate(words)}
        forms = [text | ({"pattern": pattern} if pattern else {}), part]
        if self.places and pattern:
            forms.append({"$ref": "#/$defs/Place"})
        return {"anyOf": forms}

    def _key(self, model: str, key: str, value: Json, places: bool) -> Json:  # noqa: FBT001
        if (model, key) == ("Stage", "id"):
            value = {"type": "string", "pattern": KEY}
        told = self._value(value, places)
        default = value.get("default")
        if isinstance(default, str | int | float | bool):
            told["default"] = default
        return {**told, **self.meaning(model, key)}

    def _value(self, value: Json, places: bool) -> Json:  # noqa: FBT001
        """Return the schema of one value, with a parameter in its place where that is possible."""
        if "oneOf" in value:
            return _choice(value["oneOf"])
        if "anyOf" in value:
            return {"anyOf": [self._value(each, places) for each in value["anyOf"]]}
        if "$ref" in value:
            return {"$ref": value["$ref"]}
        kept = {key: part for key, part in value.items() if key not in ("title", "default", "description")}
        for below in ("items", "additionalProperties"):
            if isinstance(kept.get(below), dict):
                return {**kept, below: self._value(kept[below], places)}
        if kept.get("format") == "time":
            kept = {"type": "string", "pattern": _TIME}
        return {"anyOf": [kept, {"$ref": "#/$defs/Place"}]} if places and not _takes_any_text(kept) else kept


def _takes_any_text(value: Json) -> bool:
    return value.get("type") == "null" or value == {"type": "string"}


def _choice(options: list[Json]) -> Json:
    """Return a union told by the key that tells its members apart, so that an editor names the one mistake there is."""
    names = {option["$ref"].rpartition("/")[2]: {"$ref": option["$ref"]} for option in options}
    for key, (with_it, without) in {
        "use": ("Use", "Stage"),
        "metric": ("MetricSource", "FactSource"),
    }.items():
        if names.keys() == {with_it, without}:
            return {"if": {"required": [key]}, "then": names[with_it], "else": names[without]}
    return _step(names)


_STEPS = {
    "set_weight": "SetWeight",
    "pause": "Pause",
    "bake": "Bake",
    "check": "CheckStep",
    "approval": "ApprovalStep",
}


def _step(names: dict[str, Json]) -> Json:
    """Return the schema of a rollout's step, told by its `do`."""
    words = {"anyOf": [{"enum": list(_STEPS)}, {"$ref": "#/$defs/Place"}]}
    return {
        "type": "object",
        "properties": {"do": words},
        "required": ["do"],
        "allOf": [
            {"if": {"properties": {"do": {"const": word}}, "required": ["do"]}, "then": names[model]}
            for word, model in _STEPS.items()
        ],
    }
