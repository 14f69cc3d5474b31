"""Finding the accounts over their threshold among very many, beside fetching the same rows by primary key."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Connection, bindparam, text

from bench.place.place import Place
from settlement.storage.sql.arrays import id_array
from settlement.storage.store import Store
from settlement.storage.work import collection

# One account in so many is over the line, spread evenly: the unkindest layout, every row on a page of its own.
ONE_IN = 1000
_BY_KEY = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.account_id = ANY(:ids) ORDER BY c.account_id""").bindparams(bindparam("ids"))
# What a look at all accounts would cost: the condition, kept from the index.
_ALL = text("""
    SELECT c.account_id FROM collecting c JOIN account a ON a.id = c.account_id AND a.parked_at IS NULL
    WHERE c.uncollected_minor + 0 >= c.threshold_minor ORDER BY c.account_id""")


def measure(place: Place, accounts: int, *, repeats: int) -> dict[str, Any]:
    """Milliseconds of the three queries, turn by turn in one session, and their ratios; medians."""
    with place.server.database("threshold") as name:
        _load(place, name, accounts)
        with place.store(name) as store:
            return _result(accounts, *_turns(store, accounts // ONE_IN, repeats))


def _load(place: Place, name: str, accounts: int) -> None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        connection.execute(
            """INSERT INTO account (id, external_id, currency, opened_at)
               SELECT n, 'acct-' || n, 'USD', '2026-08-01' FROM generate_series(1, %s) AS n""",
            [accounts],
        )
        connection.execute(
            """INSERT INTO collecting (account_id, uncollected_minor, threshold_minor)
               SELECT n, CASE WHEN n %% %s = 0 THEN 100000 ELSE n %% 100000 END, 100000
               FROM generate_series(1, %s) AS n""",
            [ONE_IN, accounts],
        )
    place.server.settle_down(name)


def _turns(store: Store, over: int, repeats: int) -> tuple[list[float], list[float], list[float]]:
    with store.transaction() as tx:
        ids = collection.reached(tx, after=0, limit=over + 1).account_ids
        if len(ids) != over:
            raise AssertionError(f"{len(ids)} accounts were found, {over} are over the line")
        wanted = {"ids": id_array(ids)}

        def by_index(tx: Connection) -> list[int]:
            return collection.reached(tx, after=0, limit=over + 1).account_ids

        def by_key(tx: Connection) -> list[int]:
            return list(tx.scalars(_BY_KEY, wanted))

        def scan(tx: Connection) -> list[int]:
            return list(tx.scalars(_ALL))

        indexed, keyed, scanned = [], [], []
        for number in range(repeats):
            indexed.append(_ms(tx, by_index, ids))
            keyed.append(_ms(tx, by_key, ids))
            # Slow, and only there to compare with.
            if number < 5:
                scanned.append(_ms(tx, scan, ids))
    return indexed, keyed, scanned


def _ms(tx: Connection, query: Callable[[Connection], list[int]], expected: list[int]) -> float:
    began = time.perf_counter()
    found = query(tx)
    took_ms = (time.perf_counter() - began) * 1000
    if found != expected:
        raise AssertionError("the queries do not find the same accounts")
    return took_ms


def _result(accounts: int, indexed: list[float], keyed: list[float], scanned: list[float]) -> dict[str, Any]:
    ratios = [one / other for one, other in zip(indexed, keyed, strict=True)]
    return {
        "accounts": accounts,
        "over": accounts // ONE_IN,
        "repeats": len(indexed),
        "by_index_ms": round(statistics.median(indexed), 3),
        "by_key_ms": round(statistics.median(keyed), 3),
        "looking_at_all_ms": round(statistics.median(scanned), 1),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_worst": round(max(ratios), 2),
    }
