"""`make screenshots`: a picture of every page, wide and narrow, light and dark, in both languages."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from cli.language import ROOT
from tests.pages.chromium import NONE, program, started
from tests.pages.everywhere import LOOKS, PLACES, Tour
from tests.pages.scene import staged


async def take(chromium: str, folder: Path, only: list[str]) -> None:
    """Write the pictures into `folder`, of the places named in `only`, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    async with staged() as scene, started(chromium) as browser:
        tour = Tour(browser, scene)
        for place in PLACES:
            for look in LOOKS if not only or place.name in only else ():
                async with tour.window(place, look) as window:
                    await window.open(scene)
                    file = folder / f"{place.name}-{look}.png"
                    # The caret is left alone: to hide it, a style would be added, which the pages do not allow.
                    await window.page.screenshot(path=file, full_page=True, caret="initial")
                    print(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file, flush=True)


def main() -> int:
    """Take the pictures; 1 where there is no Chromium."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("only", nargs="*", choices=[[], *(place.name for place in PLACES)])
    asked = parser.parse_args()
    if (chromium := program()) is None:
        print(NONE, file=sys.stderr)
        return 1
    asyncio.run(take(chromium, asked.folder, asked.only))
    return 0


if __name__ == "__main__":
    sys.exit(main())
