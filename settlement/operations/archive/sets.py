"""Sets of accounts that one transaction writes out: how each begins, and the names of its files."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from settlement import __version__
from settlement.errors import Busy, Refused
from settlement.operations.archive.files import discard
from settlement.storage.store import Store
from settlement.storage.work.operating import archives
from settlement.storage.work.operating.archives import Archive

Result = TypeVar("Result")


class ChangedMeanwhileError(Exception):
    """Of these accounts other rows would leave than were written out, or another session has them locked."""

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__(f"accounts {sorted(ids)} changed meanwhile, or are locked")
        self.ids = frozenset(ids)


def written_of_the_others(
    store: Store,
    ids: Sequence[int],
    write: Callable[[Connection, Sequence[int]], Result],
    leave: Callable[[Collection[int]], None],
) -> Result:
    """What `write` makes of these accounts in one transaction, without those that change meanwhile or are locked, which
    are told to `leave`: it is begun anew for the others, so that traffic of one account never ends an archive of many.
    """
    while True:
        try:
            with store.transaction() as tx:
                return write(tx, ids)
        except ChangedMeanwhileError as changed:
            leave(changed.ids)
            ids = [one for one in ids if one not in changed.ids]


@contextmanager
def on_record_or_gone(folder: Path, archive: Archive) -> Iterator[None]:
    """Whatever keeps the archive from being on record takes its files away."""
    try:
        yield
    except BaseException:
        discard(folder, archive.files)
        raise


def locked(tx: Connection, ids: Sequence[int]) -> None:
    """Nobody books anything for these accounts from now on.

    Raises:
        ChangedMeanwhileError: of those that another session does not let go of.
    """
    if missing := archives.lock_accounts(tx, ids):
        raise ChangedMeanwhileError(missing)


def begin(tx: Connection) -> int:
    """The number of the archive that this transaction makes. Workers may have come since the set before.

    Raises:
        Busy: another one writes out.
        Refused: workers of another release are at work.
    """
    number = archives.begin(tx)
    if number is None:
        raise Busy("another `settle archive` is at work")
    refuse_other_release(tx)
    return number


def refuse_other_release(tx: Connection) -> None:
    """Of releases that write heartbeats; those before them book no archived fee either: the database refuses it.

    Raises:
        Refused: workers of another release are at work.
    """
    if (other := archives.other_release(tx, __version__)) is not None:
        raise Refused(
            "other_release",
            f"workers of release {other} are at work, which may not know fees that {__version__} writes out: they "
            "would be booked again if they came again; replace these workers first",
        )


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
