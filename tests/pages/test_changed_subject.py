"""What changed of a subject since somebody looked or decided is told, and nobody signs what they have not seen."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch

from tests.pages.approval_readers import Readers, go, readers
from tests.pages.approvals import RELEASE, Asked, digest_in
from tests.pages.reader import Shown

__all__ = ["go", "readers"]


async def test_a_changed_subject_is_not_signed_and_what_changed_is_told(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    await ops1.send(page, f"{go.path}/look")
    seen = digest_in(page, f"{go.path}/approve")
    await go.new_build(
        artifacts=[{"name": "checkout.tar", "digest": f"sha256:{'c' * 64}"}, RELEASE["artifacts"][1]]
    )
    refused = await ops1.send(page, f"{go.path}/approve", comment="Ready")
    assert refused.status == 409
    assert "Nothing was decided: the subject has changed" in refused.alert
    assert f"The artifact checkout.tar has the digest sha256:{'c' * 64}" in refused.alert
    assert await go.decisions() == []
    now = digest_in(refused, f"{go.path}/approve")
    assert now == (await go.shown())["digest"] != seen
    words = refused.form(f"{go.path}/approve").select_one("textarea")
    assert words is not None
    assert words.get_text().strip() == "Ready"
    await ops1.send(refused, f"{go.path}/approve")
    assert await go.decisions() == [("ops1", "approved")]


async def test_without_a_look_the_parts_that_changed_are_named(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    await go.new_build(version="1.4.1")
    refused = await ops1.send(page, f"{go.path}/reject", comment="No")
    assert refused.status == 409
    assert [str(each["href"]) for each in refused.html.select("[data-problem] a")] == ["#release"]
    details = refused.form(f"{go.path}/reject").find_parent("details")
    assert details is not None
    assert details.has_attr("open")
    assert await go.decisions() == []


async def test_a_digest_that_was_never_shown_is_refused(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    assert (await ops1.send(page, f"{go.path}/approve", digest="nonsense")).status == 422
    assert (await ops1.send(page, f"{go.path}/approve", digest=f"sha256:{'0' * 64}")).status == 409
    assert (await ops1.send(page, f"{go.path}/approve", digest=None)).status == 422
    assert await go.decisions() == []


async def test_who_looked_is_told_what_has_changed_since(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page, before = await ops1.look(go.path), await go.shown()
    assert "Since you last looked" not in page.text
    assert "Since you last looked" not in (await ops1.look(go.path)).text, (
        "looking at a page is not remembered"
    )
    await ops1.send(page, f"{go.path}/look")
    await go.new_build(version="1.4.1", scope=None)
    page = await ops1.look(go.path)
    assert "Since you last looked" in page.text
    assert "The version is 1.4.1; before: 1.4.0." in page.text
    assert "The scope is worded otherwise." in page.text
    assert patched(before["subject"], page) == (await go.shown())["subject"]
    assert "Since you last looked" not in (await (await readers.of(go.team.qa2)).look(go.path)).text
    await ops1.send(page, f"{go.path}/look", headers={"HX-Request": "true"})
    page = await ops1.look(go.path)
    assert "Since you last looked" not in page.text
    assert "You last looked at exactly this subject" in page.text


def patched(subject: Any, page: Shown) -> Any:
    """Return a subject after the patch that a page shows folded away."""
    (lines,) = (each for each in page.html.select("details pre") if '"op"' in each.get_text())
    return jsonpatch.apply_patch(subject, [json.loads(line) for line in lines.get_text().splitlines()])


async def test_a_stale_decision_says_what_changed_since_it_was_made(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    await ops1.act(go.path, f"{go.path}/approve", comment="Ready")
    await go.new_build(version="1.4.1")
    page = await (await readers.of(go.team.qa2)).look(go.path)
    assert "Other decisions ops1 approved stale" in page.text
    assert "The version is 1.4.1; before: 1.4.0." in page.text, "what ops1 saw when deciding is remembered"
    seen = await ops1.look(go.path)
    assert seen.offers(f"{go.path}/approve"), "they are asked again"
    await ops1.send(seen, f"{go.path}/look")
    page = await (await readers.of(go.team.qa2)).look(go.path)
    assert "Changed since: release." in page.text, "once they have seen more, the parts are left"


async def test_what_is_live_is_apart_from_the_forms_and_says_that_the_subject_changed(
    go: Asked, readers: Readers
) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    assert page.html.select_one("#live form") is None
    assert page.html.select_one("#acts form") is not None
    address = str(page.html.select_one("#live")["hx-sse:connect"])  # type: ignore[index]
    part = str(await ops1.live(address))
    assert "<html" not in part
    assert "has changed" not in part
    await (await readers.of(go.team.qa2)).act(go.path, f"{go.path}/approve", comment="From QA")
    assert "From QA" in str(await ops1.live(address))
    await go.new_build(version="1.4.1")
    news = await ops1.live(address)
    assert "The subject has changed since you opened this page." in news.get_text()
    assert news.select_one(f'a[href="{go.path}"]')
