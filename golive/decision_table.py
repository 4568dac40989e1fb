"""Decision tables: which rules an approval has can depend on the parameters of a start, such as class or risk.

The words are those of DMN: a table has inputs, rows, and a hit policy. A row applies when all its cells fit. Each value
that a start can give behaves as one of a few samples, so whether a table has holes is found by trying them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from typing import cast

from golive.gates import COMPARE
from golive.parameters import Value, fault, sample
from golive.plan import AppliedRow
from golive.problems import Place, unknown
from golive.schema_problems import shown
from golive.template import Parameter
from golive.template_approvals import Asked, DecisionTable, Rule
from golive.vocabulary import Compare
from golive.words import N_, Sentence, say

MOST_CASES = 10_000
"""Combinations of samples that one table is tried with."""
_NUMBERS = ("integer", "number")
_INPUTS = (*_NUMBERS, "choice", "boolean")
"""Types of parameters that a table can decide by: of text there is no end."""
_COMPARISON = re.compile(r"(==|=|!=|<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_AND = re.compile(r"\s+and\s+")

Case = Mapping[str, Value]
"""A value of each input."""


@dataclass(frozen=True)
class Cell:
    """What a row asks of one input: that it is one of `values`, or that all `comparisons` hold."""

    written: str
    values: tuple[Value, ...] = ()
    comparisons: tuple[tuple[Compare, float], ...] = ()

    def fits(self, value: Value) -> bool:
        """Tell whether the value is as the cell asks."""
        if not self.comparisons:
            return value in self.values
        return all(COMPARE[compare](cast("float", value), limit) for compare, limit in self.comparisons)

    @property
    def thresholds(self) -> Iterator[float]:
        """The numbers at which it changes whether the cell fits."""
        yield from (limit for _, limit in self.comparisons)
        yield from (value for value in self.values if isinstance(value, int | float))


def read_cell(parameter: Parameter, asked: Asked) -> Cell | Sentence:
    """Return the cell as it is written for a parameter, or what is wrong with it."""
    if parameter.type not in _INPUTS:
        msgid = N_("a table decides by a choice, a number or true and false; “{key}” is of the type {type}")
        return say(msgid, key=parameter.key, type=parameter.type)
    if isinstance(asked, str) and parameter.type in _NUMBERS:
        return _compared(asked)
    values = asked if isinstance(asked, tuple) else (asked,)
    if not values:
        return say(N_("needs at least one entry"))
    wrong = next((found for value in values if (found := fault(parameter, value))), None)
    return wrong or Cell(", ".join(map(_told, values)), values=values)


def _compared(written: str) -> Cell | Sentence:
    found = [_COMPARISON.fullmatch(part) for part in _AND.split(written.strip())]
    if not all(found):
        msgid = N_("{got} is no comparison: write one such as >= 7, or two such as >= 3 and < 7")
        return say(msgid, got=shown(written))
    signs = [("==" if each[1] == "=" else each[1], float(each[2])) for each in found if each]
    return Cell(written.strip(), comparisons=tuple((cast("Compare", sign), limit) for sign, limit in signs))


@dataclass(frozen=True)
class _Table:
    """A table whose cells have been read: `inputs` are the parameters that it asks, in the order of the template."""

    unique: bool
    inputs: Sequence[Parameter]
    rows: Sequence[Mapping[str, Cell]]

    def fitting(self, case: Case) -> list[int]:
        """Return the rows that fit, by number from 0."""
        return [
            n for n, row in enumerate(self.rows) if all(cell.fits(case[key]) for key, cell in row.items())
        ]

    def cases(self) -> list[Case]:
        """Return a case for each way in which the values of a start can behave; too many are cut off."""
        keys = [each.key for each in self.inputs]
        samples = [
            samples_of(each, [row[each.key] for row in self.rows if each.key in row]) for each in self.inputs
        ]
        if math.prod(map(len, samples)) > MOST_CASES:
            return []
        return [dict(zip(keys, values, strict=True)) for values in product(*samples)]


def samples_of(parameter: Parameter, cells: Sequence[Cell]) -> list[Value]:
    """Return values such that each that the parameter takes is treated by all `cells` as one of them."""
    if parameter.type == "choice":
        return list(parameter.choices)
    if parameter.type == "boolean":
        return [False, True]
    limits = {limit for cell in cells for limit in cell.thresholds}
    edges = sorted({limit for limit in (*limits, parameter.min, parameter.max) if limit is not None})
    around = [edges[0] - 1, *edges, edges[-1] + 1, *((low + high) / 2 for low, high in pairwise(edges))]
    if parameter.type == "integer":
        near = {math.floor(each) + step for each in edges for step in (-1, 0, 1)}
        around = [*near, *(math.ceil(each) for each in edges)]
    possible = sorted({each for each in around if fault(parameter, each) is None})
    return list(possible) or [sample(parameter)]


# -- at publishing -------------------------------------------------------------------------------------------


def table_problems(table: DecisionTable, parameters: Sequence[Parameter]) -> Iterator[tuple[Place, Sentence]]:
    """Yield what is wrong with a table, and where within it: cells first, then what the rows leave or take twice."""
    if table.otherwise and table.refuse_others:
        yield ("refuse_others",), say(N_("what no row fits is either refused or has rules under “otherwise”"))
    wrong = list(_wrong_cells(table, parameters))
    yield from wrong
    if not wrong:
        yield from _in_rows(table, _read(table, parameters))


def _wrong_cells(table: DecisionTable, parameters: Sequence[Parameter]) -> Iterator[tuple[Place, Sentence]]:
    known = {each.key: each for each in parameters}
    for n, row in enumerate(table.rows):
        for key, asked in row.when.items():
            place: Place = ("rows", n, "when", key)
            if key not in known:
                yield place, unknown("parameter", key, known)
            elif isinstance(wrong := read_cell(known[key], asked), Sentence):
                yield place, wrong


def _read(table: DecisionTable, parameters: Sequence[Parameter]) -> _Table:
    known = {each.key: each for each in parameters}
    rows = [
        {
            key: cell
            for key, asked in row.when.items()
            if isinstance(cell := read_cell(known[key], asked), Cell)
        }
        for row in table.rows
    ]
    asked_for = {key for row in table.rows for key in row.when}
    return _Table(table.hit == "unique", [each for each in parameters if each.key in asked_for], rows)


def _in_rows(table: DecisionTable, read: _Table) -> Iterator[tuple[Place, Sentence]]:
    fitting = [(case, read.fitting(case)) for case in read.cases()]
    if not fitting:
        msgid = N_("the table tells more than {limit} cases apart; use fewer inputs, choices or limits")
        yield ("rows",), say(msgid, limit=MOST_CASES)
        return
    applying = {rows[0] for _, rows in fitting if rows}
    for n in range(len(table.rows)):
        if n not in applying and not (read.unique and any(n in rows for _, rows in fitting)):
            msgid = N_("this row never applies: no value fits it, or the rows before it take all that do")
            yield ("rows", n), say(msgid)
    if read.unique:
        yield from _overlaps(fitting)
    yield from _left_over(table, [case for case, rows in fitting if not rows])


def _overlaps(fitting: Sequence[tuple[Case, list[int]]]) -> Iterator[tuple[Place, Sentence]]:
    told: set[tuple[int, int]] = set()
    for case, rows in fitting:
        for first, second in pairwise(rows):
            if (first, second) not in told:
                msgid = N_("only one row may fit (hit: unique), but where {inputs} row {row} fits as well")
                yield ("rows", second), say(msgid, inputs=case_words(case), row=first + 1)
            told.add((first, second))


def _left_over(table: DecisionTable, holes: Sequence[Case]) -> Iterator[tuple[Place, Sentence]]:
    if holes and not table.otherwise and not table.refuse_others:
        msgid = N_(
            "no row fits where {inputs}: add a row, rules under “otherwise”, or “refuse_others: true” "
            "if such a start is to be refused"
        )
        yield ("rows",), say(msgid, inputs=case_words(holes[0]))
    elif not holes and (table.otherwise or table.refuse_others):
        key = "otherwise" if table.otherwise else "refuse_others"
        yield (key,), say(N_("the rows fit every value, so nothing is left over; leave “{key}” out"), key=key)


def case_words(case: Case) -> str:
    """Write a case as the template would: `class = major, risk = 7`."""
    return ", ".join(f"{key} = {_told(value)}" for key, value in case.items())


def _told(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


# -- at the start --------------------------------------------------------------------------------------------


def inputs_of(table: DecisionTable, values: Mapping[str, Value]) -> Case:
    """Return the values of the inputs of a table."""
    asked = {key for row in table.rows for key in row.when}
    return {key: value for key, value in values.items() if key in asked}


def applying(
    table: DecisionTable, parameters: Sequence[Parameter], values: Mapping[str, Value]
) -> tuple[tuple[Rule, ...], AppliedRow] | None:
    """Return the rules that apply with these values of parameters, and which row has them; None when none has."""
    read = _read(table, parameters)
    fitting = read.fitting(values)
    if len(fitting) == 1 or (fitting and not read.unique):
        n = fitting[0]
        asked = [(each, read.rows[n][each.key]) for each in read.inputs if each.key in read.rows[n]]
        told = _joined([_why(each, cell, values[each.key]) for each, cell in asked])
        why = say(N_("row {row} of {count}: {inputs}"), row=n + 1, count=len(table.rows), inputs=told)
        return table.rows[n].rules, AppliedRow(row=n + 1, count=len(table.rows), why=why)
    if not fitting and table.otherwise:
        told = _joined([_why(each, None, values[each.key]) for each in read.inputs])
        why = say(N_("none of {count} rows fits: {inputs}"), count=len(table.rows), inputs=told)
        return table.otherwise, AppliedRow(count=len(table.rows), why=why)
    return None


def _why(parameter: Parameter, cell: Cell | None, value: Value) -> Sentence:
    title, told = parameter.title, _told(value)
    if cell is None or cell.written == told:
        return say(N_("{title} is {value}"), title=title, value=told)
    return say(N_("{title} is {value} ({asked})"), title=title, value=told, asked=cell.written)


def _joined(sentences: Sequence[Sentence]) -> Sentence:
    return reduce(lambda some, more: say(N_("{some}, {more}"), some=some, more=more), sentences)
