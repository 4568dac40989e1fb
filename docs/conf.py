"""How Sphinx builds the site, in the language that `make docs` names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.search import SearchLanguage
from typing_extensions import override

project = "golive"
author = "the golive authors"
with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as _file:
    release = version = tomllib.load(_file)["project"]["version"]
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_static_path = ["_static/golive.css"]
html_css_files = ["golive.css"]
templates_path = ["_templates"]
# Sphinx compiles what it finds there.
locale_dirs = [str(Path(__file__).with_name("_locale"))]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/language.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}

_TITLES = {"en": "golive documentation", "zh_CN": "golive 文档"}
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"


class Chinese(SearchLanguage):
    """Finds Chinese by pairs of characters: no dictionary, and any word of two characters or more is found.

    The same split is made of the pages, here, and of what a reader types, in the browser.
    """

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = r"""
function splitQuery(query) {
  const words = [];
  for (const run of query.match(/[\u3400-\u4dbf\u4e00-\u9fff]+|[^\s\u3400-\u4dbf\u4e00-\u9fff]+/g) || []) {
    if (!/^[\u3400-\u4dbf\u4e00-\u9fff]/.test(run)) {
      words.push(...run.split(/[^\p{Letter}\p{Number}_]+/u).filter((word) => word));
    } else if (run.length === 1) {
      words.push(run);
    } else {
      for (let n = 0; n + 1 < run.length; n++) words.push(run.slice(n, n + 2));
    }
  }
  return words;
}
"""

    @override
    def split(self, input: str) -> list[str]:
        """Return pairs of neighbouring Chinese characters, single ones as well, and whole other words."""
        found: list[str] = []
        for run in re.findall(rf"[{_HAN}]+|[^\W{_HAN}]+", input):
            if re.match(f"[{_HAN}]", run):
                found += [run[n : n + 2] for n in range(len(run) - 1)] + list(run)
            else:
                found.append(run)
        return found

    @override
    def stem(self, word: str) -> str:
        return word.lower()


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in the build."""
    app.add_search_language(Chinese)
    app.connect("config-inited", _name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _name(_app: Sphinx, config: Config) -> None:
    config.html_title = config.html_short_title = _TITLES[config.language]
