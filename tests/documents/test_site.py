"""The documentation as it is built: without a warning, without anything from the network, and found by its search."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring

from cli.language import ROOT
from docs.generate import library
from docs.generate.__main__ import FOLDERS
from golive.words import Language
from settings import Settings

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]

LANGUAGES: list[Language] = ["en", "zh"]
TEMPLATES = sorted(library.bundled().templates)
_LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\ssrc\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|<link\b[^>]*\shref\s*=\s*["']?\s*(?:https?:)?//|<object\b[^>]*\sdata\s*=\s*["']?\s*(?:https?:)?//""",
    re.IGNORECASE,
)
_LOADS_OF_STYLES = re.compile(
    r"""@import\s+(?:url\()?["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//""", re.IGNORECASE
)
_SVG = re.compile(r"<svg[^>]*class=\"gantt\".*?</svg>", re.DOTALL)


@pytest.fixture(scope="module", params=LANGUAGES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Language, Path]:
    """Build the site of a language as `make docs` does."""
    language: Language = request.param
    root = tmp_path_factory.mktemp("docs")
    folder = FOLDERS[language]
    named = "en" if language == "en" else "zh_CN"
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")},
        "LANGUAGE": folder,
        "PYTHONPATH": str(ROOT),
    }
    for command in (
        ["docs.generate", str(root / "source" / folder)],
        [
            *("sphinx", "-W", "--keep-going", "-q", "-c", str(ROOT / "docs"), "-d", str(root / "read")),
            *("-D", f"language={named}", str(root / "source" / folder), str(root / folder)),
        ],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=root, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return language, root / folder


def html(site: Path) -> dict[str, str]:
    return {str(file.relative_to(site)): file.read_text(encoding="utf-8") for file in site.rglob("*.html")}


def test_the_site_is_whole_and_loads_nothing_from_the_network(site: tuple[Language, Path]) -> None:
    language, folder = site
    pages = html(folder)
    assert {"index.html", "concepts.html", "reference/cli.html", "search.html"} <= pages.keys()
    _loads_nothing(pages, [*folder.rglob("*.css"), *folder.rglob("*.svg")])
    _each_page_leads_to_the_other_language(language, pages)
    _each_template_has_its_gantt(language, pages)
    _each_setting_and_route_is_told(pages)
    _words_are_found(language, (folder / "searchindex.js").read_text(encoding="utf-8"))


def _loads_nothing(pages: dict[str, str], styles: list[Path]) -> None:
    for name, page in pages.items():
        assert not _LOADS.search(page), name
        assert not _LOADS_OF_STYLES.search(page), name
    for file in styles:
        assert not _LOADS_OF_STYLES.search(file.read_text(encoding="utf-8")), file


def _each_page_leads_to_the_other_language(language: Language, pages: dict[str, str]) -> None:
    other = FOLDERS["zh" if language == "en" else "en"]
    for name, page in pages.items():
        there = "decisions/index.html" if name.startswith("decisions/") else name
        assert f'href="{"../" * (name.count("/") + 1)}{other}/{there}"' in page, name


def _each_template_has_its_gantt(language: Language, pages: dict[str, str]) -> None:
    told = {name for name in pages if name.startswith("templates/")}
    assert told == {f"templates/{name}.html" for name in [*TEMPLATES, "index"]}
    for name in TEMPLATES:
        (drawn,) = _SVG.findall(pages[f"templates/{name}.html"])
        said = "".join(fromstring(drawn).itertext())
        plan, foreseen = library.example(name)
        assert all(stage.title.in_language(language) in said for stage in plan.stages)
        assert (
            f"{foreseen.ends_at.astimezone(foreseen.start.tzinfo):%Y-%m-%d %H:%M}"
            in pages[f"templates/{name}.html"]
        )


def _each_setting_and_route_is_told(pages: dict[str, str]) -> None:
    for name in Settings.model_fields:
        assert f"GOLIVE_{name.upper()}" in pages["operator/settings.html"]
    assert "POST /approvals/{approval_id}/decisions" in pages["reference/api/approvals.html"]
    assert 'id="shape-runshown"' in pages["reference/api/shapes.html"]
    assert "stale_subject" in pages["reference/api/problems.html"]
    assert pages["reference/api/approvals.html"].count("<details>") >= 3


def _words_are_found(language: Language, index: str) -> None:
    """The index holds what the browser looks for: in Chinese, each pair of neighbouring characters."""
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    wanted = {"rollback", "stale"} if language == "en" else {"灰度", "度发", "发布", "会签", "golive"}
    assert wanted <= terms.keys()


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://example.com/a.js"></script>',
        '<link rel="stylesheet" href="//example.com/a.css">',
        "<img alt='' src='http://example.com/a.png'>",
    ],
)
def test_a_load_from_the_network_is_noticed(page: str) -> None:
    with pytest.raises(AssertionError):
        _loads_nothing({"page": page}, [])


def test_a_font_from_the_network_is_noticed(tmp_path: Path) -> None:
    style = tmp_path / "a.css"
    style.write_text("@font-face { src: url('https://example.com/a.woff2') }")
    with pytest.raises(AssertionError):
        _loads_nothing({}, [style])


def test_the_site_names_its_parts_in_well_formed_svg() -> None:
    with pytest.raises(ET.ParseError):
        fromstring("<svg><text>R&D</text></svg>")
