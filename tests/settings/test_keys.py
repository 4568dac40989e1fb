from __future__ import annotations

import hashlib
import hmac
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import Settings
from settings.private_file import kept_once
from settings.secret_files import UnusableSecret
from settings.secret_keys import UnusableKeys


def first_key(home: str) -> bytes:
    return Settings(home=Path(home)).keys("command")[0]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as pool:
        keys = set(pool.map(first_key, [str(tmp_path)] * 12))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.keys"]
    assert stat.S_IMODE((tmp_path / "secret.keys").stat().st_mode) == 0o600


def test_who_loses_the_race_returns_what_the_winner_drew(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def draw() -> str:
        kept_once(path, lambda: "of the winner")
        return "of the loser"

    assert kept_once(path, draw) == "of the winner"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_an_empty_file_that_a_crash_left_is_filled(tmp_path: Path) -> None:
    (tmp_path / "secret.keys").touch()
    assert first_key(str(tmp_path)) == first_key(str(tmp_path))


def test_each_purpose_has_keys_of_its_own_and_the_first_signs() -> None:
    new_key, old_key = "new" * 11, "old" * 11
    both = Settings(secret_keys=SecretStr(f"{new_key}, {old_key}"))
    old = Settings(secret_keys=SecretStr(old_key))
    assert both.keys("start")[1] == old.keys("start")[0]
    assert len({both.keys(purpose)[0] for purpose in ("command", "start", "salt", "user_token")}) == 4


def test_keys_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(UnusableKeys, match="GOLIVE_SECRET_KEYS"):
        Settings(secret_keys=SecretStr(" , ")).keys("start")


@pytest.mark.parametrize("keys", ["secret", "k" * 31, f"secret, {'k' * 64}"])
def test_a_signing_key_that_can_be_guessed_is_refused_and_not_shown(keys: str) -> None:
    with pytest.raises(
        UnusableKeys, match=r"GOLIVE_SECRET_KEYS .* at least 32: make one with `openssl"
    ) as refused:
        Settings(secret_keys=SecretStr(keys)).keys("start")
    assert "“" not in str(refused.value)
    assert keys.partition(",")[0] not in str(refused.value)
    assert len(Settings(secret_keys=SecretStr("k" * 32)).keys("start")) == 1


def test_a_short_key_behind_the_first_verifies_on_and_is_warned_of() -> None:
    rotating = Settings(secret_keys=SecretStr(f"{'k' * 64}, hunter2"))
    _new, old = rotating.keys("command")
    assert old == hmac.new(b"hunter2", b"command", hashlib.sha256).digest()
    kept = rotating.kept_keys()
    assert kept is not None
    assert "GOLIVE_SECRET_KEYS still holds a key of 7 characters behind the first" in str(kept.warning)
    assert "hunter2" not in str(kept.warning)
    rotated = Settings(secret_keys=SecretStr(f"{'k' * 64}, {'o' * 32}")).kept_keys()
    assert rotated is not None
    assert rotated.warning is None


def test_a_key_file_that_somebody_has_shortened_is_refused_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret.keys").write_text("short\n")
    for read in (lambda settings: settings.keys("start"), Settings.check):
        with pytest.raises(UnusableKeys, match=r"The first key in .*secret\.keys has 5 characters"):
            read(Settings(home=tmp_path))


def test_a_look_at_the_keys_makes_none(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.check()
    assert settings.kept_keys() is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.keys").mkdir()
    with pytest.raises(UnusableSecret, match=r"secret\.keys cannot be read: "):
        Settings(home=tmp_path).check()
