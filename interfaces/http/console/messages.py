"""What changes by itself on a page: its parts as server-sent events, until the last one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

# The page asks no more after it.
LAST_MESSAGE = "event: done\ndata: done\n\n"


def as_message(part: str) -> str:
    """A part of a page as one event."""
    return f"data: {' '.join(part.splitlines())}\n\n"


def as_messages(messages: AsyncIterator[str]) -> StreamingResponse:
    """The response that they are."""
    return StreamingResponse(messages, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
