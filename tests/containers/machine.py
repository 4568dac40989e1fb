"""Containers without an engine: the services of docker-compose.yml as processes on a tree that cannot be written.

Each process gets what its container would get, by Linux's own means: a root file system of its own, mounted read-only,
with the files that the Dockerfile copies; the environment, user, secrets and volumes of the compose file; /tmp in
memory; no capability and no way to gain one; a host name of its own; and one network for all, with nothing but
loopback, where the services' names lead to. This machine's /usr and interpreter stand in for the base image's.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from cli.language import ROOT
from tests.containers.written import compose, every, image_environment, last, secrets
from tests.databases import binaries, required

MISSING = "only root on Linux can make namespaces and run as another user here; the compose file's services are not run"

_LOOPBACK = """
import fcntl, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14s", b"lo", 1, b""))  # SIOCSIFFLAGS, IFF_UP
print("up", flush=True)
sys.stdin.read()
"""
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64")
_DEVICES = ("null", "zero", "full", "random", "urandom")


def possible() -> None:
    """Skip the test where containers cannot be made."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip(MISSING)
    if subprocess.run(["unshare", "--mount", "--uts", "--net", "true"], check=False).returncode != 0:
        pytest.skip(MISSING)
    if not required().is_relative_to("/usr"):
        pytest.skip("PostgreSQL lies outside /usr here, which is what the services see")


@dataclass(frozen=True)
class Machine:
    """A folder with what the services share: one root file system, their volumes and secrets, and one network."""

    folder: Path
    network: int

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def inside(self, *words: str | Path) -> list[str]:
        """Return a command on the services' network, as this machine's root."""
        return ["nsenter", f"--net=/proc/{self.network}/ns/net", *map(str, words)]

    def container(self, name: str, service: Any, words: Sequence[str]) -> list[str]:
        """Return the command that runs `words` as the service would, in the process that is started."""
        mounts = "\n".join([*self._base(), *self._of(service), f"mount -o remount,bind,ro {self.root}"])
        uid, gid = service["user"].split(":")
        environment = self._environment(service)
        become = [
            *("chroot", self.root, "setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"),
            *("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"),
            *("env", "--ignore-environment", "--chdir=/app"),
            *(f"{key}={value}" for key, value in environment.items()),
            *words,
        ]
        script = f"hostname {name}\n{mounts}\nexec {shlex.join(map(str, become))}"
        return self.inside("unshare", "--mount", "--uts", "--propagation=private", "sh", "-euc", script)

    def _base(self) -> list[str]:
        root = self.root
        lines = [f"mount --bind {root} {root}"]
        lines += [_read_only(f"/{name}", root / name) for name in _SYSTEM if (root / name).is_dir()]
        lines.append(_read_only(sys.prefix, root / "opt/golive"))
        if _outside_usr(sys.base_prefix):
            lines.append(_read_only(sys.base_prefix, root / sys.base_prefix.lstrip("/")))
        lines += [f"mount --bind /dev/{name} {root}/dev/{name}" for name in _DEVICES]
        return [*lines, f"mount --rbind /proc {root}/proc"]

    def _of(self, service: Any) -> list[str]:
        given = self.root / "run/secrets"
        lines = [_in_memory(self.root / "tmp", "1777"), _in_memory(given, "0755")]
        for target, source in secrets(service).items():
            lines += [f"touch {given / target}", _read_only(self.secrets / source, given / target)]
        lines.append(f"mount -o remount,ro {given}")
        return lines + [
            f"mount --bind {self.folder / name} {self.root}{target}" for name, target in _volumes(service)
        ]

    def _environment(self, service: Any) -> dict[str, str]:
        given: dict[str, str] = service.get("environment", {})
        if "build" in service:
            return {"HOME": given["GOLIVE_HOME"]} | image_environment() | given
        path = f"{binaries()}:/opt/golive/bin:{os.defpath}"  # psql, and the Temporal command line
        return {"PATH": path} | given


def _read_only(source: str | Path, target: Path) -> str:
    return f"mount --bind {source} {target}; mount -o remount,bind,ro {target}"


def _in_memory(target: Path, mode: str) -> str:
    return f"mount -t tmpfs -o mode={mode} tmpfs {target}"


def _volumes(service: Any) -> list[tuple[str, str]]:
    """Return the service's volumes: which, and where it sees it."""
    split = (volume.partition(":") for volume in service.get("volumes", []))
    return [(name, target) for name, _, target in split]


def _outside_usr(folder: str) -> bool:
    return not Path(folder).is_relative_to("/usr")


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Make one; its network lasts as long as the block."""
    holder = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-c", _LOOPBACK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert _pipe(holder.stdout).readline() == "up\n"
        made = Machine(folder, holder.pid)
        _lay_out(made)
        subprocess.run([ROOT / "bin" / "make-secrets", made.secrets], check=True, capture_output=True)
        yield made
        _pipe(holder.stdin).close()


def _pipe(found: IO[str] | None) -> IO[str]:
    assert found
    return found


def _lay_out(made: Machine) -> None:
    """Make the root file system: empty places to mount on, a few files in /etc, and what the Dockerfile copies."""
    root = made.root
    for place in ("app", "dev", "etc", "opt/golive", "proc", "run/secrets", "tmp"):
        (root / place).mkdir(parents=True)
    for name, target in {each for service in compose()["services"].values() for each in _volumes(service)}:
        (root / target[1:]).mkdir(parents=True)
        (made.folder / name).mkdir(mode=0o700)
    for name in _SYSTEM:
        _same(Path("/") / name, root / name)
    if _outside_usr(sys.base_prefix):
        (root / sys.base_prefix.lstrip("/")).mkdir(parents=True)
    for name in _DEVICES:
        (root / "dev" / name).touch()
    (root / "etc/passwd").write_text("golive:x:65532:65532::/var/lib/golive:/usr/sbin/nologin\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost postgresql temporal\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files\n")
    _build(root)


def _same(system: Path, place: Path) -> None:
    """Make a place for a folder of this machine's, or the link that it is."""
    if system.is_symlink():
        place.symlink_to(system.readlink())
    elif system.is_dir():
        place.mkdir()


def _build(root: Path) -> None:
    """Do what the Dockerfile does with golive's own files: copy and compile them, and give away the home folder."""
    leave_out = shutil.ignore_patterns("__pycache__", "*.py[cod]", "*.mo")
    for copy in every("COPY", 0):
        source, target = copy.rest.split()
        if target.startswith("/app/") and (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, root / target[1:], ignore=leave_out)
        elif target.startswith("/app/"):
            shutil.copy(ROOT / source, root / target[1:])
    # What `npm ci` makes of the lock file there, it has made of it here.
    shutil.copytree(ROOT / "node_modules", root / "app" / "node_modules", symlinks=True)
    compiling = every("RUN", 0)[-1].rest.replace("/opt/golive/bin/python", sys.executable)
    assert "/app/locale" in compiling
    subprocess.run(["sh", "-euc", compiling.replace("/app", f"{root}/app")], check=True, cwd=root)
    uid, gid = map(int, last("USER").rest.split(":"))
    os.chown(root.parent / "golive-home", uid, gid)
