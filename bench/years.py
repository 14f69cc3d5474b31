"""Months after months of fees, closes and payments, written out as they are over, beside the same without archives.

What one month costs is CPU time of this process and of PostgreSQL for it, since other work stretches the clock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.place.place import Place
from bench.place.usage import cpu_seconds
from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.policies.policy import Policy
from settlement.operations.archive.months import archive_before
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events
from settlement.operations.reports.audit import audit
from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.operations.schedule.runs import work_run
from settlement.storage.store import Store
from settlement.storage.work import test_clock

_POLICY = Policy(zone=UTC)
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 2_000
# What grows with each month that is not written out; the rest of the database is a row or two for an account.
_TABLES = ("fee", "inbox", "outbox", "bill", "bill_line", "repayment", "repayment_line", "ledger_transfer",
           "archived_fee_keys", "archived_event", "archived_name", "archived_ledger", "archive")  # fmt: skip
_SIZE = """
    SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relname = %s OR c.oid IN (
        SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s))"""


@dataclass(slots=True)
class _Story:
    """One database that lives through the months; nothing is written out where there is no `folder`."""

    place: Place
    database: str
    store: Store
    accounts: int
    events: int
    fees: int
    folder: Path | None
    _now: datetime = _FIRST

    def month(self, start: datetime) -> dict[str, Any]:
        """Fees and a top-up for each account, then the close, then what is over is written out."""
        after = _next(start)
        self._at(start + timedelta(days=14))
        self._send(lambda n: _top_up(n, start))
        for event in range(self.events):
            self._send(lambda n, event=event: _fees(n, start, event, self.fees))  # type: ignore[misc]
        issued = after + timedelta(days=1, hours=12)
        self._at(issued)
        cpu = self._cpu(lambda: self._close(cycle_of(start, UTC), issued))
        archived = 0.0 if self.folder is None else self._write_out(self.folder, cycle_of(start, UTC), issued)
        self._vacuum()
        return {
            "month": cycle_of(start, UTC),
            "close_us_per_bill": round(cpu / self.accounts * 1e6, 1),
            "archive_us_per_bill": round(archived / self.accounts * 1e6, 1),
            "mb": {table: round(self._size(table) / 2**20, 2) for table in _TABLES},
        }

    def open(self) -> None:
        """The accounts, each with enough for what comes."""
        self._at(_FIRST)
        self._send(
            lambda n: _event("account_opened", n, "open", {"currency": "USD", "opening_cash": "10.00"})
        )

    def repeated(self, start: datetime) -> int:
        """How many events of a month are taken anew when all are sent again."""
        again = (
            _fees(n, start, event, self.fees) for n in range(self.accounts) for event in range(self.events)
        )
        return receive_events(self.store, list(again), ingress="stream").accepted

    def faults(self, at: datetime) -> int:
        """What the audit finds wrong."""
        return audit(self.store, at=at, policy=_POLICY).violations

    def _send(self, event: Callable[[int], dict[str, Any]]) -> None:
        for first in range(0, self.accounts, _AT_ONCE):
            messages = [event(n) for n in range(first, min(first + _AT_ONCE, self.accounts))]
            receive_events(self.store, messages, ingress="stream")
            drained = drain_all(self.store, clock=lambda: self._now, policy=_POLICY, limits=DrainLimits())
            if drained.events != len(messages) or drained.refused:
                raise AssertionError(f"{drained} of {len(messages)} events")

    def _at(self, at: datetime) -> None:
        self._now = at
        with self.store.transaction() as tx:
            test_clock.move(tx, at)

    def _close(self, cycle: Cycle, at: datetime) -> None:
        limits = MonthCloseLimits()
        run, _ = start_month_close(self.store, cycle, at=at, policy=_POLICY, limits=limits)
        if not work_run(self.store, run, policy=_POLICY, limits=limits):
            raise AssertionError(f"the month close of {cycle} is not done")

    def _write_out(self, folder: Path, cycle: Cycle, at: datetime) -> float:
        """The month before the one that was closed: it was settled before the closed one ended. CPU seconds."""
        owner = Store(self.place.server.owner_url(self.database), pool_size=1, statement_timeout_s=600)
        with owner.transaction() as tx:
            tx.exec_driver_sql("UPDATE outbox SET published_at = created_at WHERE published_at IS NULL")
        before = next_cycle(cycle)
        cpu = self._cpu(lambda: archive_before(owner, folder, before, at=at, policy=_POLICY))
        owner.close()
        return cpu

    def _vacuum(self) -> None:
        with psycopg.connect(self.place.server.admin_url(self.database), autocommit=True) as connection:
            for table in _TABLES:
                connection.execute(f"VACUUM (ANALYZE) {table}".encode())

    def _size(self, table: str) -> int:
        with psycopg.connect(self.place.server.admin_url(self.database)) as connection:
            row = connection.execute(_SIZE, [table, table]).fetchone()
        return int(row[0] or 0) if row else 0

    def _cpu(self, work: Callable[[], object]) -> float:
        """CPU seconds of this process and of the sessions that it has when the work is done."""
        before = cpu_seconds({os.getpid(), *self.place.server.backends(self.database)})
        work()
        return cpu_seconds({os.getpid(), *self.place.server.backends(self.database)}) - before


def measure(place: Place, accounts: int, months: int, *, events: int, fees: int) -> dict[str, Any]:
    """Size and cost month by month, with archives and without; with them what the audit found and what came twice."""
    found: dict[str, Any] = {
        "accounts": accounts, "months": months, "events_per_month": events, "fees_per_event": fees,
    }  # fmt: skip
    folder = place.folder / "archives"
    folder.mkdir()
    for name, into in (("with", folder), ("without", None)):
        with place.server.database(f"years_{name}") as database, place.store(database) as store:
            story = _Story(place, database, store, accounts, events, fees, into)
            story.open()
            start, lived = _FIRST, []
            with place.progress.bar(
                f"{months} months of {accounts:,} accounts, {name} archives", months
            ) as advance:
                for _ in range(months):
                    lived.append(story.month(start))
                    start = _next(start)
                    advance(1)
            found[name] = lived
            if into is not None:
                found["violations"] = story.faults(start + timedelta(days=2))
                found["accepted_again"] = story.repeated(_FIRST)
                found["files_mb"] = round(sum(one.stat().st_size for one in into.iterdir()) / 2**20, 2)
    return found


def _event(kind: str, account: int, event_id: str, data: dict[str, Any]) -> dict[str, Any]:
    name = f"acct-{account}"
    return {
        "source": "bench",
        "event_id": f"{kind}:{name}:{event_id}",
        "type": kind,
        "account": name,
        "data": data,
    }


def _top_up(account: int, start: datetime) -> dict[str, Any]:
    return _event("top_up", account, f"{start:%Y%m}", {"amount": "50.00", "currency": "USD"})


def _fees(account: int, start: datetime, number: int, fees: int) -> dict[str, Any]:
    return _event("fees", account, f"{start:%Y%m}-{number}", {"fees": [
        {"id": f"{start:%Y%m}-{number}-{at}", "amount": f"0.{account % 900 + 100}{at}", "currency": "USD",
         "product": f"product-{at % 4}", "incurred_at": f"{start:%Y-%m}-{number % 27 + 1:02}T{at % 24:02}:00:00Z"}
        for at in range(fees)
    ]})  # fmt: skip


def _next(start: datetime) -> datetime:
    return (start + timedelta(days=31)).replace(day=1)
