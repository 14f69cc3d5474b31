"""Runs: long work over all accounts, cut into ranges. A row shows progress; a range is claimed by whoever is free."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.model.report import Report
from settlement.model.runs import SWEEP, RunKind
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.rows import only_column

_START = text("""
    INSERT INTO run (kind, cycle, logical_at) VALUES (:kind, :cycle, :logical_at)
    ON CONFLICT (kind, cycle) DO NOTHING RETURNING id""")
_NOTE = text("""
    INSERT INTO run (kind, cycle, logical_at, state, finished_at)
    VALUES (:kind, :cycle, :logical_at, 'done', clock_timestamp()) ON CONFLICT (kind, cycle) DO NOTHING""")
_KNOWN = text("SELECT id FROM run WHERE kind = :kind AND cycle = :cycle")
_FIND = text("SELECT id FROM run WHERE kind = :kind AND cycle = :cycle FOR UPDATE")
# A bill waits for what reached the inbox before its instant; once that is booked, the run takes the account up again.
_NOTHING_WAITS = """NOT EXISTS (
    SELECT 1 FROM inbox i WHERE i.state = 'waiting' AND i.account = a.external_id AND i.received_at < :logical_at)"""
# A bill waits for the sweep of its month and for the bill before, where somebody else has its account locked: their own
# runs are on their way.
_WAITING = """run before JOIN run_range g ON g.run_id = before.id AND g.state = 'waiting'
        AND b.account_id BETWEEN g.first_account_id AND g.last_account_id"""
# Whether any such run is open is asked once; hardly ever is one, and then no account is looked up.
_NOTHING_BEFORE = f"""(NOT EXISTS (
    SELECT 1 FROM run WHERE state <> 'done'
      AND (kind = 'month_close' AND cycle < :cycle OR kind = 'month_end_sweep' AND cycle <= :cycle))
    OR NOT EXISTS (
    SELECT 1 FROM {_WAITING}
    JOIN bill older ON older.cycle = before.cycle AND older.account_id = b.account_id AND older.state = 'accruing'
    WHERE before.kind = 'month_close' AND before.state <> 'done' AND before.cycle < :cycle) AND NOT EXISTS (
    SELECT 1 FROM {_WAITING}
    JOIN collecting c ON c.account_id = b.account_id AND c.uncollected_minor > 0 AND NOT a.credit_control
    WHERE before.kind = 'month_end_sweep' AND before.state <> 'done' AND before.cycle <= :cycle))"""
# Accounts whose bill of the cycle accrues, cut into equal parts by id; a range that failed is not tried again unasked.
_CUT = text(f"""
    INSERT INTO run_range (run_id, range_no, first_account_id, last_account_id, accounts)
    SELECT :run_id, part + (SELECT coalesce(max(range_no), 0) + 1 FROM run_range WHERE run_id = :run_id),
           min(account_id), max(account_id), count(*)
    FROM (SELECT b.account_id, (row_number() OVER (ORDER BY b.account_id) - 1) / :size AS part
          FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
          WHERE b.state = 'accruing' AND b.cycle = :cycle AND {_NOTHING_WAITS} AND {_NOTHING_BEFORE}
            AND NOT EXISTS (SELECT 1 FROM run_range f WHERE f.run_id = :run_id AND f.state IN ('failed', 'waiting')
                            AND b.account_id BETWEEN f.first_account_id AND f.last_account_id)) AS numbered
    GROUP BY part ORDER BY part""")
# A sweep deducts once: its ranges are cut once, over the accounts with something uncollected.
_CUT_SWEEP = text("""
    INSERT INTO run_range (run_id, range_no, first_account_id, last_account_id, accounts)
    SELECT :run_id, part + 1, min(account_id), max(account_id), count(*)
    FROM (SELECT c.account_id, (row_number() OVER (ORDER BY c.account_id) - 1) / :size AS part
          FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL AND NOT a.credit_control
          WHERE c.uncollected_minor > 0 AND NOT EXISTS (SELECT 1 FROM run_range WHERE run_id = :run_id)) AS numbered
    GROUP BY part ORDER BY part""")
_CLAIM = text("""
    SELECT r.run_id, run.kind, r.range_no, r.first_account_id, r.last_account_id, run.cycle, run.logical_at
    FROM run_range r JOIN run ON run.id = r.run_id
    WHERE r.state = 'waiting' AND run.state = 'running' AND (CAST(:run_id AS bigint) IS NULL OR r.run_id = :run_id)
      AND r.range_no <> ALL(CAST(:without AS integer[]))
    ORDER BY r.run_id, r.range_no LIMIT 1 FOR UPDATE OF r SKIP LOCKED""")
_ACCRUING = f"""
    SELECT b.account_id FROM bill b JOIN account a ON a.id = b.account_id
    WHERE {{}} AND b.state = 'accruing' AND b.cycle = :cycle AND {_NOTHING_WAITS} AND {_NOTHING_BEFORE}
    ORDER BY b.account_id"""
# With bounds for both, PostgreSQL goes by the index of accounts and not through all of them for each range.
_MEMBERS = text(_ACCRUING.format("b.account_id BETWEEN :first AND :last AND a.id BETWEEN :first AND :last"))
_ACCRUING_OF = text(_ACCRUING.format("b.account_id = ANY(CAST(:ids AS bigint[]))"))
_AFTER = text("""
    SELECT account_id FROM bill WHERE state = 'accruing' AND cycle = :cycle AND account_id > :after
    ORDER BY account_id LIMIT :limit""")
_DONE = text("""
    UPDATE run_range SET state = 'done', report = CAST(:report AS jsonb), finished_at = clock_timestamp()
    WHERE run_id = :run_id AND range_no = :range_no""")
_FAILED = text("""
    UPDATE run_range SET attempts = attempts + 1, reason = :reason,
           state = CASE WHEN attempts + 1 >= :most THEN CAST('failed' AS range_state) ELSE state END
    WHERE run_id = :run_id AND range_no = :range_no AND state = 'waiting'""")
_SHRINK = text("""
    UPDATE run_range SET last_account_id = :last, accounts = :accounts
    WHERE run_id = :run_id AND range_no = :range_no AND state = 'waiting' AND last_account_id = :next_last""")
_APPEND = text("""
    INSERT INTO run_range (run_id, range_no, first_account_id, last_account_id, accounts)
    SELECT :run_id, max(range_no) + 1, :next_first, :next_last, :next_accounts
    FROM run_range WHERE run_id = :run_id""")
_LOCK_RUN = text("SELECT id FROM run WHERE id = :run_id FOR UPDATE")
_OPEN_RANGES = text("SELECT EXISTS (SELECT 1 FROM run_range WHERE run_id = :run_id AND state = 'waiting')")
# By what nobody could take, whatever is in others' hands or not tried yet is not all that is left.
_END_INSTANT = text("""
    UPDATE schedule_slot s SET state = 'done', finished_at = clock_timestamp()
    FROM run WHERE run.id = :run_id AND run.state = 'running' AND s.run_id = run.id AND s.state = 'owed'
      AND NOT EXISTS (SELECT 1 FROM run_range r WHERE r.run_id = run.id AND r.state = 'waiting'
                      AND r.range_no <> ALL(CAST(:range_nos AS integer[])))""")
_LEFT_OVER = text("""
    SELECT id FROM run WHERE state = 'running'
      AND NOT EXISTS (SELECT 1 FROM schedule_slot s WHERE s.run_id = run.id AND s.state = 'owed')""")
_ALONE = text("""
    SELECT run_id, array_agg(first_account_id) FROM run_range
    WHERE run_id = ANY(CAST(:run_ids AS bigint[])) AND state = 'waiting'
    GROUP BY run_id HAVING bool_and(first_account_id = last_account_id)""")
_FINISH = text(
    "UPDATE run SET state = 'done', finished_at = clock_timestamp() WHERE id = :run_id AND state <> 'done'"
)
_REOPEN = text("UPDATE run SET state = 'running', finished_at = NULL WHERE id = :run_id AND state = 'done'")
_SET_STATE = text(
    "UPDATE run SET state = CAST(:state AS run_state) WHERE id = :run_id AND state = :before RETURNING id"
)
_RETRY = text("""
    UPDATE run_range SET state = 'waiting', attempts = 0 WHERE run_id = :run_id AND state = 'failed'""")
_REOPEN_IF_WAITING = text("""
    UPDATE run SET state = 'running', finished_at = NULL WHERE id = :run_id AND state = 'done'
      AND EXISTS (SELECT 1 FROM run_range WHERE run_id = :run_id AND state = 'waiting')""")


@dataclass(frozen=True, slots=True)
class ClaimedRange:
    """A part of a run, held for the length of the transaction."""

    run_id: int
    kind: RunKind
    range_no: int
    first_account_id: int
    last_account_id: int
    cycle: Cycle
    logical_at: datetime


def start(
    tx: Connection, kind: RunKind, cycle: Cycle, logical_at: datetime, *, size: int, beside: bool = False
) -> tuple[int, bool]:
    """The run of a kind for a cycle, begun now or known already, with ranges for every account not yet in one.

    While ranges wait there are no further ones, unless they are asked for `beside` those. Returns the run's id and
    whether there is anything to work on. Two callers at once get the same run.
    """
    parameters = {"kind": kind, "cycle": cycle, "logical_at": logical_at}
    tx.execute(_START, parameters)
    run_id = int(tx.execute(_FIND, parameters).scalar_one())
    waits = has_waiting(tx, run_id)
    if not waits or beside:
        cutting = {"run_id": run_id, "size": size}
        if kind == SWEEP:
            cut = tx.execute(_CUT_SWEEP, cutting).rowcount
        else:
            cut = tx.execute(_CUT, cutting | {"cycle": cycle, "logical_at": logical_at}).rowcount
        if not cut and not waits:
            tx.execute(_FINISH, {"run_id": run_id})
            return run_id, False
        tx.execute(_REOPEN, {"run_id": run_id})
    return run_id, True


def end_instant(tx: Connection, run_id: int, range_nos: Sequence[int]) -> None:
    """Ends the instant of a run of which only these ranges wait: what comes after it need not wait for them."""
    tx.execute(_LOCK_RUN, {"run_id": run_id})
    tx.execute(_END_INSTANT, {"run_id": run_id, "range_nos": list(range_nos)})


def left_over(tx: Connection) -> list[int]:
    """Runs that go on though nothing waits for them any more: with ranges that wait, or with only their end to come."""
    return list(tx.scalars(_LEFT_OVER))


def alone_in_ranges(tx: Connection, run_ids: Collection[int]) -> dict[int, list[int]]:
    """By run, of those of which every range that waits is down to one account: these accounts."""
    return {row[0]: row[1] for row in tx.execute(_ALONE, {"run_ids": id_array(run_ids)})} if run_ids else {}


def note(tx: Connection, kind: RunKind, cycle: Cycle, logical_at: datetime) -> int:
    """The run of a kind for a cycle, for work of it that is done without ranges; the rest of it begins with `start`."""
    tx.execute(_NOTE, {"kind": kind, "cycle": cycle, "logical_at": logical_at})
    return int(tx.scalars(_KNOWN, {"kind": kind, "cycle": cycle}).one())


def find(tx: Connection, kind: RunKind, cycle: Cycle) -> int | None:
    """The run of this kind for the cycle, if it was begun."""
    found: int | None = tx.scalar(_KNOWN, {"kind": kind, "cycle": cycle})
    return found


def has_waiting(tx: Connection, run_id: int) -> bool:
    """Is any range of the run still to be worked on."""
    return bool(tx.scalar(_OPEN_RANGES, {"run_id": run_id}))


def claim_range(tx: Connection, run_id: int | None, *, without: Sequence[int] = ()) -> ClaimedRange | None:
    """The next waiting range that nobody else works on, by numbers but those `without`; None when there is none, or its
    run is paused.
    """
    row = tx.execute(_CLAIM, {"run_id": run_id, "without": id_array(without)}).one_or_none()
    return None if row is None else ClaimedRange(*row)


def members(tx: Connection, part: ClaimedRange) -> list[int]:
    """Accounts of the range whose bill of the cycle still accrues and waits for nothing, ascending. Rule: R3.1b."""
    parameters = {
        "cycle": part.cycle,
        "first": part.first_account_id,
        "last": part.last_account_id,
        "logical_at": part.logical_at,
    }
    return only_column(tx.execute(_MEMBERS, parameters))


def accruing_of(tx: Connection, cycle: Cycle, logical_at: datetime, ids: Sequence[int]) -> list[int]:
    """Those of these accounts whose bill of the cycle still accrues and waits for nothing, ascending. Rule: R3.1b."""
    return list(tx.scalars(_ACCRUING_OF, {"cycle": cycle, "logical_at": logical_at, "ids": id_array(ids)}))


def accruing_after(tx: Connection, cycle: Cycle, after: int, limit: int) -> list[int]:
    """The next accounts, by id, whose bill of the cycle accrues."""
    return list(tx.scalars(_AFTER, {"cycle": cycle, "after": after, "limit": limit}))


def finish_range(tx: Connection, part: ClaimedRange, report: Report) -> None:
    """Marks the range done with what it came to."""
    tx.execute(
        _DONE, {"run_id": part.run_id, "range_no": part.range_no, "report": json.dumps(report.as_json())}
    )


def split_range(tx: Connection, part: ClaimedRange, ids: Sequence[int]) -> bool:
    """Cuts a range that failed in two halves, so that the account at fault ends up alone. False when it is alone.

    `ids` are the accounts of the range that are still to be worked on, ascending.
    """
    tx.execute(_LOCK_RUN, {"run_id": part.run_id})
    if len(ids) < 2:
        return False
    half = len(ids) // 2
    parameters = {
        "run_id": part.run_id,
        "range_no": part.range_no,
        "last": ids[half - 1],
        "accounts": half,
        "next_first": ids[half],
        "next_last": part.last_account_id,
        "next_accounts": len(ids) - half,
    }
    if tx.execute(_SHRINK, parameters).rowcount:
        tx.execute(_APPEND, parameters)
    return True


def note_range_failure(tx: Connection, part: ClaimedRange, *, most: int, reason: str) -> None:
    """Counts a failed attempt; after `most` the range is set aside as failed and the others go on."""
    tx.execute(_FAILED, {"run_id": part.run_id, "range_no": part.range_no, "most": most, "reason": reason})


def set_paused(tx: Connection, run_id: int, *, paused: bool) -> bool:
    """Pauses or resumes a run; resuming also gives its failed ranges another chance. False if it was not so before."""
    if not paused:
        tx.execute(_RETRY, {"run_id": run_id})
        tx.execute(_REOPEN_IF_WAITING, {"run_id": run_id})
    before, after = ("running", "paused") if paused else ("paused", "running")
    return tx.scalar(_SET_STATE, {"run_id": run_id, "state": after, "before": before}) is not None
