"""Secrets out of files: what is given as `…_FILE` names the file that holds the value."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

IN_FILE = "_FILE"


def may_be_secret(name: str) -> bool:
    """May the value of this variable hold a secret: it is never shown, and may lie in a file."""
    return name.endswith(("_URL", "_KEY", "_SECRET", "_SECRETS"))


def secret_files(names: Iterable[str]) -> list[tuple[str, str]]:
    """Which of the variables are said to lie in a file, with the file's name."""
    given = {name.upper(): value for name, value in os.environ.items()}
    return [(name, path) for name in names if may_be_secret(name) and (path := given.get(name + IN_FILE, ""))]


class SecretFiles(PydanticBaseSettingsSource):
    """The values of those variables, one a file; the line end that editors leave is no part of it.

    Raises:
        ValueError: a file cannot be read; the message names variable and file.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], names: Iterable[str], *, prefix: str, delimiter: str
    ) -> None:
        super().__init__(settings_cls)
        self._names, self._prefix, self._delimiter = names, prefix, delimiter

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """Not asked: the values come all at once."""
        raise NotImplementedError

    def __call__(self) -> dict[str, object]:
        found: dict[str, object] = {}
        groups: dict[str, dict[str, object]] = {}
        for name, path in secret_files(self._names):
            group, _, inner = name.removeprefix(self._prefix).lower().partition(self._delimiter)
            if inner:
                groups.setdefault(group, {})[inner] = _read(name, path)
            else:
                found[group] = _read(name, path)
        return found | groups


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{name}{IN_FILE}: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}{IN_FILE}: {path}: is not text") from None
