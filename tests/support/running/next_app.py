"""The product as far as it says which release it is: the one after all that there are."""

from __future__ import annotations

import settlement

settlement.__version__ = "99.0.0"

from worker.app import app  # noqa: E402 - what says it reads it when it is loaded

__all__ = ["app"]
