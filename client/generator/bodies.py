"""The modules of models: events that are sent, what they are about, and what each module of resources returns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from client.generator.models import HEADER, Models

_ROOM = """Bodies: what is sent, what is received.

Lives here: a class for each; `sent.py` has events that are sent and `event_data.py` what they are about, a module
called as one of `resources` what that returns.
May import: `values`.
Start at: `bills.py`."""
_ABOUT = {"sent": "Events that are sent.", "event_data": "What events that are sent are about."}
_IMPORTS = """from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from settle_client.values import Amount, ExactDecimal, Received, Sent, SentDate, SentDecimal, SentInstant
"""


def bodies(models: Models) -> dict[str, str]:
    """The modules of all classes that were met, by name. Each imports more than it uses."""
    homes = models.in_modules()
    texts = {home: _module(home, homes) for home in homes}
    lines = [f"from settle_client.models.{home} import {', '.join(names)}" for home, names in homes.items()]
    exported = json.dumps(sorted({"Amount", *models.classes}))
    texts["__init__"] = HEADER.format(_ROOM) + "\n".join(
        [*lines, "from settle_client.values import Amount", "", f"__all__ = {exported}", ""]
    )
    return texts


def _module(home: str, homes: Mapping[str, Mapping[str, str]]) -> str:
    text = "\n\n".join(homes[home].values())
    words = set(re.findall(r"\w+", text))
    others = [
        f"from settle_client.models.{other} import {', '.join(sorted(words & names.keys()))}\n"
        for other, names in homes.items()
        if other != home and words & names.keys()
    ]
    about = _ABOUT.get(home, f"Bodies that are received from `{home}`.")
    return HEADER.format(about) + _IMPORTS + "".join(others) + "\n\n" + text
