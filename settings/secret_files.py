"""Settings that lie in files, one file each, as containers and service managers hand secrets in."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import SecretsSettingsSource, SettingsError
from typing_extensions import override

from golive.words import N_, Sentence, say
from settings.unusable import Unusable


class UnusableSecret(Unusable):
    """The secret file `file` is there and cannot be read; `why` is the cause."""

    def __init__(self, file: str, why: str | Sentence):
        super().__init__(say(N_("The secret file {file} cannot be read: {why}."), file=file, why=why))


class SecretFiles(SecretsSettingsSource):
    """Reads the files that are named like the variables, in capitals or small letters."""

    @override
    def __call__(self) -> dict[str, Any]:
        """Return what the files say. Raises UnusableSecret."""
        try:
            return super().__call__()
        except SettingsError as wrapped:
            if isinstance(wrapped.__cause__, UnusableSecret):
                raise wrapped.__cause__ from wrapped.__cause__.__cause__
            raise

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the file of one setting says. Raises UnusableSecret rather than do without it."""
        try:
            with warnings.catch_warnings(action="error"):  # of what is no file, or leads out of the folder
                value, key, is_complex = super().get_field_value(field, field_name)
        except (OSError, UnicodeDecodeError, UserWarning) as why:
            raise UnusableSecret(self._file(field, field_name), str(why)) from why
        if value == "":
            raise UnusableSecret(self._file(field, field_name), say(N_("it is empty")))
        return value, key, is_complex

    def _file(self, field: FieldInfo, field_name: str) -> str:
        (_key, name, _complex), *_others = self._extract_field_info(field, field_name)
        return str(Path(str(self.secrets_dir)) / name)
