"""How far lists and people's work have come, looked at anew only where a run has gone on."""

from __future__ import annotations

import json
from collections.abc import Collection

from db.asked import Parts, asked_of, stamp_of_work
from db.listing import entries, stamp_of_list
from db.news import Stamp, stamp_over, stamps_of_all
from db.session import Session


def work_key(name: str, cursor: str | None) -> str:
    """Return the key of one page of a person's work."""
    return f"{name} {cursor or ''}"


class ListStamps:
    """How far each watched list of runs has come; its key is what it asks for, as JSON."""

    def __init__(self) -> None:
        self._all: Stamp = ""
        self._known: dict[str, Stamp] = {}

    async def __call__(self, sql: Session, keys: Collection[str]) -> dict[str, Stamp]:
        """Return the stamp of each list: in one query while no run goes on."""
        everything = stamp_over(sorted((await stamps_of_all(sql)).items()))
        known = self._known if everything == self._all else {}
        found = {
            key: known[key] if key in known else stamp_of_list(await entries(sql, **json.loads(key)))
            for key in keys
        }
        self._all, self._known = everything, found
        return found


class WorkStamps:
    """How far the work of each watched person has come.

    Of a run that goes on, what it asks of its people is looked at again; most of what happens changes nobody's work.
    """

    def __init__(self) -> None:
        self._runs: dict[str, Stamp] = {}
        self._parts: dict[str, Parts] = {}
        self._stamps: dict[str, Stamp] = {}

    async def __call__(self, sql: Session, keys: Collection[str]) -> dict[str, Stamp]:
        """Return the stamp of each person's work: in one query while no run goes on."""
        runs = await stamps_of_all(sql)
        names = {key.partition(" ")[0] for key in keys}
        went_on = {run for run, _ in runs.items() ^ self._runs.items()}
        parts = {name: self._parts[name] for name in names & self._parts.keys()}
        if went_on and parts:
            now = await asked_of(sql, parts, went_on)
            parts = {name: _renewed(its, went_on, now[name]) for name, its in parts.items()}
        if new := names - parts.keys():
            parts |= await asked_of(sql, new)
        self._stamps = {
            name: self._stamps[name] if its is self._parts.get(name) else stamp_of_work(its)
            for name, its in parts.items()
        }
        self._runs, self._parts = runs, parts
        return {key: self._stamps[key.partition(" ")[0]] for key in keys}


def _renewed(parts: Parts, went_on: Collection[str], now: Parts) -> Parts:
    """Return what is asked of somebody, where runs have gone on as it is `now`; the same object if nothing changed."""
    if all(parts.get(run) == now.get(run) for run in went_on):
        return parts
    return {run: stamp for run, stamp in parts.items() if run not in went_on} | dict(now)
