"""Pages of a listing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a listing, in its order. `next` is the `after` of the page that follows; None on the last.

    `archived` says which rows of repayments and entries are not in the list, since they are in archives.

    Of announcements `next` is never None once one was published: they go on.
    """

    rows: tuple[T, ...]
    next: str | None
    archived: Mapping[str, Any] | None = None

    def __iter__(self) -> Iterator[T]:
        """The rows of this page alone."""
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)
