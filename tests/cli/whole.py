"""A whole golive, started as a user starts it: `golive up` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import psutil
from typer.testing import CliRunner, Result

from cli.app import app
from cli.language import ROOT

READY = 150.0
ENDED = 40.0


class Whole:
    """A running `golive up`: its environment, its process, and every line that it said.

    `command` starts it some other way; whatever processes that makes are ended with it, as Ctrl-C does.
    """

    def __init__(self, env: dict[str, str], command: Sequence[str] | None = None):
        self.env = env
        self.lines: list[str] = []
        self._end = os.killpg if command else os.kill
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "cli", "up"],
            cwd=ROOT,
            env=env,
            start_new_session=command is not None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._said_more = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['GOLIVE_PORT']}"

    def said(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.lines)

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = READY) -> None:
        """Wait for `condition`; it cannot come true any more once `golive up` has ended."""
        end = time.monotonic() + patience
        while not condition():
            assert self.process.poll() is None, f"golive up ended before: {what}\n" + "\n".join(self.lines)
            assert time.monotonic() < end, f"not within {patience:.0f} s: {what}\n" + "\n".join(self.lines)
            self._said_more.wait(0.05)
            self._said_more.clear()

    def healthy(self) -> bool:
        try:
            return bool(httpx.get(f"{self.url}/api/v1/health", timeout=5).json()["state"] == "ok")
        except (httpx.HTTPError, ValueError, KeyError):
            return False

    def children(self) -> dict[str, psutil.Process]:
        """Return the parts by name."""
        names = {"start-dev": "temporal", "worker": "worker", "api": "api"}
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # a zombie counts as one that is gone
                found |= {names[word]: child for word in child.cmdline() if word in names}
        return found

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the end."""
        self._end(self.process.pid, number)
        code = self.process.wait(ENDED)
        self._listener.join(5)
        return code

    def golive(self, *words: str, stdin: str | None = None, token: str | None = None) -> Result:
        """Run a command of the command line: as an administrator, or as the holder of `token`."""
        env = {**self.env, "GOLIVE_TOKEN": token, "GOLIVE_URL": None}
        return CliRunner().invoke(app, list(words), input=stdin, env=env)

    def answer(self, *words: str, token: str | None = None) -> Any:
        """Run a command with --json, which must succeed, and return what it printed."""
        done = self.golive(*words, "--json", token=token)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._said_more.set()


class Person:
    """Someone at a terminal, with the token that `golive user add` printed."""

    def __init__(self, whole: Whole, name: str, *roles: str, function: str | None = None):
        options = [word for role in roles for word in ("--role", role)]
        options += ["--function", function] if function else []
        made = whole.answer("user", "add", name, *options)
        self.whole, self.name, self.token = whole, name, str(made["token"])

    def types(self, *words: str, stdin: str | None = None) -> Result:
        return self.whole.golive(*words, stdin=stdin, token=self.token)

    def does(self, *words: str) -> str:
        done = self.types(*words)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def is_refused(self, *words: str) -> str:
        done = self.types(*words)
        assert (done.exit_code, done.stdout) == (1, ""), done.stdout
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    def answer_items(self, *words: str) -> list[dict[str, object]]:
        items = self.reads(*words)["items"]
        assert isinstance(items, list)
        return items

    def reads(self, *words: str) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.does(*words, "--json"))
        return read


@contextmanager
def up(env: dict[str, str], command: Sequence[str] | None = None) -> Iterator[Whole]:
    """Run `golive up`, or the `command` that does, until the end of the block."""
    whole = Whole(env, command)
    try:
        whole.wait_until(lambda: whole.said("Ctrl-C ends it."), "it is up")
        yield whole
    finally:
        if whole.process.poll() is None:
            whole.end()
        whole.process.stdout.close()  # type: ignore[union-attr]
