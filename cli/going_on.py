"""Whether the same people are being asked about the same file already: then `sign-off` goes on with that run."""

from __future__ import annotations

from collections.abc import Iterator

from cli.connected import Connected
from cli.failure import Failure
from cli.language import _
from cli.screen import named
from cli.tables import Row

TEMPLATE = "dual-sign-off"
_OPEN = ("running", "held")


def open_run(
    golive: Connected, digest: str, people: dict[str, list[str]], service: str | None, version: str | None
) -> Row | None:
    """Return the newest open run that asks exactly these people about exactly this file; None without one.

    Raises Failure where there is one that does not go on by itself.
    """
    for run in _runs(golive, service, version):
        digests = [artifact["digest"] for artifact in run["release"]["artifacts"]]
        if digests == [digest] and all(run["people"].get(each) == who for each, who in people.items()):
            _expect_to_go_on(run)
            return run
    return None


def _runs(golive: Connected, service: str | None, version: str | None) -> Iterator[Row]:
    for state in _OPEN:
        for line in golive.client.items("/runs", template=TEMPLATE, state=state, service=service):
            if version in (None, line["version"]):
                run: Row = golive.get(f"/runs/{line['id']}").json()
                yield run


def _expect_to_go_on(run: Row) -> None:
    asks = run["tasks"][0]["state"] in ("open", "in_progress")
    decided = run["approvals"][0]["state"] in ("pending", "approved")
    if run["state"] == "running" and (asks or decided):
        return
    sentence = _(
        "Run {run} asks the same people about the same file and does not go on by itself: it is {state}, and its "
        "sign-off is {decided}. See golive show {run}, or start another with --new."
    )
    told = {"state": named(run["state"]), "decided": named(run["approvals"][0]["state"])}
    raise Failure(sentence.format(run=run["id"], **told))
