"""Writes the example environment from the settings: `python -m config.example > config/env.example`."""

from __future__ import annotations

import json
import sys
from datetime import time

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from config.money import is_money
from config.settings import variables

HEADER = """\
# Every variable of settle with its default. Written by `python -m config.example`.
# An empty value means the default. What is not set here is read from the process environment.
# A URL, key or secret may lie in a file instead: SETTLE_DATABASE_URL_FILE names the one that holds SETTLE_DATABASE_URL.
# What moves money is kept in the database: such a variable is proposed once, to a new database, and from then on the
# database decides. A process whose variable says otherwise than the database books nothing. `settle settings show|set`.
"""
IN_DATABASE = "Moves money, so the database decides; proposed to a new one."


def render() -> str:
    """The whole file, one paragraph per variable."""
    return HEADER + "".join(_paragraph(name, field) for name, field in variables())


def _paragraph(name: str, field: FieldInfo) -> str:
    if is_money(name):
        # Left empty, so that whoever starts from this file sets nothing that the database has otherwise one day.
        return f"\n# {field.description}\n# {IN_DATABASE} Default: {written_default(field)}\n{name}=\n"
    return f"\n# {field.description}\n{name}={written_default(field)}\n"


def written_default(field: FieldInfo) -> str:
    """A default as the environment would have it; empty where there is none."""
    default = field.get_default()
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, dict | tuple):
        return json.dumps(to_jsonable_python(default))
    if isinstance(default, time):
        return default.isoformat(timespec="minutes")
    return f"{default:g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    sys.stdout.write(render())
