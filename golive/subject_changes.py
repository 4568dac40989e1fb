"""What changed between two subjects of an approval, in words: what who has seen the one must know of the other.

Each change names the part of the subject that it belongs to. Equal subjects have none; a part with another digest has
at least one, if only the sentence that it changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from golive.canonical import canonical
from golive.plan import Release
from golive.subject import PARTS
from golive.words import N_, Sentence, Text, say

Names = Mapping[str, Text]
"""The titles of tasks, stages and gates, by reference; what has no title is called by its reference."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, in the part `part` of the subject."""

    part: str
    sentence: Sentence


def changes(before: Mapping[str, Any], now: Mapping[str, Any], names: Names) -> tuple[Change, ...]:
    """Return the differences between two subjects, part by part."""
    return tuple(
        Change(part, sentence)
        for part in PARTS
        if not _same(before.get(part, []), now.get(part, []))
        for sentence in _told(part, before.get(part, []), now.get(part, []), names)
    )


def new_build(signed: Mapping[str, Any], present: Mapping[str, Any]) -> list[Sentence]:
    """Return how the present release of a run differs from the one in a subject; nothing while it is the same."""
    return [] if _same(signed, present) else list(_release(dict(signed), dict(present), {}))


def _told(part: str, before: Any, now: Any, names: Names) -> list[Sentence]:
    """Return the differences of one part; those that nobody foresaw are told as one."""
    found = list(_TELLS[part](before, now, names))
    return found or [say(N_("{changed}: told otherwise than before"), changed=part)]


# -- release and plan ----------------------------------------------------------------------------------------


def _release(before: dict[str, Any], now: dict[str, Any], _: Names) -> Iterator[Sentence]:
    before, now = _UNSAID | before, _UNSAID | now
    for name, msgid in _OF_RELEASE.items():
        if before[name] != now[name]:
            yield say(msgid, now=now[name], was=before[name])
    was, artifacts = _by("name", before["artifacts"]), _by("name", now["artifacts"])
    yield from _only(was, artifacts, N_("the artifact {name} is gone"), lambda name: name)
    yield from _only(artifacts, was, N_("the artifact {name} is new"), lambda name: name)
    for name in _in_both(was, artifacts):
        digests = {"now": artifacts[name]["digest"], "was": was[name]["digest"]}
        yield say(N_("the artifact {name} has the digest {now}; before: {was}"), name=name, **digests)
    if before["authors"] != now["authors"]:
        said = N_("the artifact was made by {now}; before: {was}")
        yield say(said, now=_listed(now["authors"]), was=_listed(before["authors"]))
    if before["scope"] != now["scope"]:
        yield say(N_("the scope is worded otherwise"))
    if not _same(before["external_refs"], now["external_refs"]):
        yield say(N_("the references to other systems are others"))


_UNSAID = {name: field.default for name, field in Release.model_fields.items() if not field.is_required()}
"""What a release is where its facts, which leave defaults out, do not say it."""
_OF_RELEASE = {
    "service": N_("the service is {now}; before: {was}"),
    "version": N_("the version is {now}; before: {was}"),
    "environment": N_("the environment is {now}; before: {was}"),
}


def _plan(before: dict[str, Any], now: dict[str, Any], _: Names) -> Iterator[Sentence]:
    amended, former = now.get("amended", 1), before.get("amended", 1)
    if amended != former:
        yield say(N_("the plan was amended: it is version {now}; before: {was}"), now=amended, was=former)
    if any(before[name] != now[name] for name in ("template", "version", "hash")):
        yield say(N_("the template is {now}; before: {was}"), now=_template(now), was=_template(before))
    was, values = before["parameters"], now["parameters"]
    yield from _only(was, values, N_("the parameter {name} is gone"), lambda name: name)
    yield from _only(values, was, N_("the parameter {name} is new"), lambda name: name)
    for name in _in_both(was, values):
        told = {"now": _value(values[name]), "was": _value(was[name])}
        yield say(N_("the parameter {name} is {now}; before: {was}"), name=name, **told)
    if not _same(before["approval"], now["approval"]):
        yield say(N_("who is asked, or how, is laid down otherwise"))


def _template(plan: dict[str, Any]) -> str:
    return f"{plan['template']} {plan['version']} ({plan['hash']})"


# -- evidence, gates, rollout --------------------------------------------------------------------------------


def _evidence(before: list[Any], now: list[Any], names: Names) -> Iterator[Sentence]:
    was, works = _by("task", before), _by("task", now)
    yield from _only(was, works, N_("“{name}” has no evidence any more"), names.get)
    yield from _only(works, was, N_("“{name}” has evidence now"), names.get)
    for ref in _in_both(was, works):
        title, state, former = names.get(ref, ref), works[ref]["state"], was[ref]["state"]
        if state != former:
            yield say(N_("“{name}” is {state}; before: {former}"), name=title, state=state, former=former)
        if works[ref]["evidence"] != was[ref]["evidence"]:
            yield say(N_("“{name}” has been done again, with other evidence"), name=title)


def _gates(before: list[Any], now: list[Any], names: Names) -> Iterator[Sentence]:
    was, stages = _by("stage", before), _by("stage", now)
    yield from _only(was, stages, N_("the gates of “{name}” are gone"), names.get)
    yield from _only(stages, was, N_("“{name}” has gates now"), names.get)
    for stage in _in_both(was, stages):
        yield from _gates_of(was[stage], stages[stage])


def _gates_of(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Sentence]:
    was, gates = _judged(before), _judged(now)
    yield from _only(was, gates, N_("the gate “{name}” is gone"), lambda key: was[key]["title"])
    yield from _only(gates, was, N_("the gate “{name}” is new"), lambda key: gates[key]["title"])
    for key in _in_both(was, gates):
        yield from _gate(was[key], gates[key])


def _gate(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Sentence]:
    title = now["title"]
    if not _same(before["asks"], now["asks"]):
        yield say(N_("the gate “{name}” asks for something else"), name=title)
    if before["state"] != now["state"]:
        said = N_("the gate “{name}” is {state}; before: {former}")
        yield say(said, name=title, state=now["state"], former=before["state"])
    was, checks = _by("key", before["checks"]), _by("key", now["checks"])
    for key in _in_both(was, checks):
        name, state, former = checks[key]["title"], checks[key]["state"], was[key]["state"]
        if state != former:
            said = N_("the check “{name}” is {state}; before: {former}")
            yield say(said, name=name, state=state, former=former)


def _judged(stage: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the gates of a stage by key, each with its state and those of its checks."""
    states = iter(stage["states"])
    found = {}
    for gate, state in zip(stage["gates"], stage["state"], strict=True):
        checks = [
            {"key": check["key"], "title": Text.model_validate(check["title"]), "state": next(states)[1]}
            for check in gate["checks"]
        ]
        title = Text.model_validate(gate["title"])
        found[gate["key"]] = {"title": title, "asks": gate, "state": state, "checks": checks}
    return found


def _rollout(before: list[Any], now: list[Any], names: Names) -> Iterator[Sentence]:
    was, stages = _by("stage", before), _by("stage", now)
    yield from _only(was, stages, N_("traffic does not move in “{name}” any more"), names.get)
    yield from _only(stages, was, N_("traffic moves in “{name}” now"), names.get)
    for stage in _in_both(was, stages):
        for parts, msgid in _OF_ROLLOUT:
            if any(not _same(was[stage].get(part), stages[stage].get(part)) for part in parts):
                yield say(msgid, name=names.get(stage, stage))


def _waivers(before: list[Any], now: list[Any], _: Names) -> Iterator[Sentence]:
    was, waivers = _by("check", before), _by("check", now)
    yield from _only(was, waivers, N_("there is no waiver of {name} any more"), lambda name: name)
    yield from _only(waivers, was, N_("there is a waiver of {name} now"), lambda name: name)
    for check in _in_both(was, waivers):
        yield say(N_("the waiver of {name} is another"), name=check)


_OF_ROLLOUT = (
    (("steps",), N_("the steps of traffic in “{name}” are others")),
    (("analyses", "metrics"), N_("what is watched in “{name}” is something else")),
    (("on_unhealthy", "on_conflict"), N_("what happens by itself in “{name}” is something else")),
)
_TELLS: dict[str, Callable[[Any, Any, Names], Iterator[Sentence]]] = {
    "release": _release,
    "plan": _plan,
    "evidence": _evidence,
    "gates": _gates,
    "waivers": _waivers,
    "rollout": _rollout,
}


# -- comparing -----------------------------------------------------------------------------------------------


def _same(one: Any, other: Any) -> bool:
    return canonical(one) == canonical(other)  # as it is signed: to Python, True and 1 are the same


def _by(key: str, rows: list[Any]) -> dict[str, Any]:
    return {row[key]: row for row in rows}


def _in_both(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what is in both and not the same, in the order of now."""
    return [name for name in now if name in before and not _same(_plain(before[name]), _plain(now[name]))]


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.model_dump()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _only(
    here: Mapping[str, Any], there: Mapping[str, Any], msgid: str, called: Callable[[str], Text | str | None]
) -> Iterator[Sentence]:
    """Say `msgid` of each that is `here` and not `there`."""
    return (say(msgid, name=called(name) or name) for name in here if name not in there)


def _value(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "–"
