"""A golive with people and runs in states worth looking at: for screenshots, and for what must hold on every page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

from demo.acts import Json, Person, connection
from demo.people import Cast, Playing, administrator, invite
from tests.cli.processes import environment
from tests.cli.whole import Whole, up
from tests.pages.openid import provided
from tests.pages.reader import filled

FUNCTIONS = ("product", "dev", "qa", "ops", "business", "security", "release", "support")
CHECKLIST = "preparation.review-code"
DONE = "preparation.write-release-notes"
SIGN_OFF = "sign-off.go"
PATIENCE = 90
WAIVED = "preparation/safe-artifact.no-high-findings"
"""The check of `Scene.waived` that fails."""


MANAGER, DOER, SIGNER, VIEWER, RESCUER = "rm", "dev1", "qa3", "viewer", "eva"
"""Who starts the runs, who has a task in progress, who is waited for to sign, who may only look, who breaks glass."""
SUBJECT = "doer-at-the-provider"
"""Somebody whom the OpenID provider knows, and no user of golive is connected with."""


@dataclass(frozen=True)
class Scene:
    """What there is to see: the tokens of the people by name, and the ids of runs by what they are at.

    `link` is the path at which somebody may choose a password. `unknown` is, by language, how the form of a comment was
    answered while nobody could know whether it was recorded.
    """

    url: str
    tokens: dict[str, str]
    preparing: str
    signing: str
    moving: str
    held: str
    ended: str
    shared: str
    failing: str
    waived: str
    waiver: str
    amendment: str
    link: str
    unknown: dict[str, httpx.Response] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """A task in progress, with a checklist."""
        return f"{self.preparing}.{CHECKLIST}"

    @property
    def done(self) -> str:
        """A task that is done."""
        return f"{self.preparing}.{DONE}"

    @property
    def approval(self) -> str:
        """An approval that one of two has signed, and that waits for SIGNER."""
        return f"{self.signing}.{SIGN_OFF}"

    @property
    def crowded(self) -> str:
        """An approval around which everything has been done that can be, and that waits for SIGNER."""
        return f"{self.shared}.{SIGN_OFF}"


@asynccontextmanager
async def staged() -> AsyncIterator[Scene]:
    """Run a whole golive on free ports, beside an OpenID provider, and set the scene in it, until the block ends."""
    with TemporaryDirectory(prefix="golive-scene-") as folder:
        env = environment(Path(folder) / "home")
        url = f"http://127.0.0.1:{env['GOLIVE_PORT']}"
        async with provided(back=f"{url}/sign-in/provider/back") as provider:
            await provider.knows(SUBJECT, groups=["developers"])
            with up(env | _known_to(provider.issuer)) as whole:
                whole.wait_until(whole.healthy, "it is healthy")
                token = (Path(whole.env["GOLIVE_HOME"]) / "admin.token").read_text().strip()
                scene = await set_up(whole.url, token)
                yield replace(scene, unknown=await _unanswered(whole, scene))


def _known_to(issuer: str) -> dict[str, str]:
    return {
        "GOLIVE_OIDC_ISSUER": issuer,
        "GOLIVE_OIDC_CLIENT_ID": "golive",
        "GOLIVE_OIDC_CLIENT_SECRET": "a-secret-of-tests",
        "GOLIVE_OIDC_LABEL": "Example ID",
        "GOLIVE_OIDC_GROUPS": '{"developers": {"roles": ["assignee", "approver"], "functions": ["dev"]}}',
    }


async def _unanswered(whole: Whole, scene: Scene) -> dict[str, httpx.Response]:
    """Comment on a run in each language while its worker stands still; return how that was answered.

    Everybody has signed in before: the worker may stand still in the middle of a write, and then nobody can.
    """
    worker = whole.children()["worker"]
    async with _about_to_comment(scene, "en") as en, _about_to_comment(scene, "zh") as zh:
        worker.suspend()
        try:
            answers = await asyncio.gather(en(), zh())
        finally:
            worker.resume()
    return dict(zip(("en", "zh"), answers, strict=True))


@asynccontextmanager
async def _about_to_comment(
    scene: Scene, language: str
) -> AsyncIterator[Callable[[], Awaitable[httpx.Response]]]:
    """Open the page of a run and fill in a comment; what is given sends it."""
    run = f"/runs/{scene.held}"
    headers = {"Accept-Language": language, "Origin": scene.url}
    async with httpx.AsyncClient(
        base_url=scene.url, headers=headers, follow_redirects=True, trust_env=False, timeout=30
    ) as http:
        await sign_in(http, scene.tokens[MANAGER])
        form = form_of(await http.get(run), f"{run}/comments")

        async def send() -> httpx.Response:
            text = "The move has begun; mail is read, not sent."
            answer = await http.post(f"{run}/comments", data={**filled(form), "text": text})
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            return answer

        yield send


async def sign_in(http: httpx.AsyncClient, token: str) -> None:
    """Sign in with a token, as a browser does."""
    action = "/sign-in/token"
    typed = {**filled(form_of(await http.get("/sign-in"), action)), "token": token}
    origin = {"Origin": str(http.base_url).rstrip("/")}
    answer = await http.post(action, data=typed, headers=origin, follow_redirects=False)
    assert answer.is_redirect, answer.text


def form_of(answer: httpx.Response, action: str) -> Tag:
    """Return the form of a page that is sent to `action`."""
    form = BeautifulSoup(answer.text, "html.parser").select_one(f'form[action="{action}"]')
    assert form is not None, answer.text
    return form


async def set_up(url: str, token: str) -> Scene:
    """Set the scene at the golive of `url`, with the token of its administrator."""
    async with connection(url) as http:
        admin = administrator(http, token, patience=PATIENCE)
        setting = Setting(await invite(admin, each=3, functions=FUNCTIONS, tag=""))
        viewer = await _joined(admin, VIEWER, "viewer")
        rescuer = await _joined(admin, RESCUER, "break_glass")
        people = [admin, setting.cast.manager, viewer, rescuer, *setting.cast.people.values()]
        enrolled = await admin.act(f"/users/{VIEWER}/enrolments", {})
        waived = await setting.waived()
        return Scene(
            url=url,
            tokens={one.name: one.token for one in people},
            ended=await setting.finished(),
            preparing=await setting.preparing(),
            signing=await setting.signing(),
            moving=await setting.moving(),
            held=await setting.held(),
            shared=await setting.shared(),
            failing=await setting.failing("invoices"),
            waived=waived["run_id"],
            waiver=waived["id"],
            amendment=await setting.amended(waived["run_id"]),
            link=urlsplit(enrolled["enrolment_url"]).path,
        )


async def _joined(admin: Person, name: str, role: str) -> Person:
    made = await admin.act("/users", {"name": name, "roles": [role], "functions": []})
    return Person(admin.http, name, made["token"], admin.log, admin.patience)


@dataclass(frozen=True)
class Setting:
    """Starts runs and lets people act in them until each is as it shall be seen."""

    cast: Cast

    async def start(self, service: str, version: str, title: str | None = None, **more: object) -> Json:
        """Start a run of a service and return it."""
        digest = f"sha256:{sha256(f'{service} {version}'.encode()).hexdigest()}"
        body = {
            "template": "saas-standard",
            "title": title,
            "release": {
                "service": service,
                "version": version,
                "artifacts": [{"name": f"{service}-{version}.tar.gz", "digest": digest}],
                "authors": ["dev2"],
                "scope": "Card payments are confirmed in the app. Nothing changes for cash on delivery.",
                "external_refs": [{"system": "jira", "id": "REL-42", "url": "https://example.com/REL-42"}],
            },
            "go_live_at": "2099-11-22T14:00:00Z",
            **more,
        }
        run: Json = await self.cast.manager.act("/runs", {k: v for k, v in body.items() if v is not None})
        return run

    async def preparing(self) -> str:
        """A run in preparation: a task with a checklist is in progress, another is done."""
        run = await self.start("checkout", "1.4.0")
        playing = Playing(self.cast, run["id"])
        await _until(playing, lambda now: _task(now, DONE)["state"] == "done", 1)
        await self.cast.people[DOER].act(f"/tasks/{run['id']}.{CHECKLIST}/start", {})
        return str(run["id"])

    async def signing(self) -> str:
        """A run whose sign-off one of two people has signed."""
        run = await self.start("payments", "7.0.2", "Payments 7: instalments and a way back for each of them")
        await _until(Playing(self.cast, run["id"]), lambda now: _signed(now) == 1)
        return str(run["id"])

    async def moving(self) -> str:
        """A run whose grey release is paused behind its first step."""
        run = await self.start("search", "2026.11", "搜索 2026.11：全新排序模型灰度上线")
        await _until(Playing(self.cast, run["id"]), lambda now: now["weight"] >= 25 and _paused(now))
        return str(run["id"])

    async def held(self) -> str:
        """A run that somebody holds."""
        run = await self.start("mail", "3.1.4")
        await self.cast.manager.act(f"/runs/{run['id']}/hold", {"reason": "The mail server is being moved."})
        return str(run["id"])

    async def shared(self) -> str:
        """A run of whose signers one has handed over, one has added others, and one has withdrawn what they said."""
        people = {"ops": ["ops1", "ops3"], "qa": ["qa2", "qa3"], "release": ["release1"]}
        run = await self.start("wallet", "2.4.0", template="dual-sign-off", people=people)
        path = f"/approvals/{run['id']}.{SIGN_OFF}"
        await _until(Playing(self.cast, run["id"]), lambda now: now["approvals"][0]["state"] == "pending")
        digest = (await self.cast.manager.get(path))["digest"]
        approved = {"decision": "approved", "digest": digest}
        away = {"to": "ops2", "until": "2099-01-15T17:00:00Z", "reason": "I am away until Friday."}
        more = {"people": ["security1"], "place": "after", "reason": "The change touches what security owns."}
        for who, act, body in (
            ("qa2", "decisions", approved),
            ("qa2", "withdraw", {"reason": "The report that I signed on was of another build."}),
            ("ops3", "delegate", away),
            ("ops2", "decisions", {**approved, "comment": "Seen, for ops3."}),
            (SIGNER, "add-signer", more),
            (SIGNER, "inform", {"people": ["support1", "product1"]}),
        ):
            await self.cast.people[who].act(f"{path}/{act}", body)
        return str(run["id"])

    async def failing(self, service: str) -> str:
        """A run with a check that fails."""
        run = await self.start(service, "5.1.0")
        scanner = self.cast.people["security1"]
        report = await scanner.upload("scan.txt", b"two findings", "text/plain")
        found: list[Json] = [
            {"type": "metric", "name": "high_findings", "value": 2},
            {"type": "file", "attachment_id": report},
        ]
        await scanner.act(f"/tasks/{run['id']}.preparation.scan-artifact/complete", {"evidence": found})
        return str(run["id"])

    async def waived(self) -> Json:
        """The waiver that is asked for of a check that fails."""
        asked = {
            "check": WAIVED,
            "reason": "Both findings are in a library that only the tests use; it is not in the image.",
            "risk": "Somebody adds it to the image before it is replaced.",
            "mitigation": "The build fails when the image holds it, and it is replaced on Thursday.",
            "ends_at": "2099-01-15T17:00:00Z",
        }
        run_id = await self.failing("billing")
        made = await self.cast.people["security1"].act(f"/runs/{run_id}/waivers", asked)
        return dict(made["waiver"])

    async def amended(self, run_id: str) -> str:
        """The amendment of a run that waits for its decisions."""
        asked = {"parameters": {"pace": "demo"}, "reason": "The board watches on Friday, and has an hour."}
        made = await self.cast.manager.act(f"/runs/{run_id}/amend", asked)
        return str(made["amendment"]["id"])

    async def finished(self) -> str:
        """A run that is completed and has taught something."""
        run = await self.start("checkout", "1.3.0", template="dual-sign-off", parameters={"pace": "demo"})
        lesson = {"text": "Warm the cache before the first step: the first minute was slow for everybody."}
        await self.cast.manager.act(f"/runs/{run['id']}/lessons", lesson)
        await _until(Playing(self.cast, run["id"]), lambda now: now["state"] == "completed")
        return str(run["id"])


async def _until(playing: Playing, reached: Callable[[Json], bool], most: int | None = None) -> None:
    """Let people do, one after the other, what is open, until the run is as wanted; each time at most `most` acts."""
    async with asyncio.timeout(PATIENCE):
        while not reached(run := await playing.cast.manager.get(f"/runs/{playing.run_id}")):
            for due in list(playing.possible(run))[:most]:
                await due.do()
                if reached(await playing.cast.manager.get(f"/runs/{playing.run_id}")):
                    return
            await asyncio.sleep(0.1)


def _task(run: Json, ref: str) -> Json:
    return next(dict(task) for task in run["tasks"] if task["id"] == f"{run['id']}.{ref}")


def _signed(run: Json) -> int:
    sign_off = next(each for each in run["approvals"] if each["id"] == f"{run['id']}.{SIGN_OFF}")
    return len([each for each in sign_off["decisions"] if each["decision"] == "approved"])


def _paused(run: Json) -> bool:
    return any(wait["what"] == "promote" for wait in run["waits"])
