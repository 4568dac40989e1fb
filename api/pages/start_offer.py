"""What the form that starts a run offers: a template, the people who could take part, what its fields are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.library import latest_templates, library_of
from api.pages.start_form import ARTIFACTS, AUTHORS, COLUMNS, REFERENCES, ROW, StartForm
from db.people import User, members_of
from db.session import Session
from db.templates import Source, get_template, list_checklists
from golive.planning import Outline, check_template
from golive.template_checks import roles_asked
from golive.vocabulary import Role
from golive.words import N_, Language
from language import translator

MOST_NAMED = 100
"""With more people in a function nobody is chosen by hand: all of them take part."""
_LABELS = {
    "title": N_("Title of the run"),
    "start_at": N_("Start at"),
    "go_live_at": N_("Planned go-live"),
    "people": N_("People"),
    "release.service": N_("Service"),
    "release.version": N_("Version"),
    "release.environment": N_("Environment"),
    ARTIFACTS: N_("Artifacts"),
    AUTHORS: N_("Authors"),
    "release.scope": N_("Scope"),
    REFERENCES: N_("The same release elsewhere"),
}
"""What the fields are called. They are written here once, so that a refusal calls them as the form does."""
_COLUMN_LABELS = {
    f"{ARTIFACTS}.name": N_("Name of artifact {n}"),
    f"{ARTIFACTS}.digest": N_("Digest of artifact {n}"),
    f"{REFERENCES}.system": N_("System {n}"),
    f"{REFERENCES}.id": N_("Number there {n}"),
    f"{REFERENCES}.url": N_("Address {n}"),
}


def label_of(name: str, language: Language) -> str:
    """Return what a field of any template's form is called; a parameter and a function by their own names."""
    told, row = translator(language), ROW.match(name)
    if row:
        return told(_COLUMN_LABELS[f"{row[1]}.{row[3]}"]).format(n=int(row[2]) + 1)
    kind, _, own = name.partition(".")
    return own if kind in ("parameters", "people") else told(_LABELS[name]) if name in _LABELS else ""


@dataclass(frozen=True)
class Offer:
    """A template as it is offered: its latest version, what it says, and who could take part."""

    source: Source
    outline: Outline
    members: Sequence[User]

    @property
    def path(self) -> str:
        """Where its form is sent."""
        return f"/start/{self.source.name}"

    @property
    def functions(self) -> Mapping[str, frozenset[Role]]:
        """The functions that take part, each with the roles that are asked of it."""
        return roles_asked(self.outline.stages)

    def of(self, function: str) -> list[User]:
        """Return who could act in a function: who has it, and a role that is asked of it."""
        asked = self.functions[function]
        return [user for user in self.members if function in user.functions and asked & set(user.roles)]

    def labels(self, form: StartForm, language: Language) -> dict[str, str]:
        """Return what each field is called."""
        names = [*_LABELS, *(f"people.{function}" for function in self.functions)]
        for group, columns in COLUMNS.items():
            names += [f"{group}[{n}].{column}" for n in range(form.rows[group]) for column in columns]
        titles = {
            f"parameters.{each.key}": each.title.in_language(language) for each in self.outline.parameters
        }
        return {name: label_of(name, language) for name in names} | titles


async def offered(sql: Session, name: str) -> Offer:
    """Return a template with the people there are. Raises NotFound."""
    source = await get_template(sql, name)
    shelf = library_of(await latest_templates(sql), await list_checklists(sql))
    outline = check_template(shelf, name)
    return Offer(source, outline, await members_of(sql, outline.functions))
