"""What must hold before anything starts. Each failure says what is wrong and what to do, in one sentence."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from cli.environment import refused
from cli.failure import Failure
from cli.language import _
from settings import Settings
from settings.unusable import Unusable

LOCAL = "127.0.0.1"


def check_platform() -> None:
    """Refuse a system without the process control that keeping children needs."""
    if os.name != "posix":
        raise Failure(_("`golive up` runs on Linux and macOS; on Windows run it in WSL."))


def prepare_home(home: Path) -> Path:
    """Make the home folder and return it as an absolute path; refuse one that cannot be written."""
    absolute = home.expanduser().absolute()
    try:
        absolute.mkdir(mode=0o700, parents=True, exist_ok=True)
        (absolute / "logs").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=absolute):
            pass
    except OSError as why:
        sentence = _(
            "The home folder {home} cannot be written ({why}). Set GOLIVE_HOME to a folder that you own."
        )
        raise Failure(sentence.format(home=absolute, why=why.strerror)) from why
    return absolute


def temporal_binary() -> Path:
    """Return the `temporal` program: the one installed with golive, beside this Python, else that on PATH."""
    beside = Path(sys.executable).parent / "temporal"
    found = beside if os.access(beside, os.X_OK) else shutil.which("temporal")
    if not found:
        sentence = _(
            "The program `temporal` is neither in {folder} nor on PATH. Run `make up` to install it, "
            "or set GOLIVE_TEMPORAL=external to use a Temporal server of yours."
        )
        raise Failure(sentence.format(folder=beside.parent))
    return Path(found)


def check_keys(settings: Settings, home: Path) -> None:
    """Make the secret keys in the home folder unless they are given; refuse ones that cannot be used."""
    try:
        settings.model_copy(update={"home": home}).keys("command")
    except Unusable as unusable:
        raise refused(unusable) from unusable
    except (OSError, UnicodeDecodeError) as why:
        raise Failure(_("The secret keys cannot be used: {why}.").format(why=why)) from why


def check_address(settings: Settings) -> None:
    """Refuse to serve people in production without the address at which they come."""
    try:
        settings.check_served()
    except Unusable as unusable:
        raise refused(unusable) from unusable


def check_ports(settings: Settings) -> None:
    """Refuse ports that are taken or named twice, each with the variable that changes it."""
    wanted = [("GOLIVE_PORT", _("the API"), settings.host, settings.port)]
    if settings.temporal == "embedded":
        wanted += [
            ("GOLIVE_TEMPORAL_PORT", _("the Temporal server"), LOCAL, settings.temporal_port),
            ("GOLIVE_TEMPORAL_UI_PORT", _("the Temporal UI"), LOCAL, settings.temporal_ui_port),
        ]
    for variable, purpose, metrics in (
        ("GOLIVE_API_PROMETHEUS_PORT", _("the metrics of the API"), settings.api_prometheus_port),
        ("GOLIVE_WORKER_PROMETHEUS_PORT", _("the metrics of the worker"), settings.worker_prometheus_port),
    ):
        if metrics is not None:
            wanted.append((variable, purpose, settings.metrics_host, metrics))
    named: dict[int, str] = {}
    for variable, purpose, host, port in wanted:
        if port in named:
            sentence = _("{first} and {second} both name port {port}. Give each its own.")
            raise Failure(sentence.format(first=named[port], second=variable, port=port))
        named[port] = variable
        _check_port(variable, purpose, host, port)


def _check_port(variable: str, purpose: str, host: str, port: int) -> None:
    try:
        _bind(host, port)
    except OSError as why:
        raise Failure(
            _refusal(why).format(
                port=port,
                purpose=purpose,
                variable=variable,
                host=host,
                why=why.strerror,
                free=_free_port(host),
            )
        ) from why


def _bind(host: str, port: int) -> int:
    family, kind, proto, _name, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(where)
        return int(probe.getsockname()[1])


def _free_port(host: str) -> int:
    try:
        return _bind(host, 0)
    except OSError:
        return _bind(LOCAL, 0)


def _refusal(why: OSError) -> str:
    if why.errno == errno.EADDRINUSE:
        return _(
            "Port {port} for {purpose} is taken. End what uses it, or choose another: "
            "{variable}={free} make up"
        )
    if why.errno == errno.EACCES:
        return _(
            "Port {port} for {purpose} needs rights that you do not have. Choose another: "
            "{variable}={free} make up"
        )
    return _(
        "{purpose} cannot listen on {host}, port {port} ({why}). "
        "Set GOLIVE_HOST to an address of this machine."
    )
