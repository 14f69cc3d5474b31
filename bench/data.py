"""The data of the month close benchmark: seeded accounts with bills, cards and refunds, written by COPY.

Every branch of the write-off is taken by some account; most accounts simply pay from their balance.
The opening ledger is written too, so that balances equal the sum of their transfers from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import psycopg
from psycopg import errors

CYCLE, CYCLE_BEFORE, CYCLE_AFTER = 202610, 202609, 202611
# 12:00 on the 2nd in Asia/Shanghai: the instant at which the bills of CYCLE are issued.
ISSUED_AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
_OPENED = "2026-08-01 00:00:00+00"
_ISSUED_BEFORE = "2026-10-02 04:00:00+00"
_CHUNK = 10_000
_CURRENCIES = (("USD", 2), ("USD", 2), ("USD", 2), ("USD", 2), ("USD", 2), ("CNY", 2), ("EUR", 2), ("JPY", 0))
_PRODUCTS = ("compute", "storage", "database", "network", "cdn")
# Fees carry ten decimal places.
_PLACES = 10
_UNIT = 10**_PLACES


@dataclass(frozen=True, slots=True)
class Mix:
    """Which share of the accounts has what."""

    without_money: float = 0.10
    short_of_money: float = 0.05
    credit_control: float = 0.10
    frozen: float = 0.02
    switch_off: float = 0.01
    held: float = 0.01
    parked: float = 0.0005
    cards: float = 0.10
    refunds: float = 0.05
    unsettled_before: float = 0.10
    # Accounts that already have fees of the month in which the bills are issued.
    open_cycle: float = 0.90
    credit_balance: float = 0.01
    carried_in: float = 0.02


_COLUMNS = {
    "account": "id, external_id, currency, cash_minor, credit_limit_minor, frozen_minor, credit_control, "
    "auto_write_off_enabled, write_off_past_bills, opened_at, parked_at, parked_reason",
    "write_off_hold": "account_id, reason, ref, held_at",
    "bill": "account_id, cycle, currency, state, accrued, carried_in, payable_minor, dropped, carried_out, "
    "paid_minor, issued_at",
    "bill_line": "account_id, cycle, product, order_id, single_month, accrued",
    "stored_value_card": "id, account_id, external_id, balance_minor, valid_from, valid_until, products, orders, "
    "granted_at",
    "credit_refund": "id, account_id, cycle, remaining_minor, granted_at",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at",
}


@dataclass(slots=True)
class _Tables:
    """COPY lines by table."""

    rows: dict[str, list[str]] = field(default_factory=lambda: {table: [] for table in _COLUMNS})

    def add(self, table: str, *values: object) -> None:
        self.rows[table].append(
            "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"
        )


def load_data(
    connection: psycopg.Connection,
    accounts: int,
    *,
    seed: int = 1,
    mix: Mix = Mix(),
    on_progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Fills a migrated, empty database with `accounts` accounts, whose ids are 1 to `accounts`.

    The connection needs the owner's rights and is to be closed afterwards: where the server lets us, it skips the
    checks of foreign keys.
    """
    try:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
    except errors.InsufficientPrivilege:
        connection.rollback()
    random = Random(seed)
    for first in range(1, accounts + 1, _CHUNK):
        last = min(first + _CHUNK - 1, accounts)
        tables = _Tables()
        for account_id in range(first, last + 1):
            _account(tables, random, account_id, mix)
        for table, lines in tables.rows.items():
            with connection.cursor().copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                copy.write("".join(lines))
        connection.commit()
        on_progress(last - first + 1)


def _account(tables: _Tables, random: Random, account_id: int, mix: Mix) -> None:
    currency, exponent = random.choice(_CURRENCIES)
    has = {name: random.random() < share for name, share in _shares(mix)}
    accrued = _bill(tables, random, account_id, CYCLE, currency, has)
    typical = max(1, accrued * 10**exponent // _UNIT)
    if has["unsettled_before"]:
        _bill_before(tables, random, account_id, currency, exponent)
    if has["open_cycle"]:
        _bill(tables, random, account_id, CYCLE_AFTER, currency, {}, divisor=20)
    cash = _cash(random, typical, has)
    limit = random.randint(1, 3) * typical if has["credit_control"] else 0
    frozen = random.randint(0, typical) if has["frozen"] else 0
    past = has["credit_control"] and account_id % 2 == 0
    tables.add(
        "account", account_id, f"acct-{account_id:08d}", currency, cash, limit, frozen, has["credit_control"],
        not has["switch_off"], past, _OPENED, _OPENED if has["parked"] else None,
        "figures did not add up" if has["parked"] else None,
    )  # fmt: skip
    if cash:
        _transfer(tables, account_id, "opening", 0, "cash", 0, cash, currency, _OPENED)
    if has["held"]:
        tables.add("write_off_hold", account_id, "operator", "", _OPENED)
    if has["cards"]:
        # One each: on which lines several cards are counted is a rule of its own, and no yardstick repeats it.
        _card(tables, random, account_id, 0, typical, currency)
    if has["refunds"]:
        for number in range(1 if random.random() < 0.8 else 2):
            _refund(tables, random, account_id, number, typical, currency)


def _shares(mix: Mix) -> Iterator[tuple[str, float]]:
    for name in Mix.__dataclass_fields__:
        yield name, getattr(mix, name)


def _cash(random: Random, typical: int, has: dict[str, bool]) -> int:
    if has["without_money"]:
        return 0
    if has["short_of_money"]:
        return random.randint(1, typical)
    return typical * random.randint(2, 4) + random.randint(0, 10_000)


def _decimal(units: int) -> str:
    sign = "-" if units < 0 else ""
    return f"{sign}{abs(units) // _UNIT}.{abs(units) % _UNIT:010d}"


def _bill(
    tables: _Tables,
    random: Random,
    account_id: int,
    cycle: int,
    currency: str,
    has: dict[str, bool],
    divisor: int = 1,
) -> int:
    """An accruing bill with one to three lines. Returns its exact sum in units of the tenth decimal place."""
    lines = [random.randrange(_UNIT, 200 * _UNIT) // divisor for _ in range(random.randint(1, 3))]
    if has.get("credit_balance"):
        lines.append(-sum(lines) - random.randrange(_UNIT))
    carried_in = -random.randrange(5 * _UNIT) if has.get("carried_in") else 0
    accrued = sum(lines)
    tables.add("bill", account_id, cycle, currency, "accruing", _decimal(accrued), _decimal(carried_in),
               None, None, None, 0, None)  # fmt: skip
    _bill_lines(tables, random, account_id, cycle, lines)
    return accrued


def _bill_before(tables: _Tables, random: Random, account_id: int, currency: str, exponent: int) -> None:
    """A bill of the month before, issued, and unpaid or paid in part."""
    accrued = random.randrange(_UNIT, 100 * _UNIT)
    minor_unit = 10 ** (_PLACES - exponent)
    payable, dropped = divmod(accrued, minor_unit)
    paid = random.choice((0, 0, payable // 2))
    tables.add("bill", account_id, CYCLE_BEFORE, currency, "unsettled", _decimal(accrued), 0, payable,
               _decimal(dropped), 0, paid, _ISSUED_BEFORE)  # fmt: skip
    _bill_lines(tables, random, account_id, CYCLE_BEFORE, [accrued])
    _transfer(tables, account_id, "receivable", CYCLE_BEFORE, "revenue", 0, payable, currency, _ISSUED_BEFORE)
    if paid:
        _transfer(tables, account_id, "opening", 0, "cash", 0, paid, currency, _OPENED)
        _transfer(tables, account_id, "cash", 0, "receivable", CYCLE_BEFORE, paid, currency, _ISSUED_BEFORE)


def _bill_lines(tables: _Tables, random: Random, account_id: int, cycle: int, amounts: list[int]) -> None:
    for product, amount in zip(_PRODUCTS, amounts, strict=False):
        order = "order-1" if random.random() < 0.1 else ""
        single = "f" if random.random() < 0.05 else "t"
        tables.add("bill_line", account_id, cycle, product, order, single, _decimal(amount))


def _card(tables: _Tables, random: Random, account_id: int, number: int, typical: int, currency: str) -> None:
    card_id = account_id * 4 + number
    balance = random.randint(1, 2 * typical)
    products = random.choice((None, None, "{compute}", "{compute,storage}", "{database}"))
    orders = "{order-1}" if random.random() < 0.1 else None
    until = random.choice(("2026-11-20", "2026-12-31", "2027-06-30", "2027-12-31"))
    tables.add("stored_value_card", card_id, account_id, f"card-{card_id}", balance, _OPENED, f"{until} 16:00:00+00",
               products, orders, _OPENED)  # fmt: skip
    _transfer(tables, account_id, "card_grant", 0, "card", card_id, balance, currency, _OPENED)


def _refund(
    tables: _Tables, random: Random, account_id: int, number: int, typical: int, currency: str
) -> None:
    refund_id = account_id * 4 + 2 + number
    amount = random.randint(1, typical)
    cycle = random.choice((CYCLE_BEFORE, CYCLE, CYCLE, CYCLE_AFTER))
    tables.add("credit_refund", refund_id, account_id, cycle, amount, f"2026-10-0{number + 1} 00:00:00+00")
    _transfer(
        tables, account_id, "refund_grant", 0, "refund", refund_id, amount, currency, "2026-10-01 00:00:00+00"
    )


def _transfer(
    tables: _Tables, account_id: int, debit: str, debit_ref: int, credit: str, credit_ref: int, amount: int,
    currency: str, posted_at: str,
) -> None:  # fmt: skip
    tables.add("ledger_transfer", account_id, debit, debit_ref, credit, credit_ref, amount, currency, "opening",
               posted_at)  # fmt: skip
