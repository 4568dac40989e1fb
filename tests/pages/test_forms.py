"""What was typed is shown apart from its form by the labels that people saw."""

from __future__ import annotations

from collections.abc import Iterator

from bs4 import Tag

from api.pages.forms import field_of
from tests.api.team import Team
from tests.pages.approvals import asked
from tests.pages.people import enrolled, sign_in
from tests.pages.reader import Shown, reading
from tests.pages.working import FILES, WHOLE, Pages, pages

__all__ = ["pages"]

UNTOLD = {("close", "action"), ("password", "present"), ("password", "password"), ("password", "again")}
UNTOLD |= {("tokens", "present")}
"""Acts and fields that are not shown: what is chosen by an id, and secrets."""


def labelled(shown: Shown) -> Iterator[tuple[str, str, str]]:
    """Yield action, name and label of each field that somebody types or chooses on a page."""
    for form in shown.html.select('form[method="post"]'):
        for label in form.select("label[for]"):
            field = form.find(id=label["for"])
            assert isinstance(field, Tag), label
            if field.get("type") not in ("file", None) or field.name != "input":
                for hint in label.select(".hint, .visually-hidden"):
                    hint.extract()
                yield str(form["action"]), str(field["name"]), " ".join(label.get_text().split())


def agree(shown: Shown) -> int:
    """See that each field is called as its page calls it; return how many there are."""
    seen = [each for each in labelled(shown) if (each[0].rpartition("/")[2], each[1]) not in UNTOLD]
    for action, name, label in seen:
        called = field_of(action, name, "en").rpartition(" · ")[2]
        assert called == label or name.startswith("parameters."), (action, name)
    return len(seen)


async def test_fields_are_called_as_their_pages_call_them(pages: Pages) -> None:
    path = pages.task()
    assert agree(await pages.qa1.look(path)) >= 8
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    assert agree(await pages.qa2.look(path)) >= 2
    run = f"/runs/{pages.run}"
    await pages.rm.act(run, f"{run}/actions", text="Do it", owner="qa1", due_at="2099-01-01T12:00")
    assert agree(await pages.rm.look(run)) > 15
    assert agree(await pages.rm.look("/start/full")) > 12


async def test_those_of_an_approval_and_of_oneself(team: Team) -> None:
    go = await asked(team)
    async with reading(team.admin.app, team.ops1.token) as reader:
        assert agree(await reader.look(go.path)) == 14
    await enrolled(team.admin)
    async with reading(team.admin.app) as reader:
        await sign_in(reader)
        assert agree(await reader.look("/me")) >= 3


async def test_a_completion_is_kept_with_what_was_chosen_in_words(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    form = await pages.qa1.look(pages.task())
    await pages.qa1.act("/", "/sign-out")
    kept = await pages.qa1.send(form, path, **WHOLE)
    facts = [each.get_text(" ", strip=True) for each in kept.html.select("dt, dd")]
    told = dict(zip(facts[::2], facts[1::2], strict=True))
    assert told["Remark"] == "All of it works"
    assert told["pays"] == "pass"
    assert told["refunds · Remark"] == "Nobody refunds here"
    assert "task." not in kept.text
    assert pages.run not in kept.text, "nobody is signed in, so nothing is told of the run"
    await pages.qa1.act("/sign-in", "/sign-in/token", token=pages.team.qa1.token)
    named = await pages.qa1.send(kept, path)
    assert "checkout 1.4.0" in named.text
