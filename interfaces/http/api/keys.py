"""Keys as requests bring them, remembered for a moment so that not each of them is a question to the database."""

from __future__ import annotations

import time
from threading import Lock

from settlement.operations.inbox.senders import checked_key
from settlement.queries import Store
from settlement.queries.programs.senders import Credential

# A revoked key opens nothing after this long.
REMEMBERED_S = 5.0
_MOST = 10_000


class Keys:
    """The keys of a store."""

    def __init__(self, store: Store, *, remembered_s: float = REMEMBERED_S) -> None:
        self._store = store
        self._remembered_s = remembered_s
        self._found: dict[str, tuple[float, Credential]] = {}
        self._lock = Lock()

    def remembered(self, text: str) -> Credential | None:
        """What the key opens, where that was found a moment ago. Waits for nothing."""
        known = self._found.get(text)
        return known[1] if known is not None and time.monotonic() - known[0] < self._remembered_s else None

    def find(self, text: str) -> Credential | None:
        """What the key opens; None where it opens nothing.

        Raises:
            Unavailable: PostgreSQL cannot be reached.
        """
        now = time.monotonic()
        found = checked_key(self._store, text)
        with self._lock:
            if len(self._found) >= _MOST:
                self._found.clear()
            if found is None:
                self._found.pop(text, None)
            else:
                self._found[text] = (now, found)
        return found
