"""Rows that wait for a call to their gateway: claimed as a batch, locked by their reference. Rule: R5.5.

A claim is committed before the gateway is called, so whoever dies in between leaves a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table, text

from settlement.errors import NotFound
from settlement.model.gateway.charges import our_reference

Row = TypeVar("Row")
# Parked accounts are left out before the batch is cut, so that they keep nobody else from it: what is said about them
# could not be booked, and the question itself may move money.
_DUE = """
    FROM {table} t JOIN account o ON o.id = t.account_id AND o.parked_at IS NULL
    WHERE t.gateway = {gateway} AND {condition} AND t.next_at <= :at"""
# Looked for first, so that a claim of nothing writes nothing.
_WAITING = "SELECT g FROM unnest(CAST(:gateways AS text[])) AS g WHERE EXISTS (SELECT 1 {due})"
_CLAIM = """
    WITH c AS MATERIALIZED (
        SELECT {keys}, t.state AS found {due}
        ORDER BY t.next_at, t.account_id LIMIT :limit FOR NO KEY UPDATE OF {locks} SKIP LOCKED)
    UPDATE {table} r SET {marks}next_at = :lease
    FROM c JOIN account acc ON acc.id = c.account_id
    WHERE {same}
    RETURNING {columns}"""


class Queue(Generic[Row]):
    """Rows of a table in certain states (`condition`, of `t`) whose time for a call has come.

    `marks` is what a claim writes besides its lease; `locks` names what it locks, `o` being the account; of `columns`,
    `r` is the row, `acc` its account and `c.found` the state before. The conditions spell the states out for the
    partial indexes.
    """

    def __init__(
        self, row: Callable[..., Row], table: Table, *,
        columns: str, condition: str, marks: str = "", locks: str = "t",
    ) -> None:  # fmt: skip
        self._row = row
        key = table.primary_key.columns.keys()
        due = _DUE.format(table=table.name, condition=condition, gateway="{gateway}")
        self._waiting = text(_WAITING.format(due=due.format(gateway="g")))
        self._claim = text(
            _CLAIM.format(
                table=table.name, columns=columns, marks=marks and f"{marks}, ", locks=locks,
                due=due.format(gateway=":gateway"),
                keys=", ".join(f"t.{name}" for name in dict.fromkeys((*key, "account_id"))),
                same=" AND ".join(f"r.{name} = c.{name}" for name in key),
            )
        )  # fmt: skip

    def waiting(self, tx: Connection, gateways: Sequence[str], *, at: datetime) -> list[str]:
        """Those of the gateways that are to be called now."""
        return list(tx.scalars(self._waiting, {"gateways": list(gateways), "at": at}))

    def claim(self, tx: Connection, gateway: str, *, at: datetime, lease: datetime, limit: int) -> list[Row]:
        """Rows in this process's hands until `lease`, in the order of their keys. To be committed before the call."""
        parameters = {"gateway": gateway, "at": at, "lease": lease, "limit": limit}
        return [self._row(*row) for row in sorted(tx.execute(self._claim, parameters), key=_by_key)]


def _by_key(row: Sequence[int]) -> tuple[int, int]:
    return row[0], row[1]


class Locked(Generic[Row]):
    """How one row of a table is locked by its reference, for somebody who decides what became of it."""

    def __init__(self, row: Callable[..., Row], table: Table, *, columns: str, noun: str) -> None:
        self._row, self._noun = row, noun
        by_reference = "reference = CAST(:reference AS uuid)"
        self._find = text(f"SELECT account_id FROM {table.name} WHERE {by_reference}")
        self._lock = text(f"SELECT 1 FROM {table.name} WHERE {by_reference} FOR NO KEY UPDATE")
        self._read = text(
            f"SELECT {columns} FROM {table.name} r JOIN account acc ON acc.id = r.account_id WHERE r.{by_reference}"
        )

    def lock(self, tx: Connection, reference: str) -> Row:
        """The row, its account and itself locked, in this order: nobody books it or claims it meanwhile.

        Raises:
            NotFound: there is none.
        """
        found = {"reference": our_reference(reference)}
        account_id = tx.scalar(self._find, found) if found["reference"] else None
        if account_id is None:
            raise NotFound(
                f"unknown_{self._noun}",
                f"{self._noun} {reference} is not known; `settle {self._noun}s list` shows them",
            )
        tx.execute(_LOCK_ACCOUNT, {"account_id": account_id})
        tx.execute(self._lock, found)
        return self._row(*tx.execute(self._read, found).one())


_LOCK_ACCOUNT = text("SELECT 1 FROM account WHERE id = :account_id FOR NO KEY UPDATE")
