"""Pages of a listing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a listing, in its order. `next` is the `after` of the page that follows; None on the last.

    Of announcements it is never None once one was published: they go on.
    """

    rows: tuple[T, ...]
    next: str | None

    def __iter__(self) -> Iterator[T]:
        """The rows of this page alone."""
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)
