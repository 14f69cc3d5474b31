"""A unified settlement of many bills, listed and paid, beside hand-made SQL that writes the same rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.events.doors import event
from bench.place.place import Place
from settlement.model.policies.policy import Policy
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events

MAIN, NAME = "head-office", "october"
_AT = datetime(2026, 11, 5, tzinfo=UTC)
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


def measure(place: Place, bills: int, *, repeats: int) -> dict[str, Any]:
    """Seconds to list and to pay `bills` bills, each of another member, and of the SQL, on fresh copies."""
    listed, paid, cpu, handmade = [], [], [], []
    with place.server.database("unified") as empty:
        names = _load(place, empty, bills)
        for number in range(repeats):
            with place.server.database(f"unified_{number}", template=empty) as template:
                listed.append(_list(place, template, names))
                place.server.settle_down(template)
                with place.server.database(f"unified_{number}_event", template=template) as name:
                    before = time.process_time()
                    paid.append(_pay(place, name))
                    cpu.append(time.process_time() - before)
                    left = _left(place, name)
                with place.server.database(f"unified_{number}_sql", template=template) as name:
                    handmade.append(_by_hand(place, name))
                    if _left(place, name) != left:
                        raise AssertionError("the two sides do not leave the same rows behind")
    ratios = [one / other for one, other in zip(paid, handmade, strict=True)]
    return {
        "bills": bills,
        "repeats": repeats,
        "list_s": round(statistics.median(listed), 2),
        "pay_s": round(statistics.median(paid), 2),
        "pay_worst_s": round(max(paid), 2),
        # Of this process alone; the database has its own.
        "pay_cpu_s": round(statistics.median(cpu), 2),
        "handmade_s": round(statistics.median(handmade), 2),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_worst": round(max(ratios), 2),
    }


def _load(place: Place, name: str, bills: int) -> list[str]:
    """A main account with enough cash, and members that owe a bill each. Returns the members' names."""
    with psycopg.connect(place.server.admin_url(name)) as connection:
        connection.execute(
            """INSERT INTO account (id, external_id, currency, cash_minor, opened_at)
               SELECT n, CASE n WHEN 1 THEN %(main)s ELSE 'm-' || n END, 'USD',
                      CASE n WHEN 1 THEN CAST(1e14 AS bigint) ELSE 0 END, '2026-08-01'
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


def _list(place: Place, name: str, members: Sequence[str]) -> float:
    data = {"settlement": NAME, "accounts": list(members), "cycles": ["2026-09"]}
    return _booked(place, name, "unified_settlement_created", data)


def _pay(place: Place, name: str) -> float:
    return _booked(place, name, "unified_settlement_run", {"settlement": NAME})


def _booked(place: Place, name: str, event_type: str, data: dict[str, Any]) -> float:
    """Seconds from receiving the event to its commit, in this process, as a worker does it."""
    message = event(event_type, event_type, MAIN, data)
    with place.store(name) as store:
        began = time.perf_counter()
        receive_events(store, [message], ingress="bench")
        done = drain_all(store, clock=lambda: _AT, policy=Policy(), limits=DrainLimits())
        took_s = time.perf_counter() - began
    if done.refused or done.events != 1:
        raise AssertionError(f"{event_type} was not booked")
    return took_s


def _by_hand(place: Place, name: str) -> float:
    with psycopg.connect(place.server.worker_url(name)) as connection:
        row = connection.execute("SELECT id FROM unified_settlement").fetchone()
        statements = _HANDMADE.replace(":settlement", str(row[0] if row else 0)).replace(
            ":at", f"'{_AT.isoformat()}'"
        )
        began = time.perf_counter()
        connection.execute(statements)
        connection.commit()
        return time.perf_counter() - began


def _left(place: Place, name: str) -> tuple[Any, ...] | None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        return connection.execute(_LEFT).fetchone()
