"""The one error of this room."""

from __future__ import annotations

from settlement.errors import Unavailable


class LocalServerError(Unavailable):
    """An embedded server or a local process could not be started or stopped; the message says why and where to look."""
