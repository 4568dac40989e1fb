"""A golive with people and runs in states worth looking at: for screenshots, and for what must hold on every page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.acts import Json, Person, connection
from demo.people import Cast, Playing, administrator, invite
from tests.cli.processes import environment
from tests.cli.whole import up

FUNCTIONS = ("product", "dev", "qa", "ops", "business", "security", "release", "support")
CHECKLIST = "preparation.review-code"
SIGN_OFF = "sign-off.go"
PATIENCE = 90


MANAGER, DOER, SIGNER, VIEWER = "rm", "dev1", "qa3", "viewer"
"""Who starts the runs, who has a task in progress, who is waited for to sign, who may only look."""


@dataclass(frozen=True)
class Scene:
    """What there is to see: the tokens of the people by name, and the ids of runs by what they are at."""

    url: str
    tokens: dict[str, str]
    preparing: str
    signing: str
    moving: str

    @property
    def task(self) -> str:
        """A task in progress, with a checklist."""
        return f"{self.preparing}.{CHECKLIST}"

    @property
    def approval(self) -> str:
        """An approval that one of two has signed, and that waits for SIGNER."""
        return f"{self.signing}.{SIGN_OFF}"


@asynccontextmanager
async def staged() -> AsyncIterator[Scene]:
    """Run a whole golive on free ports and set the scene in it, until the block ends."""
    with (
        TemporaryDirectory(prefix="golive-scene-") as folder,
        up(environment(Path(folder) / "home")) as whole,
    ):
        whole.wait_until(whole.healthy, "it is healthy")
        token = (Path(whole.env["GOLIVE_HOME"]) / "admin.token").read_text().strip()
        yield await set_up(whole.url, token)


async def set_up(url: str, token: str) -> Scene:
    """Set the scene at the golive of `url`, with the token of its administrator."""
    async with connection(url) as http:
        admin = administrator(http, token, patience=PATIENCE)
        setting = Setting(await invite(admin, each=3, functions=FUNCTIONS, tag=""))
        viewer = await _viewer(admin)
        await setting.finished()
        preparing = await setting.preparing()
        signing = await setting.signing()
        moving = await setting.moving()
        await setting.held()
    people = [admin, setting.cast.manager, viewer, *setting.cast.people.values()]
    return Scene(
        url=url,
        tokens={one.name: one.token for one in people},
        preparing=preparing,
        signing=signing,
        moving=moving,
    )


async def _viewer(admin: Person) -> Person:
    made = await admin.act("/users", {"name": VIEWER, "roles": ["viewer"], "functions": []})
    return Person(admin.http, VIEWER, made["token"], admin.log, admin.patience)


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
        await _until(playing, lambda now: _task(now, "preparation.write-release-notes")["state"] == "done", 1)
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

    async def held(self) -> None:
        """A run that somebody holds."""
        run = await self.start("mail", "3.1.4")
        await self.cast.manager.act(f"/runs/{run['id']}/hold", {"reason": "The mail server is being moved."})

    async def finished(self) -> None:
        """A run that is completed and has taught something."""
        run = await self.start("checkout", "1.3.0", template="dual-sign-off", parameters={"pace": "demo"})
        lesson = {"text": "Warm the cache before the first step: the first minute was slow for everybody."}
        await self.cast.manager.act(f"/runs/{run['id']}/lessons", lesson)
        await _until(Playing(self.cast, run["id"]), lambda now: now["state"] == "completed")


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
