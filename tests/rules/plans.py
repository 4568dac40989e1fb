"""Small plans for tests of the rules."""

from __future__ import annotations

from typing import Any

from golive.calendar import Calendar
from golive.plan import Artifact, Plan, Release
from golive.template import Stage
from golive.words import Text

PEOPLE = {
    "dev": ("dev1", "dev2"),
    "qa": ("qa1", "qa2", "qa3"),
    "ops": ("ops1", "ops2", "ops3"),
}
ALWAYS = Calendar(always=True)


def release(version: str = "1.0.0", **more: Any) -> Release:
    """Return a release whose artifact's digest goes by its version."""
    artifact = Artifact(name="shop.tar", digest=f"sha256:{version.encode().hex():0<64}")
    return Release(service="shop", version=version, artifacts=(artifact,), **more)


def make_plan(*stages: dict[str, Any], **more: Any) -> Plan:
    """Return a plan of `stages`, given as a template writes them but with full references."""
    return Plan(
        template="test",
        template_version=1,
        template_hash="sha256:" + "0" * 64,
        title="Shop 1.0.0",
        template_title=Text(en="Test", zh="测试"),
        release=more.pop("release", release()),
        release_manager="rm",
        people=more.pop("people", PEOPLE),
        calendar=more.pop("calendar", ALWAYS),
        stages=tuple(Stage.model_validate(stage) for stage in stages),
        **more,
    )


def task(key: str, function: str = "qa", **more: Any) -> dict[str, Any]:
    """Return a task."""
    return {"key": key, "title": key, "function": function, **more}


SIGN_OFF: dict[str, Any] = {
    "key": "sign",
    "title": "Sign-off",
    "rules": [{"function": "ops"}, {"function": "qa", "exclude_doers_of": ["uat.run"]}],
    "expires_in": "5d",
    "due": "2d",
}
UAT: dict[str, Any] = {
    "id": "uat",
    "process": "uat",
    "title": "UAT",
    "tasks": [
        task("run", per_build=True, due="2d", requires=[{"type": "remark"}]),
        task("read", needs=["uat.run"]),
    ],
}
SIGNED: dict[str, Any] = {
    "id": "sign-off",
    "process": "dual_sign_off",
    "title": "Sign-off",
    "needs": ["uat"],
    "approvals": [SIGN_OFF],
}
GREY: dict[str, Any] = {
    "id": "grey",
    "process": "grey_release",
    "title": "Grey release",
    "needs": ["sign-off"],
    "rollout": {
        "steps": [
            {"do": "set_weight", "weight": 5},
            {"do": "pause"},
            {"do": "set_weight", "weight": 50},
            {"do": "bake", "duration": "10m"},
            {"do": "set_weight", "weight": 100},
        ],
        "analyses": [{"metric": "success_rate", "success": ">= 0.99", "interval": "30s"}],
    },
    "on_rollback": [task("tell", function="dev")],
}
REVIEW: dict[str, Any] = {
    "id": "review",
    "process": "post_launch_review",
    "title": "Review",
    "needs": ["grey"],
    "tasks": [task("lessons", function="dev")],
}
RATE: dict[str, Any] = {
    "key": "errors",
    "title": "Errors",
    "source": {"metric": "errors"},
    "compare": "<=",
    "threshold": 1,
}


def gate(on: str = "exit", **more: Any) -> dict[str, Any]:
    """Return a gate that measures `RATE`."""
    return {"key": "rate", "title": "Rate", "on": on, "checks": [{**RATE, **more}]}


def whole() -> Plan:
    """Return a plan with UAT, sign-off, grey release and review."""
    return make_plan(UAT, SIGNED, GREY, REVIEW)
