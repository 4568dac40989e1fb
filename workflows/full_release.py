"""Full release: all traffic goes to the new version, and the service is given back.

opens      goes on where the grey release ended, under the same claim on the service
passes     after the last step; from then on another run's traffic may move
"""

from __future__ import annotations

from workflows.rolling import RollingProcess


class FullReleaseProcess(RollingProcess):
    """A rollout that ends with the whole traffic."""

    name = "full_release"
