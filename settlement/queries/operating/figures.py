"""Figures for a monitoring server: runs, calls in doubt, what waits by where it came from, sizes.

Each is one statement by a partial index or over a table that stays small; rows of tables are PostgreSQL's estimates.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

# As many senders or endpoints as are told apart, those with most that waits first.
MOST = 50
# How long ago it was sent or opened, in the order of time.
DOUBT_AGES = ("up to an hour", "up to a day", "over a day")
IN_DOUBT = ("charge", "refund", "dispute")
_RUNS = text("""
    SELECT run.state = 'paused', count(DISTINCT run.id), coalesce(sum(r.accounts), 0),
           coalesce(sum(r.accounts) FILTER (WHERE r.state = 'done'), 0)
    FROM run LEFT JOIN run_range r ON r.run_id = run.id WHERE run.state <> 'done' GROUP BY 1""")
_DOUBT = text("""
    SELECT kind, CASE WHEN age <= interval '1 hour' THEN 'up to an hour' WHEN age <= interval '1 day' THEN 'up to a day'
                      ELSE 'over a day' END, count(*)
    FROM (SELECT 'charge' AS kind, :at - sent_at AS age FROM charge_attempt WHERE state IN ('sent', 'unknown')
          UNION ALL
          SELECT 'refund', :at - sent_at FROM gateway_refund WHERE state IN ('sent', 'unknown') AND finished_at IS NULL
          UNION ALL
          SELECT 'dispute', :at - opened_at FROM gateway_reversal WHERE closed_at IS NULL AND kind = 'dispute') AS v
    GROUP BY 1, 2""")
_INBOX = text("""
    SELECT door, source, count(*), CAST(extract(epoch FROM clock_timestamp() - min(received_at)) AS double precision)
    FROM inbox WHERE state = 'waiting' GROUP BY door, source ORDER BY 3 DESC, 1, 2 LIMIT :most""")
_WEBHOOKS_OUT = text("""
    SELECT v.endpoint_id, v.waiting, CAST(extract(epoch FROM :at - o.created_at) AS double precision)
    FROM (SELECT endpoint_id, count(*) AS waiting, min(outbox_id) AS oldest FROM webhook_delivery
          WHERE delivered_at IS NULL GROUP BY endpoint_id ORDER BY 2 DESC, 1 LIMIT :most) AS v
    JOIN outbox o ON o.id = v.oldest""")
_WEBHOOKS_IN = text("""
    SELECT gateway, count(*), CAST(extract(epoch FROM clock_timestamp() - min(received_at)) AS double precision)
    FROM gateway_event WHERE state = 'waiting' GROUP BY gateway ORDER BY gateway""")
_DIFFERENCES = text("""
    SELECT gateway, CAST(kind AS text), count(*),
           CAST(extract(epoch FROM :at - min(found_at)) AS double precision)
    FROM reconciliation_difference WHERE closed_at IS NULL GROUP BY gateway, kind ORDER BY gateway, kind""")
# Partitions count for the table that they are of.
_TABLES = text("""
    SELECT CAST(CAST(coalesce(pg_partition_root(c.oid), c.oid) AS regclass) AS text),
           CAST(sum(pg_total_relation_size(c.oid)) AS bigint), CAST(sum(greatest(c.reltuples, 0)) AS bigint)
    FROM pg_class c WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind = 'r'
    GROUP BY 1 ORDER BY 1""")


class OpenRuns(NamedTuple):
    """Runs that are not done: how many, their accounts, and how many of those are done."""

    runs: int
    accounts: int
    accounts_done: int


class Waiting(NamedTuple):
    """What waits of one kind, and the age in seconds of the oldest."""

    names: tuple[str, ...]
    number: int
    oldest_s: float


class TableSize(NamedTuple):
    """A table with its indexes, in bytes; `rows` is an estimate."""

    table: str
    bytes: int
    rows: int


def open_runs(tx: Connection) -> dict[bool, OpenRuns]:
    """Runs that are not done, by whether they are paused."""
    found = {row[0]: OpenRuns(*map(int, row[1:])) for row in tx.execute(_RUNS)}
    return {paused: found.get(paused, OpenRuns(0, 0, 0)) for paused in (False, True)}


def in_doubt(tx: Connection, at: datetime) -> dict[tuple[str, str], int]:
    """Calls without an answer, and open disputes, by kind and age at `at` (UTC); zeros included."""
    found = {(kind, age): count for kind, age, count in tx.execute(_DOUBT, {"at": at})}
    return {(kind, age): found.get((kind, age), 0) for kind in IN_DOUBT for age in DOUBT_AGES}


def inbox(tx: Connection) -> list[Waiting]:
    """Events that wait, by door and source."""
    return [Waiting((row[0], row[1]), row[2], row[3]) for row in tx.execute(_INBOX, {"most": MOST})]


def webhooks_out(tx: Connection, at: datetime) -> list[Waiting]:
    """Announcements to deliver, by endpoint; ages at `at` (UTC), for they are dated by the clock that counts."""
    rows = tx.execute(_WEBHOOKS_OUT, {"most": MOST, "at": at})
    return [Waiting((endpoint,), count, age) for endpoint, count, age in rows]


def webhooks_in(tx: Connection) -> list[Waiting]:
    """Webhooks that came and wait, by gateway."""
    return [Waiting((gateway,), count, age) for gateway, count, age in tx.execute(_WEBHOOKS_IN)]


def differences(tx: Connection, at: datetime) -> list[Waiting]:
    """Open differences with gateways' books, by gateway and kind; ages at `at` (UTC), whose clock dates them."""
    return [Waiting((row[0], row[1]), row[2], row[3]) for row in tx.execute(_DIFFERENCES, {"at": at})]


def table_sizes(tx: Connection) -> list[TableSize]:
    """Every table, by name."""
    return [TableSize(*row) for row in tx.execute(_TABLES)]
