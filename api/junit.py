"""JUnit XML as evidence: how many tests there were and how they ended. Read as data that a stranger wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse
from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase

from golive.errors import Invalid
from golive.evidence import TestFacts
from golive.words import N_

_DEPTH = 40
"""Suites nest two or three deep; a thousand are an attack on whoever walks them."""


def read_junit(path: Path, name: str) -> TestFacts:
    """Return what the JUnit XML at `path` says, counted over its test cases, whatever its totals claim.

    `name` is told in the refusal. Raises Invalid when it is no XML, no JUnit, holds no test, or is a trap.
    """
    cases = _cases(path, name)
    if not cases:
        raise Invalid("test_result_empty", N_("“{name}” holds no test case, so it shows nothing."), name=name)
    return TestFacts(
        tests=len(cases),
        failures=sum(_ended(case, Failure) and not _ended(case, Error) for case in cases),
        errors=sum(_ended(case, Error) for case in cases),
        skipped=sum(
            _ended(case, Skipped) and not _ended(case, Failure) and not _ended(case, Error) for case in cases
        ),
    )


def _cases(path: Path, name: str) -> list[TestCase]:
    try:
        root = parse(path, forbid_dtd=True).getroot()
        if root is None or _depth(root) > _DEPTH:
            raise Invalid("test_result_invalid", N_("“{name}” nests its test suites too deeply."), name=name)
        return [case for suite in JUnitXml.fromroot(cast("Any", root)) for case in suite]
    except DefusedXmlException as trap:
        msgid = N_(
            "“{name}” declares entities or a document type, which golive does not read; send plain JUnit XML."
        )
        raise Invalid("test_result_unsafe", msgid, name=name) from trap
    except ParseError as broken:
        line = broken.position[0]
        msgid = N_("“{name}” is not JUnit XML: its line {line} cannot be read as XML.")
        raise Invalid("test_result_invalid", msgid, name=name, line=line) from broken
    except (JUnitXmlError, ValueError, LookupError) as other:
        msgid = N_("“{name}” is not JUnit XML: it must begin with <testsuites> or <testsuite>.")
        raise Invalid("test_result_invalid", msgid, name=name) from other


def _ended(case: TestCase, how: type[Failure | Error | Skipped]) -> bool:
    return any(isinstance(result, how) for result in case.result)


def _depth(root: Element) -> int:
    level, deep = [root], 0
    while level and deep <= _DEPTH:
        level = [child for element in level for child in element]
        deep += 1
    return deep
