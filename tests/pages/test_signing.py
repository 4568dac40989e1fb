"""The forms around an approval's decisions: offered to whom they are possible for, and refused at their fields."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.api.client import Client
from tests.api.team import Team
from tests.pages.approvals import SOURCE, Asked, asked, digest_in
from tests.pages.reader import Reader, Shown, reading

AROUND = ("withdraw", "delegate", "take-back", "add-signer", "remind", "inform", "break-glass")
UNTIL = "2099-01-01T08:00"


@pytest.fixture
async def go(team: Team) -> Asked:
    """A run whose sign-off is asked for, of one of ops and one of qa."""
    return await asked(team)


class Readers:
    """Whoever is wanted, each at the pages with a session of their own."""

    def __init__(self, go: Asked, open_until: AsyncExitStack):
        self.go, self._open = go, open_until

    async def of(self, client: Client, language: str = "en") -> Reader:
        """Sign `client` in."""
        return await self._open.enter_async_context(reading(self.go.team.admin.app, client.token, language))

    async def page_of(self, client: Client) -> Shown:
        """Return the approval's page as `client` sees it."""
        return await (await self.of(client)).look(self.go.path)


@pytest.fixture
async def readers(go: Asked) -> AsyncIterator[Readers]:
    """Who reads the pages of the run's application."""
    async with AsyncExitStack() as open_until:
        yield Readers(go, open_until)


def offers(go: Asked, page: Shown) -> list[str]:
    """Return the acts around the decision that a page offers."""
    return [name for name in AROUND if page.offers(f"{go.path}/{name}")]


def wrong_at(page: Shown) -> list[str]:
    """Return the ids of the fields that a page says are wrong."""
    return [str(field["id"]) for field in page.html.select("[aria-invalid=true]")]


async def test_only_what_is_possible_is_offered(go: Asked, readers: Readers) -> None:
    team = go.team
    watcher = await team.admin.joined("watcher", "viewer")
    eva = await team.admin.joined("eva", "break_glass")
    wanted = {
        team.ops1: ["delegate", "add-signer", "remind", "inform"],
        team.qa1: ["remind", "inform"],
        team.manager: ["remind", "inform"],
        watcher: [],
        eva: ["break-glass"],
    }
    assert {who.token: offers(go, await readers.page_of(who)) for who in wanted} == {
        who.token: acts for who, acts in wanted.items()
    }
    ops1 = await readers.of(team.ops1)
    decided = await ops1.act(go.path, f"{go.path}/approve")
    assert offers(go, decided) == ["withdraw", "add-signer", "remind", "inform"]
    places = decided.form(f"{go.path}/add-signer").select("[name=place] option")
    assert [option["value"] for option in places] == ["after"]


async def test_a_decision_is_withdrawn_and_told_as_withdrawn(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    await ops1.act(go.path, f"{go.path}/approve")
    silent = await ops1.act(go.path, f"{go.path}/withdraw", reason=" ")
    assert (silent.status, wrong_at(silent)) == (422, ["withdraw-reason"])
    done = await ops1.act(go.path, f"{go.path}/withdraw", reason="of another build")
    assert done.path == go.path
    assert "ops1 approved withdrawn" in done.text
    shown = [" ".join(each.get_text(" ").split()) for each in done.html.select(".decision .badge")]
    assert shown == ["approved", "withdrawn"]
    assert offers(go, done) == ["delegate", "add-signer", "remind", "inform"]
    assert done.offers(f"{go.path}/approve")


async def test_a_seat_is_handed_over_and_taken_back(go: Asked, readers: Readers) -> None:
    ops1, where = await readers.of(go.team.ops1), f"{go.path}/delegate"
    cleo = await go.team.admin.joined("cleo", "approver", functions=("ops",))
    handed = await ops1.act(go.path, where, to="cleo", until=UNTIL, reason="away")
    assert "cleo for ops1 now" in handed.text
    assert "from" in handed.text
    assert "2099" in handed.text
    assert offers(go, handed) == ["take-back", "remind", "inform"]
    assert "You have handed it over to cleo" in handed.text
    back = await ops1.act(go.path, f"{go.path}/take-back", reason="here again")
    assert "cleo for ops1" not in back.text
    assert "delegate" in offers(go, back)
    await ops1.act(go.path, where, to="cleo", until=UNTIL, reason="away")
    decided = await (await readers.of(cleo)).act(go.path, f"{go.path}/approve")
    assert "cleo for ops1 approved" in decided.text
    assert "take-back" not in offers(go, await ops1.look(go.path))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"to": "nobody"}, "delegate-to"),
        ({"to": "ops2"}, "delegate-to"),
        ({"to": "rm"}, "delegate-to"),
        ({"until": "2020-01-01T08:00"}, "delegate-until"),
        ({"until": ""}, "delegate-until"),
        ({"since": "2099-06-01T08:00"}, "delegate-until"),
        ({"reason": " "}, "delegate-reason"),
    ],
)
async def test_what_is_wrong_about_a_hand_over_is_said_at_its_field(
    go: Asked, readers: Readers, typed: dict[str, str], field: str
) -> None:
    await go.team.admin.joined("cleo", "approver", functions=("ops",))
    ops1 = await readers.of(go.team.ops1)
    values = {"to": "cleo", "until": UNTIL, "reason": "away until Monday", **typed}
    page = await ops1.act(go.path, f"{go.path}/delegate", **values)
    assert page.status >= 400
    assert wrong_at(page) == [field], page.alert
    for name, value in values.items():
        kept = page.form(f"{go.path}/delegate").select_one(f"[name={name}]")
        assert kept is not None
        assert str(kept.get("value") or kept.get_text()).strip() == value.strip()


async def test_signers_are_added_and_sign_in_their_turn(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    dora = await go.team.admin.joined("dora", "approver")
    await go.team.admin.joined("emil", "approver")
    where = f"{go.path}/add-signer"
    wrong = await ops1.act(go.path, where, people="dora nobody", place="before", reason="ledger")
    assert (wrong.status, wrong_at(wrong)) == (422, ["add-signer-people"])
    await ops1.act(go.path, where, people="dora", place="before", reason="ledger")
    added = await ops1.act(go.path, where, people="emil", place="after", reason="ledger")
    assert "dora added by ops1, signs before them" in added.text
    assert "emil added by ops1, signs after them" in added.text
    assert "It is not your turn yet: first it is signed by dora." in added.text
    assert "Nobody is left" not in added.text
    assert "can sign later: emil" in added.text
    assert not added.offers(f"{go.path}/approve")
    done = await (await readers.of(dora)).act(go.path, f"{go.path}/approve")
    assert done.status == 200
    assert offers(go, done) == ["withdraw", "remind", "inform"], "who was added adds nobody"
    assert (await ops1.look(go.path)).offers(f"{go.path}/approve")


async def test_people_are_reminded_and_kept_informed(go: Asked, readers: Readers) -> None:
    rm = await readers.of(go.team.manager)
    assert (await rm.act(go.path, f"{go.path}/remind")).path == go.path
    again = await rm.act(go.path, f"{go.path}/remind")
    assert again.status == 409
    assert "you can remind them again from" in again.alert
    told = await rm.act(go.path, f"{go.path}/inform", people="dev1，qa1、qa1", comment="you call it")
    assert "Who is kept informed dev1, qa1" in told.text.replace(" ,", ",")


async def test_the_glass_is_broken_with_a_reason_and_told(go: Asked, readers: Readers) -> None:
    eva = await readers.of(await go.team.admin.joined("eva", "break_glass"))
    where = f"{go.path}/break-glass"
    assert "cannot end before somebody else has reviewed" in (await eva.look(go.path)).text
    short = await eva.act(go.path, where, reason="urgent")
    assert (short.status, wrong_at(short)) == (422, ["break-glass-reason"])
    page = await eva.look(go.path)
    assert digest_in(page, where) == (await go.shown())["digest"]
    await go.new_build(version="1.4.1")
    why = "payments fail for everybody, and ops is on a plane"
    stale = await eva.send(page, where, reason=why)
    assert stale.status == 409
    assert why in str(stale.form(where))
    assert "Nothing was decided: the subject has changed" in stale.text
    done = await eva.act(go.path, where, reason=why)
    assert done.path == go.path, done.text
    assert "eva broke the glass:" in done.text
    assert why in done.text
    assert "Somebody else reviews it before the run ends." in done.text
    assert offers(go, done) == []
    run_id = (await go.shown())["run_id"]
    (review,) = (await go.team.ops1.get(f"/runs/{run_id}/actions"))["items"]
    await go.team.ops1.post(f"/runs/{run_id}/actions/{review['id']}/close", {"remark": "looked at it"})
    seen = (await eva.look(go.path)).text
    assert "ops1 reviewed it on" in seen
    assert "Somebody else reviews it" not in seen


async def test_what_is_refused_to_who_may_not_keeps_its_form(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    await ops1.act(go.path, f"{go.path}/approve")
    values = {"to": "ops2", "until": UNTIL, "reason": "I am away"}
    late = await ops1.send(page, f"{go.path}/delegate", **values)
    assert late.status == 409
    assert "withdraw that first" in late.alert
    assert "I am away" in str(late.form(f"{go.path}/delegate"))


RULES = "[{function: ops}, {function: qa, exclude_doers_of: [uat.test]}]"
OTHERS = """
          - {function: ops, mode: percent, min: 51, covers: [release, gates]}
          - {function: qa, mode: ordered, exclude_doers_of: [uat.test]}"""


async def test_rules_are_told_in_words_and_who_signs_first(team: Team) -> None:
    qa4 = await team.admin.joined("qa4", "approver", functions=("qa",))
    people = {"qa": ["qa1", "qa2", "qa4"], "ops": ["ops1", "ops2"]}
    go = await asked(team, SOURCE.replace(RULES, OTHERS), people)
    async with AsyncExitStack() as open_until:
        readers = Readers(go, open_until)
        page = await readers.page_of(qa4)
        assert "ops 51 % of them, so 2 0 of 2 signed covers only: release, gates" in page.text
        assert "qa all of them, one after the other 0 of 2 signed" in page.text
        assert "It is not your turn yet: first it is signed by qa2." in page.text
        assert not page.offers(f"{go.path}/approve")
        assert not page.offers(f"{go.path}/reject")
        await (await readers.of(team.qa2)).act(go.path, f"{go.path}/approve")
        assert (await readers.page_of(qa4)).offers(f"{go.path}/approve")
