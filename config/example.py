"""Writes the example environment from the settings: `python -m config.example > config/env.example`."""

from __future__ import annotations

import json
import sys
from datetime import time

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from config.settings import variables

HEADER = """\
# Every variable of settle with its default. Written by `python -m config.example`.
# An empty value means the default. What is not set here is read from the process environment.
# A URL, key or secret may lie in a file instead: SETTLE_DATABASE_URL_FILE names the one that holds SETTLE_DATABASE_URL.
"""


def render() -> str:
    """The whole file, one paragraph per variable."""
    return HEADER + "".join(
        f"\n# {field.description}\n{name}={_written(field)}\n" for name, field in variables()
    )


def _written(field: FieldInfo) -> str:
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
