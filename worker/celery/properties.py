"""Properties of messages over AMQP, which a sender may have written in a way that the library cannot read.

It raises where it reads a frame, before there is a message that could be set aside: the worker would end, and so would
the next. Rule: R11.6.
"""

from __future__ import annotations

from typing import Any

import amqp  # type: ignore[import-untyped]  # it ships none
from amqp import serialization

from worker.celery.envelope import text_of

# In the place of properties that cannot be read: what is wrong with them, and they as they came.
UNREADABLE = "settle_unreadable"
_read: Any = serialization.decode_properties_basic


def read(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
    """What the library reads, else `UNREADABLE`."""
    try:
        found: tuple[dict[str, Any], int] = _read(buffer, offset)
    except Exception as error:  # noqa: BLE001 - not text, no such time, tables without end: it is the sender's
        return {UNREADABLE: (text_of(error), bytes(buffer[offset:]))}, offset
    return found


def install() -> None:
    """From here on this process reads properties so, on every connection."""
    serialization.PROPERTY_CLASSES[amqp.spec.Basic.CLASS_ID] = read
