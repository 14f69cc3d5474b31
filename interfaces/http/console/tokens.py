"""What a form carries: proof that it came from a page of this session, and the id of the event that it becomes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

# The source under which what people do at the console comes in.
SOURCE = "console"
# What ids of forms look like.
EVENT_ID = r"[A-Za-z0-9_-]{24}"


def form_guard(session_token: str) -> str:
    """What every form of a session carries, and no other site can know."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


def guards(given: str, session_token: str) -> bool:
    """Was it made for this session."""
    return hmac.compare_digest(given.encode(), form_guard(session_token).encode())


def new_event_id() -> str:
    """Made with the form: sent twice, by a double click or the button back, it is one event."""
    return secrets.token_urlsafe(18)


def is_event_id(text: str) -> bool:
    """Can it have come from one of our forms."""
    return re.fullmatch(EVENT_ID, text) is not None
