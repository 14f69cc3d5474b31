"""The ids of announcements: an epoch and a number, so that none is used twice. Rule: R13.2a."""

from __future__ import annotations

import re

from settlement.errors import Refused

_ID = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


def announcement_id(epoch: int, number: int) -> str:
    """The id of an announcement, which no other has or will have: epoch and number. Rule: R13.2a."""
    return f"{epoch}-{number}"


def parse_announcement_id(text: str) -> tuple[int, int]:
    """The epoch and the number of an id.

    Raises:
        Refused: `bad_id` for anything else.
    """
    match = _ID.fullmatch(text)
    if match is None:
        raise Refused("bad_id", f"{text!r} is no id of an announcement, like 1790000000-42")
    return int(match[1]), int(match[2])
