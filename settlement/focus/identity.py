"""The identity of a row: 16 bytes by which a file read twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import compress
from operator import itemgetter
from typing import Any

from settlement.focus.values import MISSING

SIZE = 16
_SHAPES = 4_096


def of_id(account: str, value: str) -> bytes:
    """The identity of a row that carries an id of its own: unique within its account."""
    return blake2b(f"{account}\0{value}".encode(), digest_size=SIZE).digest()


def of_row(names: Sequence[str]) -> Callable[[Sequence[str]], bytes]:
    """A function from a row's cells to its identity; `names` are the lower-case columns of the file.

    The identity is BLAKE2b-128 over the names of the columns that have a value, then the values, both in the order
    of the names. So quoting, compression, the order of columns, spaces around a value, and columns that are
    empty or absent do not matter; every other difference of text does. No NUL occurs in a name or a value, so the
    joined text can be read in one way only.
    """
    order = sorted(range(len(names)), key=lambda position: (names[position], position))
    ordered_names = [names[position] for position in order]
    pick: Callable[[Sequence[str]], Sequence[str]]
    # With a single position, itemgetter answers the item itself instead of a tuple.
    pick = itemgetter(*order) if len(order) > 1 else tuple
    # Rows come in a handful of shapes (which columns have a value), so the names are hashed once per shape.
    shapes: dict[tuple[bool, ...], Any] = {}

    def shape(present: list[bool]) -> Any:
        if len(shapes) >= _SHAPES:
            shapes.clear()
        used = list(compress(ordered_names, present))
        shapes[tuple(present)] = blake2b("\0".join([str(len(used)), *used, ""]).encode(), digest_size=SIZE)
        return shapes[tuple(present)]

    last_present: list[bool] = []
    last_shape: Any = None

    def identify(cells: Sequence[str]) -> bytes:
        nonlocal last_present, last_shape
        values = [*map(str.strip, pick(cells))]
        present = [value not in MISSING for value in values]
        if present != last_present or last_shape is None:
            last_present, last_shape = present, shapes.get(tuple(present)) or shape(present)
        digest = last_shape.copy()
        digest.update("\0".join(compress(values, present)).encode())
        return digest.digest()  # type: ignore[no-any-return]

    return identify
