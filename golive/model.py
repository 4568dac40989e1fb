"""The two kinds of data that golive knows: facts that never change, and state that does."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Lean(BaseModel):
    """Data written without the fields that still hold their default.

    Plan and state are carried through continue-as-new: so a run of 1,000 tasks stays under 512 KiB.
    """

    model_config = ConfigDict(extra="forbid")

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        defaults = _defaults(type(self))
        return {
            name: value
            for name, value in written.items()
            if name not in defaults or getattr(self, name) != defaults[name]
        }


@cache
def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Return what each field may be left out for. A tag, the one value of its field, is always written."""
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
        and not (get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1)
    }


class Fact(Lean):
    """An immutable value: a plan, a command, an event. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class State(Lean):
    """A value that the rules change in place. Unknown keys are refused."""
