"""Changes who-must-sign in small ways, one at a time, and counts what the tests notice: `make mutation`.

mutmut makes the changes and runs the tests that `[tool.mutmut]` names. What survives is a rule that no test holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LEAST = 0.9
"""The share of the changes that must be noticed."""
STATISTICS = Path("mutants/mutmut-cicd-stats.json")


def main() -> int:
    """Run the mutations and tell how many were noticed; 1 when they were too few."""
    quick = {**os.environ, "MODEL_CASES": "60"}
    for words in (["run"], ["export-cicd-stats"]):
        subprocess.run([sys.executable, "-m", "mutmut", *words], check=True, env=quick)
    counted = json.loads(STATISTICS.read_text())
    noticed = counted["killed"] + counted["timeout"]
    share = noticed / counted["total"]
    print(f"{noticed} of {counted['total']} changes were noticed: {share:.1%}; at least {LEAST:.0%} must be.")
    print("`python -m mutmut results` lists those that survived, `mutmut show NAME` shows one.")
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    raise SystemExit(main())
