"""`python -m cli` is the `golive` command."""

from __future__ import annotations

import sys

if not (3, 11) <= sys.version_info[:2] < (3, 14):  # before any import that an older Python could not read
    sys.exit(
        f"golive needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]} at {sys.executable}. "
        "Run `make up PYTHON=/path/to/python3.12`."
    )

from cli.app import app

if __name__ == "__main__":
    app(prog_name="golive")
