"""The closed lists of words (states, kinds, verdicts) as people read them: `name_of("in_progress", "zh")`."""

from __future__ import annotations

from golive.words import N_, Language
from language.catalogue import translator

NAMES: dict[str, str] = {
    # runs
    "scheduled": N_("scheduled"),
    "running": N_("running"),
    "held": N_("held"),
    "rolling_back": N_("rolling back"),
    "completed": N_("completed"),
    "aborted": N_("aborted"),
    # stages
    "locked": N_("not open yet"),
    "open": N_("open"),
    "passed": N_("passed"),
    "failed": N_("failed"),
    "skipped": N_("not reached"),
    # tasks
    "in_progress": N_("in progress"),
    "blocked": N_("blocked"),
    "to_verify": N_("to be verified"),
    "done": N_("done"),
    "not_applicable": N_("not applicable"),
    # checks
    "not_run": N_("not run"),
    "pass": N_("pass"),
    "pass_with_waiver": N_("pass with waiver"),
    "fail": N_("fail"),
    "error": N_("error"),
    # approvals and decisions
    "pending": N_("pending"),
    "approved": N_("approved"),
    "rejected": N_("rejected"),
    "returned": N_("returned"),
    "expired": N_("expired"),
    "stale": N_("stale"),
    "withdrawn": N_("withdrawn"),
    "reviewed": N_("reviewed"),
    "responsible": N_("responsible"),
    # signers who are added
    "before": N_("before you"),
    "after": N_("after you"),
    # waivers
    "requested": N_("asked for"),
    "granted": N_("granted"),
    "ended": N_("over with its build"),
    # rollouts and health
    "waiting": N_("waiting"),
    "paused": N_("paused"),
    "shifting": N_("shifting traffic"),
    "pausing": N_("pausing"),
    "baking": N_("baking"),
    "checking": N_("checking"),
    "approving": N_("waiting for an approval"),
    "stopped": N_("stopped"),
    "healthy": N_("healthy"),
    "unhealthy": N_("unhealthy"),
    "inconclusive": N_("inconclusive"),
    "successful": N_("successful"),
    # amendments
    "minor": N_("minor"),
    "major": N_("major"),
    "in_force": N_("in force"),
    "undecided": N_("not decided before the end"),
    # evidence
    "remark": N_("remark"),
    "file": N_("file"),
    "link": N_("link"),
    "metric": N_("metric"),
    "test_result": N_("test result"),
    "signature": N_("signature"),
    # what is awaited
    "task": N_("task"),
    "verify": N_("verification"),
    "approval": N_("approval"),
    "waiver": N_("waiver"),
    "amendment": N_("amendment"),
    "review": N_("review"),
    "promote": N_("promotion"),
    "gate": N_("gate"),
    "lock": N_("the service"),
    "bake": N_("observation of a step"),
    "observe": N_("observation"),
    "traffic": N_("traffic"),
    "check": N_("health check"),
    # what is signed
    "release": N_("release"),
    "plan": N_("plan"),
    "tasks": N_("tasks"),
    "evidence": N_("evidence"),
    "gates": N_("gates"),
    "waivers": N_("waivers"),
    "rollout": N_("rollout"),
    # roles
    "release_manager": N_("release manager"),
    # deliveries
    "logged": N_("written to the log"),
    "unsent": N_("not sent, since it was not awaited any more"),
    # proofs of who somebody is
    "password": N_("by password"),
    "oidc": N_("by signing in again"),
}


def name_of(word: str, language: Language) -> str:
    """Return a word of a closed list for a reader of `language`; a word of no list stays as it is."""
    return translator(language)(NAMES.get(word, word.replace("_", " ")))
