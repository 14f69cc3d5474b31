"""Sets of accounts that one transaction writes out, and the names of their files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

AT_WORK = "another `settle archive` is at work"


def that_fit(found: Sequence[tuple[int, int]], most: int) -> Iterator[list[int]]:
    """Accounts, each with its number of rows, in sets with few enough together; one that has more is a set alone."""
    ids: list[int] = []
    left = most
    for account_id, rows in found:
        if ids and rows > left:
            yield ids
            ids, left = [], most
        ids.append(account_id)
        left -= rows
    if ids:
        yield ids


def name_of(number: int) -> str:
    """How the files of an archive begin, as no other run's have: what is there is never written over."""
    return f"{number:06d}-{secrets.token_hex(4)}"
