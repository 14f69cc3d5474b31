"""A unified settlement of many bills, listed and paid, beside hand-made SQL that writes the same rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench.events.doors import event
from bench.place.place import Place
from bench.place.usage import cpu_seconds, spared_by_the_collector
from settlement.model.policies.policy import Policy
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events

MAIN, NAME = "head-office", "october"
_HANDMADE = Path(__file__).with_name("unified.sql").read_text("utf-8")
# Everything that the run leaves behind, in an order of its own.
_LEFT = """
    SELECT (SELECT sum(hashtextextended(CAST(r AS text), 0)) FROM repayment r),
           (SELECT sum(hashtextextended(CAST(l AS text), 0)) FROM repayment_line l),
           (SELECT sum(hashtextextended(account_id || debit::text || debit_ref || credit::text || credit_ref
                                        || amount_minor || cause || posted_at, 0)) FROM ledger_transfer),
           (SELECT sum(hashtextextended(account_id || state::text || paid_minor || settled_at, 0)) FROM bill),
           (SELECT sum(hashtextextended(account_id || CAST(payload AS text) || correlation_id, 0)) FROM outbox
            WHERE topic = 'bill.settled'),
           (SELECT sum(hashtextextended(CAST(u AS text), 0)) FROM unified_line u),
           (SELECT sum(cash_minor) FROM account), (SELECT count(*) FROM write_off_hold),
           (SELECT string_agg(state || '/' || rounds, ' ') FROM unified_settlement)"""


class Took(NamedTuple):
    """Seconds by the clock, and of CPU time: of this process, and of the session that did the work."""

    seconds: float
    client_s: float
    session_s: float


def measure(place: Place, bills: int, *, repeats: int) -> dict[str, Any]:
    """Seconds to list and to pay `bills` bills, each of another member, and of the SQL, on fresh copies.

    Raises:
        AssertionError: the two leave different rows behind.
    """
    listed, paid, handmade = [], [], []
    with spared_by_the_collector(), place.server.database("unified") as empty:
        names = _load(place, empty, bills)
        for number in range(repeats):
            with place.server.database(f"unified_{number}", template=empty) as template:
                listed.append(_list(place, template, names))
                place.server.settle_down(template)
                with place.server.database(f"unified_{number}_event", template=template) as name:
                    paid.append(_pay(place, name))
                    left, at = _left(place, name), _run_at(place, name)
                with place.server.database(f"unified_{number}_sql", template=template) as name:
                    handmade.append(_by_hand(place, name, at))
                    if _left(place, name) != left:
                        raise AssertionError("the two sides do not leave the same rows behind")
    return _result(bills, listed, paid, handmade) | (_cpu(paid, handmade) if place.server.embedded else {})


def _result(
    bills: int, listed: Sequence[Took], paid: Sequence[Took], handmade: Sequence[Took]
) -> dict[str, Any]:
    ratios = [one.seconds / other.seconds for one, other in zip(paid, handmade, strict=True)]
    return {
        "bills": bills,
        "repeats": len(paid),
        "list_s": round(statistics.median(one.seconds for one in listed), 2),
        "pay_s": round(statistics.median(one.seconds for one in paid), 2),
        "pay_worst_s": round(max(one.seconds for one in paid), 2),
        # Of this process alone; the database has its own.
        "pay_cpu_s": round(statistics.median(one.client_s for one in paid), 2),
        "handmade_s": round(statistics.median(one.seconds for one in handmade), 2),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_worst": round(max(ratios), 2),
    }


def _cpu(paid: Sequence[Took], handmade: Sequence[Took]) -> dict[str, Any]:
    """CPU time of client and session together, where the session's can be read."""
    ratios = [
        (one.client_s + one.session_s) / max(other.client_s + other.session_s, 0.01)
        for one, other in zip(paid, handmade, strict=True)
    ]
    return {
        "pay_session_cpu_s": round(statistics.median(one.session_s for one in paid), 2),
        "handmade_cpu_s": round(statistics.median(one.client_s + one.session_s for one in handmade), 2),
        "cpu_ratio_median": round(statistics.median(ratios), 2),
    }


def _load(place: Place, name: str, bills: int) -> list[str]:
    """A main account with enough cash, and members that owe a bill each. Returns the members' names."""
    with psycopg.connect(place.server.admin_url(name)) as connection:
        connection.execute(
            """INSERT INTO account (id, external_id, currency, cash_minor, opened_at,
                   funds_since)
               SELECT n, CASE n WHEN 1 THEN %(main)s ELSE 'm-' || n END, 'USD',
                      CASE n WHEN 1 THEN CAST(1e14 AS bigint) ELSE 0 END, '2026-08-01',
                      CASE n WHEN 1 THEN CAST('2026-08-01' AS timestamptz) END
               FROM generate_series(1, %(bills)s + 1) AS n""",
            {"main": MAIN, "bills": bills},
        )
        connection.execute(
            """INSERT INTO bill (account_id, cycle, currency, state, accrued, payable_minor, dropped, carried_out,
                   issued_at)
               SELECT n, 202609, 'USD', 'unsettled', n, n * 100, 0, 0, '2026-10-02 04:00+00'
               FROM generate_series(2, %s + 1) AS n""",
            [bills],
        )
        connection.execute(
            """INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at, valid_at)
               SELECT n, 1, n, 'valid', '2026-08-01', '2026-08-01' FROM generate_series(2, %s + 1) AS n""",
            [bills],
        )
    place.server.settle_down(name)
    return [f"m-{n}" for n in range(2, bills + 2)]


def _list(place: Place, name: str, members: Sequence[str]) -> Took:
    data = {"settlement": NAME, "accounts": list(members), "cycles": ["2026-09"]}
    return _booked(place, name, "unified_settlement_created", data)


def _pay(place: Place, name: str) -> Took:
    return _booked(place, name, "unified_settlement_run", {"settlement": NAME})


def _booked(place: Place, name: str, event_type: str, data: dict[str, Any]) -> Took:
    """From receiving the event to its commit, in this process, as a worker does it."""
    message = event(event_type, event_type, MAIN, data)
    with place.store(name) as store:
        with store.transaction() as tx:
            # So that there is a session whose CPU time can be read.
            tx.exec_driver_sql("SELECT 1")
        sessions = place.server.backends(name)
        began, before, client = time.perf_counter(), cpu_seconds(sessions), time.process_time()
        receive_events(store, [message], ingress="bench")
        done = drain_all(store, clock=lambda: datetime.now(UTC), policy=Policy(), limits=DrainLimits())
        took = Took(time.perf_counter() - began, time.process_time() - client, cpu_seconds(sessions) - before)
    if done.refused or done.events != 1:
        raise AssertionError(f"{event_type} was not booked")
    return took


def _run_at(place: Place, name: str) -> datetime:
    """When the event has paid: no earlier than it came, so that the SQL is told."""
    with psycopg.connect(place.server.admin_url(name)) as connection:
        row = connection.execute("SELECT run_at FROM unified_settlement").fetchone()
    if row is None or row[0] is None:
        raise AssertionError("nothing was run")
    return datetime.fromisoformat(row[0].isoformat())


def _by_hand(place: Place, name: str, at: datetime) -> Took:
    with psycopg.connect(place.server.worker_url(name)) as connection:
        row = connection.execute("SELECT id FROM unified_settlement").fetchone()
        statements = _HANDMADE.replace(":settlement", str(row[0] if row else 0)).replace(
            ":at", f"'{at.isoformat()}'"
        )
        sessions = place.server.backends(name)
        began, before, client = time.perf_counter(), cpu_seconds(sessions), time.process_time()
        connection.execute(statements)
        connection.commit()
        return Took(time.perf_counter() - began, time.process_time() - client, cpu_seconds(sessions) - before)


def _left(place: Place, name: str) -> tuple[Any, ...] | None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        return connection.execute(_LEFT).fetchone()
