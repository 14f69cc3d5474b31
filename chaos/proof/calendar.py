"""Every instant at which something was owed, by an idea of the calendar of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import psycopg

from chaos.proof.verdict import Verdict

ZONE = timedelta(hours=8)


def check_calendar(connection: psycopg.Connection, verdict: Verdict) -> None:
    """Between the start of the system and where its clock stands, every instant has its slot, and no other has one."""
    now: datetime = connection.execute("SELECT now_at FROM test_clock").fetchone()[0]  # type: ignore[index]
    found: dict[str, list[datetime]] = defaultdict(list)
    for job, instant in connection.execute("SELECT job, logical_at FROM schedule_slot ORDER BY 1, 2"):
        found[job].append(instant)
    first = connection.execute("SELECT min(cycle) FROM bill").fetchone()[0]  # type: ignore[index]
    for job in ("month_end_sweep", "month_close"):
        owed = [instant for instant in _monthly(first, job, now) if instant <= now]
        verdict.fault(f"no {job} was missed", [str(one) for one in owed if one not in found[job]])
        verdict.fault(f"no {job} was at a wrong instant", [str(one) for one in found[job] if one not in owed])
    days = found["daily_check"]
    if not days:
        verdict.fault("no daily check was missed", ["all of them"])
        return
    expected = []
    day = days[0]
    while day <= now:
        expected.append(day)
        day += timedelta(days=1)
    verdict.fault("no daily check was missed", [str(one) for one in expected if one not in days])
    verdict.fault("no daily check was at a wrong instant", [str(one) for one in days if one not in expected])
    overdue = connection.execute(
        "SELECT account_id, cycle FROM bill WHERE state = 'accruing' AND cycle < %s", [_last_issued(now)]
    ).fetchall()
    verdict.fault("every bill that is due was issued", overdue)


def _monthly(first: int, job: str, until: datetime) -> Iterable[datetime]:
    year, month = divmod(first, 100)
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        begin = datetime(year, month, 1, tzinfo=UTC) - ZONE
        if begin > until + timedelta(days=40):
            return
        yield begin - timedelta(hours=1) if job == "month_end_sweep" else begin + timedelta(days=1, hours=12)


def _last_issued(now: datetime) -> int:
    """The first cycle whose bills need not be issued yet, YYYYMM."""
    local = now + ZONE
    year, month = local.year, local.month
    if (local.day, local.hour) < (2, 12):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return year * 100 + month
