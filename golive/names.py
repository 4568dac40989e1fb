"""Names that Temporal, the API and operators share."""

TASK_QUEUE = "golive"
WATCH_QUEUE = "golive-watch"
"""Days of watching have a queue of their own, so that they never starve `record`."""

COMMAND = "command"
OPENED = "opened"
STATE = "state"
LOOK_AGAIN = "look_again"
REFUSED = "golive.refused"
"""The type of the ApplicationError that carries a refusal; its detail is a dict of code, status, sentence, facts."""

UNRECORDABLE = "golive.unrecordable"
"""The type of the ApplicationError of an act whose row the journal refuses: nothing was acknowledged."""


OURS = "WorkflowId STARTS_WITH 'golive/'"
"""Finds the workflows of runs in Temporal's list."""


def workflow_id(run_id: str) -> str:
    """Return the Temporal workflow id of a run."""
    return f"golive/{run_id}"


def public_id(run_id: str, ref: str) -> str:
    """Return the id by which people and clients name a task or an approval of a run."""
    return f"{run_id}.{ref}"


def parted(public: str) -> tuple[str, str]:
    """Return the run and the reference of a task or an approval by its public id."""
    run_id, _, ref = public.partition(".")
    return run_id, ref
