"""The audit over a closed month: bills of it, of the open one and some of the one before, each with its past."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.month_close.data import ISSUED_AT, Mix
from bench.month_close.measure import close_by_workers
from bench.place.place import Place
from config.settings import load_settings
from settlement.operations.reports.audit import AuditReport, audit
from settlement.storage.store import Store
from worker.policies.policy import policy_of

_PAST = Path(__file__).with_name("audit.sql")
# `Mix`: each account has a bill of the month, 90 % one of the open month, 10 % one of the month before.
BILLS_PER_ACCOUNT = 2


def measure(place: Place, bills: int, *, repeats: int, seed: int) -> dict[str, Any]:
    """Seconds of the audit over about `bills` bills, and what its slowest checks took; the median run of several.

    Raises:
        AssertionError: the audit found something, so what was timed is not an audit of books in order.
    """
    accounts = bills // BILLS_PER_ACCOUNT
    with place.loaded("audit", accounts, seed=seed, mix=Mix()) as name:
        with (
            psycopg.connect(place.server.admin_url(name)) as connection,
            place.progress.bar(f"{accounts:,} accounts: their past", None),
        ):
            connection.execute("SET session_replication_role = replica")
            connection.execute(_PAST.read_text())
        place.server.settle_down(name)
        close_by_workers(
            place, name, accounts, load_settings().limits.range_size, f"{accounts:,} accounts: close"
        )
        place.server.settle_down(name)
        with place.store(name) as store:
            runs = [_timed(store) for _ in range(repeats)]
    seconds = [took_s for took_s, _ in runs]
    report = min(runs, key=lambda run: abs(run[0] - statistics.median(seconds)))[1]
    slowest = sorted(report.checks, key=lambda check: check.took_s, reverse=True)
    return {
        "bills": report.sizes.bills,
        "accounts": report.sizes.accounts,
        "fees": report.sizes.fees,
        "entries": report.sizes.entries,
        "events": report.sizes.events,
        "checks": len(report.checks),
        "sessions": load_settings().limits.audit_sessions,
        "seconds": [round(took_s, 2) for took_s in seconds],
        "seconds_median": round(statistics.median(seconds), 2),
        "slowest_s": {check.name: round(check.took_s, 2) for check in slowest[:5]},
    }


def _timed(store: Store) -> tuple[float, AuditReport]:
    given = load_settings()
    began = time.perf_counter()
    report = audit(
        store,
        at=ISSUED_AT + timedelta(hours=1),
        policy=policy_of(given),
        sessions=given.limits.audit_sessions,
    )
    took_s = time.perf_counter() - began
    if report.violations:
        found = {check.name: check.violations for check in report.checks if check.violations}
        raise AssertionError(f"the books of the benchmark are not in order: {found}")
    return took_s, report
