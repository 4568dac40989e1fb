"""What the demo takes live, made on this machine: an artifact of this checkout and its test report."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from cli.failure import Failure
from cli.language import ROOT, _

TESTS = ("tests/rules", "tests/analysis")
"""A quick part of the project's own tests; those of these folders that exist are run."""
TESTS_WITHIN = 100.0
FOLDERS = (
    "activities", "api", "checklists", "cli", "connectors", "db", "demo", "golive", "settings", "templates",
    "worker", "workflows",
)  # fmt: skip
"""What an artifact holds where the checkout is no git repository."""


@dataclass(frozen=True)
class Artifact:
    """A built file and the digest that people sign."""

    path: Path
    digest: str
    files: int


def build(folder: Path, name: str) -> Artifact:
    """Pack the sources of this checkout into one file. The same sources always give the same bytes."""
    sources = _sources()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for source in sources:
            archive.add(
                ROOT / source, arcname=f"{name}/{source.as_posix()}", filter=_timeless, recursive=False
            )
    content = gzip.compress(packed.getvalue(), mtime=0)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tar.gz"
    path.write_bytes(content)
    return Artifact(path, f"sha256:{hashlib.sha256(content).hexdigest()}", len(sources))


def _timeless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out what differs from one checkout of the same sources to the next."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


def _sources() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - the git that the checkout was made with
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        tracked = [Path(name) for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        tracked = []
    if not tracked:
        found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
        tracked = [path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts]
    return sorted(path for path in tracked if (ROOT / path).is_file() and not (ROOT / path).is_symlink())


async def acceptance_tests(home: Path) -> bytes:
    """Run a quick part of the project's own tests; return the JUnit XML that they wrote. Raises Failure."""
    report, log = home / "junit.xml", home / "logs" / "acceptance-tests.log"
    report.unlink(missing_ok=True)
    chosen = [tests for tests in TESTS if (ROOT / tests).is_dir()]
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", *options, *chosen),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(TESTS_WITHIN):
            await process.wait()
    except TimeoutError as slow:
        raise Failure(
            _("The acceptance tests took too long; {log} shows how far they came.").format(log=log)
        ) from slow
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not report.exists():
        raise Failure(_("The acceptance tests wrote no report; {log} says why.").format(log=log))
    return report.read_bytes()
