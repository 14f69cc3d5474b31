"""The daily check of very many overdue bills, beside one hand-made statement that marks and announces them all."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import event

from bench.place.place import Place
from settlement.model.policies.credit import CreditPolicy
from settlement.model.policies.policy import Policy
from settlement.model.runs import DAILY_CHECK
from settlement.model.terms import PROVISIONAL
from settlement.operations.schedule.daily_check import check_days
from settlement.storage.store import Store
from settlement.storage.work import slots

# The bills were due on the day before; the check runs when that day has ended.
_CHECKED_AT = datetime(2026, 11, 2, tzinfo=UTC)
_POLICY = Policy(zone=UTC, credit=CreditPolicy(remind_before_days=(), remind_after_days=()))
# What the check writes, in one statement and one transaction, with every row of it the same.
_HANDMADE = """
    WITH b AS (
        UPDATE bill SET overdue_at = %(at)s
        WHERE state = 'unsettled' AND due_on < %(day)s AND overdue_at IS NULL
        RETURNING account_id, cycle, currency, payable_minor, paid_minor, due_on, due_rule)
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
    SELECT b.account_id, 'bill.overdue', jsonb_build_object(
        'account', a.external_id, 'cycle', left(CAST(b.cycle AS text), 4) || '-' || right(CAST(b.cycle AS text), 2),
        'currency', b.currency,
        'outstanding',
        CAST(round((b.payable_minor - b.paid_minor) / CAST(10 AS numeric) ^ c.exponent, c.exponent) AS text),
        'due_on', b.due_on, 'days', CAST(%(day)s AS date) - b.due_on,
        'due_provisional', coalesce(strpos(b.due_rule, %(provisional)s) > 0, false)),
        'account:' || a.external_id, %(at)s
    FROM b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL JOIN currency c ON c.code = b.currency
    ORDER BY b.account_id, b.cycle"""
_ANNOUNCED = """
    SELECT count(*), sum(hashtextextended(account_id || topic || CAST(payload AS text) || correlation_id, 0))
    FROM outbox"""


def measure(place: Place, bills: int, *, repeats: int) -> dict[str, Any]:
    """Seconds of both, each on a fresh copy of the same database, with the number of statements of the check."""
    ours, handmade, again, sent = [], [], [], 0
    with place.server.database("overdue") as template:
        _load(place, template, bills)
        for number in range(repeats):
            copy = place.server.database(f"overdue_{number}_check", template=template)
            with copy as name, place.store(name) as store:
                took_s, sent = _check(store, _CHECKED_AT)
                ours.append(took_s)
                written = _announced(place, name)
                # The next day finds them marked.
                again.append(_check(store, _CHECKED_AT + timedelta(days=1))[0])
            with place.server.database(f"overdue_{number}_sql", template=template) as name:
                handmade.append(_by_hand(place, name))
                if _announced(place, name) != written:
                    raise AssertionError("the two sides do not announce the same")
    ratios = [one / other for one, other in zip(ours, handmade, strict=True)]
    return {
        "bills": bills,
        "repeats": repeats,
        "statements": sent,
        "check_s": round(statistics.median(ours), 2),
        "handmade_s": round(statistics.median(handmade), 2),
        "next_day_s": round(statistics.median(again), 2),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_worst": round(max(ratios), 2),
    }


def _load(place: Place, name: str, bills: int) -> None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        connection.execute(
            """INSERT INTO account (id, external_id, currency, credit_control, opened_at)
               SELECT n, 'acct-' || n, 'USD', true, '2026-08-01' FROM generate_series(1, %s) AS n""",
            [bills],
        )
        connection.execute(
            """INSERT INTO bill (account_id, cycle, currency, state, accrued, payable_minor, dropped, carried_out,
                   issued_at, due_on, due_rule)
               SELECT n, 202609, 'USD', 'unsettled', n %% 100000 + 1, (n %% 100000 + 1) * 100, 0, 0,
                   '2026-10-02 12:00+00', '2026-11-01', 'monthly, 30 calendar days'
               FROM generate_series(1, %s) AS n""",
            [bills],
        )
    place.server.settle_down(name)


def _check(store: Store, at: datetime) -> tuple[float, int]:
    """Seconds and statements of one day's check."""
    with store.transaction() as tx:
        slots.notice(tx, DAILY_CHECK, [at], at=at)
    sent = 0

    def count(*_: object) -> None:
        nonlocal sent
        sent += 1

    event.listen(store.engine, "before_cursor_execute", count)
    began = time.perf_counter()
    check_days(store, at=at, policy=_POLICY)
    took_s = time.perf_counter() - began
    event.remove(store.engine, "before_cursor_execute", count)
    return took_s, sent


def _by_hand(place: Place, name: str) -> float:
    with psycopg.connect(place.server.worker_url(name)) as connection:
        began = time.perf_counter()
        connection.execute(
            _HANDMADE, {"at": _CHECKED_AT, "day": _CHECKED_AT.date(), "provisional": PROVISIONAL}
        )
        connection.commit()
        return time.perf_counter() - began


def _announced(place: Place, name: str) -> tuple[Any, ...] | None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        return connection.execute(_ANNOUNCED).fetchone()
