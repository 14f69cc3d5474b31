"""What differs between the client that waits and the one under asyncio."""

from __future__ import annotations

from typing import NamedTuple


class Flavour(NamedTuple):
    """What differs between the two."""

    prefix: str
    wire: str
    iterator: str
    is_async: bool

    @property
    def module(self) -> str:
        """Where the wire lies."""
        return "async_wire" if self.is_async else "wire"

    @property
    def resource(self) -> str:
        """The class that every resource is of."""
        return f"{self.prefix}Resource"

    @property
    def await_(self) -> str:
        """Before a call."""
        return "await " if self.is_async else ""

    @property
    def def_(self) -> str:
        """Before a name."""
        return "async def" if self.is_async else "def"
