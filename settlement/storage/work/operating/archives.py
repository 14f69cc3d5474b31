"""Archives as they are put on record, and who may write one out. Rule: R11.12.

Everything here is the owner's: the worker's role reads archives and writes none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import OperationalError

from settlement.model.cycle import Cycle
from settlement.storage.sql.advisory import Advisory, try_lock
from settlement.storage.sql.arrays import id_array

# Rows that are in memory at once while a file is written.
_AT_ONCE = 5_000
_MAY = text("SELECT has_table_privilege('archived_fee_keys', 'INSERT')")
# Whoever is at work says so more often than that.
_OTHER_RELEASE = text("""
    SELECT min(version) FROM process
    WHERE version <> :version AND kind <> 'serve' AND seen_at > clock_timestamp() - interval '5 minutes'""")
# Who else analyses or vacuums one of them has seen to it, or will: nobody waits for that.
_ANALYZE = text("""
    ANALYZE (SKIP_LOCKED) account, bill, bill_line, fee, inbox, outbox, repayment, repayment_line, ledger_transfer""")
_NEXT_ID = text("SELECT coalesce(max(id), 0) + 1 FROM archive")
_LOCKED = text("SELECT id FROM account WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE")
_FREE = text(f"{_LOCKED} SKIP LOCKED")
_RECORD = text("""
    INSERT INTO archive (id, kind, before, first_cycle, last_cycle, folder, files, bills, fees, events, announcements,
                         sums, last_published_at, last_outbox_id, fees_digest, bills_digest, entries, repayments,
                         lines)
    VALUES (:id, CAST(:kind AS archive_kind), :before, :first_cycle, :last_cycle, :folder, CAST(:files AS jsonb),
            :bills, :fees, :events, :announcements, CAST(:sums AS jsonb), :last_published_at, :last_outbox_id,
            :fees_digest, :bills_digest, :entries, :repayments, :lines)""")


class Archive(NamedTuple):
    """An archive as it is put on record."""

    id: int
    kind: str
    before: Cycle
    first_cycle: Cycle | None
    last_cycle: Cycle | None
    folder: str
    files: Sequence[Mapping[str, Any]]
    bills: int
    fees: int
    events: int
    announcements: int
    sums: Mapping[str, str]
    last_published_at: datetime | None = None
    last_outbox_id: int | None = None
    fees_digest: Decimal = Decimal(0)
    bills_digest: Decimal | None = None
    entries: int = 0
    repayments: int = 0
    lines: int = 0


def count_rows(tx: Connection) -> None:
    """Lets the planner know about how many rows there are. Sets are found by keys that match few of them; a table that
    nobody has analysed yet would be gone through anew for each.
    """
    tx.execute(_ANALYZE)


def begin(tx: Connection) -> int | None:
    """The number of the next archive, in the hands of this transaction alone; None while another one writes out."""
    return int(tx.scalar(_NEXT_ID) or 1) if try_lock(tx, Advisory.ARCHIVES) else None


def may_write_out(tx: Connection) -> bool:
    """Whether this role may: the owner of the tables, and not the worker's."""
    return bool(tx.scalar(_MAY))


def other_release(tx: Connection, version: str) -> str | None:
    """Another version of the program than this one of which workers are at work."""
    found: str | None = tx.scalar(_OTHER_RELEASE, {"version": version})
    return found


def lock_accounts(tx: Connection, ids: Sequence[int]) -> set[int]:
    """In the order of their ids, as everybody does. Those that another session has locked for longer than a lock is
    waited for, and still has, are given back.
    """
    parameters = {"ids": id_array(ids)}
    try:
        with tx.begin_nested():
            tx.execute(_LOCKED, parameters)
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return set(ids) - set(tx.scalars(_FREE, parameters))
    return set()


def record(tx: Connection, archive: Archive) -> None:
    """Puts an archive on record."""
    values = archive._asdict()
    values["files"], values["sums"] = json.dumps(list(archive.files)), json.dumps(dict(archive.sums))
    tx.execute(_RECORD, values)


def streamed(
    tx: Connection, statement: TextClause, parameters: Mapping[str, Any]
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The rows of a statement as they are written out, some at a time: as many are in memory at once."""
    of_server = statement.execution_options(stream_results=True, yield_per=_AT_ONCE)
    with tx.execute(of_server, parameters) as found:
        for part in found.mappings().partitions():
            yield [dict(row) for row in part]
