from __future__ import annotations

from pathlib import Path

import pytest

from api.junit import read_junit
from golive.errors import Invalid
from golive.evidence import TestFacts

NESTED = """<testsuites tests="999">
  <testsuite name="outer" tests="1" failures="0">
    <testcase name="passes"/>
    <testsuite name="inner">
      <testcase name="fails"><failure message="no"/></testcase>
      <testcase name="breaks"><error/></testcase>
      <testcase name="does both"><failure/><error/></testcase>
      <testcase name="is left out"><skipped/></testcase>
    </testsuite>
  </testsuite>
</testsuites>"""
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><testsuite><testcase name='&i;'/></testsuite>"
)
OUTSIDE = (
    '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>'
)


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "junit.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_test_cases_are_counted_and_not_the_totals_believed(tmp_path: Path) -> None:
    facts = read_junit(written(tmp_path, NESTED), "junit.xml")
    assert facts == TestFacts(tests=5, failures=1, errors=2, skipped=1)
    assert facts.named()["passed"] == 1


def test_one_suite_alone_is_read(tmp_path: Path) -> None:
    facts = read_junit(written(tmp_path, '<testsuite><testcase name="a"/></testsuite>'), "junit.xml")
    assert facts == TestFacts(tests=1, failures=0, errors=0, skipped=0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<testsuites/>", "test_result_empty"),
        ('<testsuite tests="12" failures="0"/>', "test_result_empty"),
        ("", "test_result_invalid"),
        ("not xml", "test_result_invalid"),
        ("<testsuites>", "test_result_invalid"),
        ("<html><testcase/></html>", "test_result_invalid"),
        (b"\xff\xfe\x00", "test_result_invalid"),
        (b'<?xml version="1.0" encoding="no-such"?><testsuites/>', "test_result_invalid"),
        ("<testsuite>" * 5000 + "</testsuite>" * 5000, "test_result_invalid"),
        (LAUGHS, "test_result_unsafe"),
        (OUTSIDE, "test_result_unsafe"),
    ],
)
def test_what_shows_nothing_or_is_a_trap_is_refused(tmp_path: Path, text: str | bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_junit(written(tmp_path, text), "junit.xml")
    assert refused.value.code == code
    assert "junit.xml" in str(refused.value)
