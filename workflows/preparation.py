"""Preparation: the release is made ready, and the tech lead approves the code.

opens      the preparing tasks, in the order of their needs; lessons of earlier runs are shown
passes     when they are done, the code is approved and the exit gates pass
"""

from __future__ import annotations

from golive.process import Process


class PreparationProcess(Process):
    """Tasks, approvals and gates alone."""

    name = "preparation"
