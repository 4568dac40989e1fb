"""Where the same run is in the Temporal UI, for operators."""

from __future__ import annotations

from urllib.parse import quote

from api.pages.visiting import Visit
from golive.names import workflow_id

_LOCAL = "127.0.0.1"
_HERE = (_LOCAL, "localhost", "::1")
"""How who sits at the same machine reaches golive: the embedded UI listens nowhere else."""


def temporal_page(visit: Visit, run_id: str) -> str | None:
    """Return the address of the run in the Temporal UI, None when the reader cannot reach it or nobody said where."""
    settings = visit.house.settings
    ui = settings.temporal_ui_url
    if ui is None and settings.temporal == "embedded" and visit.request.url.hostname in _HERE:
        ui = f"http://{_LOCAL}:{settings.temporal_ui_port}"
    if ui is None:
        return None
    where = f"{ui}/namespaces/{quote(visit.house.engine.connection.namespace, safe='')}"
    return f"{where}/workflows/{quote(workflow_id(run_id), safe='')}"
