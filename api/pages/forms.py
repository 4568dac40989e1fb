"""What forms and their fields are called, where what was typed is shown apart from its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from api.pages.start_offer import label_of
from api.pages.visiting import Sent, Visit
from api.problems import DATABASE_AWAY
from db.queries import get_header
from db.views import RunHeader
from golive.errors import NotFound
from golive.words import N_, Language
from language import name_of, translator

ACTS: Mapping[str, str] = {
    "abort": N_("Abort the run"),
    "actions": N_("Agree on an action"),
    "add-signer": N_("Add signers …"),
    "amend": N_("Amend the plan"),
    "approve": N_("Approve"),
    "block": N_("Say that it is blocked"),
    "break-glass": N_("Break the glass …"),
    "close": N_("Close an action"),
    "comments": N_("Comment"),
    "complete": N_("Complete it"),
    "delegate": N_("Hand it over …"),
    "end": N_("End"),
    "end-others": N_("End all others"),
    "grant": N_("Grant"),
    "hold": N_("Hold the run"),
    "inform": N_("Keep people informed …"),
    "language": N_("Language"),
    "lessons": N_("Add a lesson"),
    "not-applicable": N_("Set not applicable"),
    "password": N_("Change the password"),
    "promote": N_("Promote"),
    "promote-full": N_("Promote to the end"),
    "reassign": N_("Give it to somebody else"),
    "refuse": N_("Refuse"),
    "reject": N_("Reject"),
    "release": N_("Replace the build"),
    "remind": N_("Remind …"),
    "reopen": N_("Open it again"),
    "resume": N_("Resume the run"),
    "retry": N_("Start the rollout over"),
    "return": N_("Return to one task …"),
    "revoke": N_("Revoke"),
    "rollback": N_("Roll back"),
    "sign-out": N_("Sign out"),
    "start": N_("Begin"),
    "take-back": N_("Take it back …"),
    "tokens": N_("Make a token"),
    "verify": N_("Does it hold?"),
    "waivers": N_("Ask for a waiver"),
    "withdraw": N_("Withdraw your decision …"),
}
"""How the acts are called, by the last part of where their forms are sent."""
_FIELDS: Mapping[str, str] = {
    "reason": N_("Reason"),
    "block reason": N_("Why"),
    "not-applicable reason": N_("Why"),
    "reassign reason": N_("Why"),
    "reassign to": N_("To"),
    "reopen reason": N_("Why"),
    "comments text": N_("What you say"),
    "tasks comments text": N_("Your comment"),
    "lessons text": N_("What this go-live taught"),
    "actions text": N_("What is to be improved"),
    "actions owner": N_("Who does it"),
    "actions due_at": N_("Until"),
    "close remark": N_("How it was done"),
    "verify remark": N_("Remark"),
    "verify result": N_("Does it hold?"),
    "approve meaning": N_("Your signature means"),
    "approve comment": N_("Comment"),
    "reject comment": N_("Reason"),
    "return comment": N_("Reason"),
    "return task": N_("Task"),
    "amend go_live_at": N_("Planned go-live"),
    "amend template_version": N_("Version of the template"),
    "take-back reason": N_("Reason"),
    "release version": N_("Version"),
    "release artifacts": N_("Artifacts"),
    "release authors": N_("Made by"),
    "release scope": N_("Scope"),
    "delegate to": N_("Hand over to"),
    "delegate since": N_("From"),
    "delegate until": N_("Until"),
    "add-signer people": N_("Who"),
    "add-signer place": N_("When they sign"),
    "inform people": N_("Who"),
    "inform comment": N_("Comment"),
    "break-glass reason": N_("What the emergency is"),
    "waivers reason": N_("Why it may go on nevertheless"),
    "waivers risk": N_("What can happen"),
    "waivers mitigation": N_("What is done about that"),
    "waivers starts_at": N_("From"),
    "waivers ends_at": N_("Until"),
    "grant comment": N_("Comment"),
    "refuse comment": N_("Reason"),
    "tokens name": N_("What it is for"),
    "tokens days": N_("Days until it ends"),
    "language locale": N_("golive speaks to you in"),
}
"""How a field is called: by its name, after the act, and what is acted on, where one name is called in several ways."""
_OF_EVIDENCE = {
    "remark": N_("Remark"),
    "links": N_("Links"),
    "signature": N_("I sign: I stand for this work."),
    "name": N_("Name"),
    "value": N_("Value"),
    "unit": N_("Unit"),
}
_EVIDENCE = re.compile(r"(?:task|item\.(?P<item>[^.]+))\.(?:metric\.\d+\.)?(?P<part>\w+)")
_CHOICES = ("result", "meaning", "place")
_SPOKEN = {"en": "English", "zh": "简体中文"}
_OF_RUNS = ("runs", "tasks", "approvals", "waivers", "amendments")
_RUN = re.compile(r"[^.]+?(?=\.|-[wm]\d+$|$)")
"""The run in the id of itself, of a task, an approval, a waiver or an amendment."""


def act_of(path: str) -> str:
    """Return how the act of the form that is sent to `path` is called, before it is translated."""
    return N_("Start a run") if path.startswith("/start/") else ACTS.get(path.rpartition("/")[2], N_("Send"))


async def run_of(visit: Visit, path: str) -> RunHeader | None:
    """Return the run that the form of `path` is about; None for none, for strangers, and while SQL is away."""
    on, _, rest = path.removeprefix("/").partition("/")
    if on not in _OF_RUNS or visit.session is None:
        return None
    try:
        async with visit.house.database.reading() as sql:
            named = _RUN.match(rest.partition("/")[0])
            return await get_header(sql, named[0] if named else "")
    except (NotFound, *DATABASE_AWAY):
        return None


def release_of(sent: Sent) -> str:
    """Return what the form of a start is about, in the words typed there."""
    return sent.text("title") or " ".join(
        filter(None, (sent.text("release.service"), sent.text("release.version")))
    )


def told(path: str, fields: Sequence[tuple[str, str]], language: Language) -> Iterator[tuple[str, str]]:
    """Yield what people typed or chose in the form of `path`, each with the label that they saw."""
    for name, value in fields:
        if value and (label := field_of(path, name, language)):
            yield label, _read(name, value, language)


def field_of(path: str, name: str, language: Language) -> str:
    """Return what the form of `path` calls a field; empty for what nobody types."""
    on, act = path.split("/")[1], path.rpartition("/")[2]
    if on == "start":
        return label_of(name, language)
    if act == "complete":
        return _of_evidence(name, language)
    keys = (f"{on} {act} {name}", f"{act} {name}", name)
    found = next((_FIELDS[key] for key in keys if key in _FIELDS), "")
    return translator(language)(found) if found else ""


def _of_evidence(name: str, language: Language) -> str:
    found = _EVIDENCE.fullmatch(name)
    if found is None or found["part"] not in (*_OF_EVIDENCE, "result"):
        return ""
    label = translator(language)(_OF_EVIDENCE[found["part"]]) if found["part"] in _OF_EVIDENCE else ""
    return " · ".join(filter(None, (found["item"], label)))


def _read(name: str, value: str, language: Language) -> str:
    part = name.rpartition(".")[2]
    if part == "signature":
        return "✓"
    return (
        name_of(value, language)
        if part in _CHOICES
        else _SPOKEN.get(value, value)
        if part == "locale"
        else value
    )
