"""The two kinds of data that golive knows: facts that never change, and state that does."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Lean(BaseModel):
    """Data written without the fields that still hold their default.

    Plan and state are carried through continue-as-new: so a run of 1,000 tasks stays under 512 KiB.
    """

    model_config = ConfigDict(extra="forbid")

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        fields = type(self).model_fields
        return {
            name: value
            for name, value in written.items()
            if fields[name].is_required()
            or getattr(self, name) != fields[name].get_default(call_default_factory=True)
        }


class Fact(Lean):
    """An immutable value: a plan, a command, an event. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class State(Lean):
    """A value that the rules change in place. Unknown keys are refused."""
