from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import Settings
from settings.private_file import kept_once


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
    both = Settings(secret_keys=SecretStr("new, old"))
    old = Settings(secret_keys=SecretStr("old"))
    assert both.keys("start")[1] == old.keys("start")[0]
    assert len({both.keys(purpose)[0] for purpose in ("command", "start", "salt", "user_token")}) == 4


def test_keys_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="GOLIVE_SECRET_KEYS"):
        Settings(secret_keys=SecretStr(" , ")).keys("start")
