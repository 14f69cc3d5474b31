"""The data of the month close benchmark: seeded accounts with bills, cards and refunds, written by COPY.

Every branch of the write-off is taken by some account; most accounts simply pay from their balance.
The opening ledger is written too, so that balances equal the sum of their transfers from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from random import Random

import psycopg
from psycopg import errors

CYCLE, CYCLE_BEFORE, CYCLE_AFTER = 202610, 202609, 202611
# 12:00 on the 2nd in Asia/Shanghai: the instant at which the bills of CYCLE are issued.
ISSUED_AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
_OPENED = "2026-08-01 00:00:00+00"
# An event opens an account or grants one fund: beside the numbers of accounts.
_FUND_IDS = 500_000_000
_ISSUED_BEFORE = "2026-10-02 04:00:00+00"
_CHUNK = 10_000
_CURRENCIES = (("USD", 2), ("USD", 2), ("USD", 2), ("USD", 2), ("USD", 2), ("CNY", 2), ("EUR", 2), ("JPY", 0))
_PRODUCTS = ("compute", "storage", "database", "network", "cdn")
# Fees carry ten decimal places.
_PLACES = 10
_UNIT = 10**_PLACES
# Lines for COPY by table.
_Rows = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Mix:
    """Which share of the accounts has what."""

    without_money: float = 0.10
    short_of_money: float = 0.05
    credit_control: float = 0.10
    frozen: float = 0.02
    switch_off: float = 0.01
    on_hold: float = 0.01
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
    "auto_write_off_enabled, write_off_past_bills, opened_at, parked_at, parked_reason, "
    "funds_since",
    "write_off_hold": "account_id, reason, ref, held_at",
    "bill": "account_id, cycle, currency, state, accrued, carried_in, payable_minor, dropped, carried_out, "
    "paid_minor, issued_at",
    "bill_line": "account_id, cycle, product, order_id, single_month, accrued",
    "stored_value_card": "id, account_id, external_id, balance_minor, valid_from, valid_until, products, orders, "
    "granted_at",
    "credit_refund": "id, account_id, cycle, remaining_minor, granted_at",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at",
}


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
    random, shares = Random(seed), asdict(mix)
    for first in range(1, accounts + 1, _CHUNK):
        last = min(first + _CHUNK - 1, accounts)
        rows: _Rows = {table: [] for table in _COLUMNS}
        for account_id in range(first, last + 1):
            _Account(rows, random, account_id, shares).draw()
        for table, lines in rows.items():
            with connection.cursor().copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                copy.write("".join(lines))
        connection.commit()
        on_progress(last - first + 1)


class _Account:
    """One account, drawn with all that is about it, as lines for COPY."""

    def __init__(self, rows: _Rows, random: Random, account_id: int, shares: dict[str, float]) -> None:
        self._rows = rows
        self._random = random
        self._id = account_id
        self._currency, self._exponent = random.choice(_CURRENCIES)
        # When money came in last, as the product notes it.
        self._funds_since: str | None = None
        self._has = {name: random.random() < share for name, share in shares.items()}

    def draw(self) -> None:
        """All of it."""
        random, has = self._random, self._has
        accrued = self._bill(CYCLE, has)
        typical = max(1, accrued * 10**self._exponent // _UNIT)
        if has["unsettled_before"]:
            self._bill_before()
        if has["open_cycle"]:
            self._bill(CYCLE_AFTER, {}, divisor=20)
        cash = self._cash(typical)
        limit = random.randint(1, 3) * typical if has["credit_control"] else 0
        frozen = random.randint(0, typical) if has["frozen"] else 0
        past = has["credit_control"] and self._id % 2 == 0
        parked = (_OPENED, "figures did not add up") if has["parked"] else (None, None)
        if cash:
            self._transfer("opening", 0, "cash", 0, cash, _OPENED)
        if has["on_hold"]:
            self._add("write_off_hold", self._id, "operator", "", _OPENED)
        if has["cards"]:
            # One each: on which lines several cards are counted is a rule of its own, and no yardstick repeats it.
            self._card(typical)
        if has["refunds"]:
            for number in range(1 if random.random() < 0.8 else 2):
                self._refund(number, typical)
        self._add(
            "account", self._id, f"acct-{self._id:08d}", self._currency, cash, limit, frozen, has["credit_control"],
            not has["switch_off"], past, _OPENED, *parked, self._funds_since,
        )  # fmt: skip

    def _cash(self, typical: int) -> int:
        if self._has["without_money"]:
            return 0
        if self._has["short_of_money"]:
            return self._random.randint(1, typical)
        return typical * self._random.randint(2, 4) + self._random.randint(0, 10_000)

    def _bill(self, cycle: int, has: dict[str, bool], divisor: int = 1) -> int:
        """An accruing bill with one to three lines. Returns its exact sum in units of the tenth decimal place."""
        random = self._random
        lines = [random.randrange(_UNIT, 200 * _UNIT) // divisor for _ in range(random.randint(1, 3))]
        if has.get("credit_balance"):
            lines.append(-sum(lines) - random.randrange(_UNIT))
        carried_in = -random.randrange(5 * _UNIT) if has.get("carried_in") else 0
        accrued = sum(lines)
        self._add("bill", self._id, cycle, self._currency, "accruing", _decimal(accrued), _decimal(carried_in),
                  None, None, None, 0, None)  # fmt: skip
        self._bill_lines(cycle, lines)
        return accrued

    def _bill_before(self) -> None:
        """A bill of the month before, issued, and unpaid or paid in part."""
        accrued = self._random.randrange(_UNIT, 100 * _UNIT)
        payable, dropped = divmod(accrued, 10 ** (_PLACES - self._exponent))
        paid = self._random.choice((0, 0, payable // 2))
        self._add("bill", self._id, CYCLE_BEFORE, self._currency, "unsettled", _decimal(accrued), 0, payable,
                  _decimal(dropped), 0, paid, _ISSUED_BEFORE)  # fmt: skip
        self._bill_lines(CYCLE_BEFORE, [accrued])
        self._transfer("receivable", CYCLE_BEFORE, "revenue", 0, payable, _ISSUED_BEFORE)
        if paid:
            self._transfer("opening", 0, "cash", 0, paid, _OPENED)
            self._transfer("cash", 0, "receivable", CYCLE_BEFORE, paid, _ISSUED_BEFORE)

    def _bill_lines(self, cycle: int, amounts: list[int]) -> None:
        for product, amount in zip(_PRODUCTS, amounts, strict=False):
            order = "order-1" if self._random.random() < 0.1 else ""
            single = "f" if self._random.random() < 0.05 else "t"
            self._add("bill_line", self._id, cycle, product, order, single, _decimal(amount))

    def _card(self, typical: int) -> None:
        random, card_id = self._random, _FUND_IDS + self._id * 4
        balance = random.randint(1, 2 * typical)
        products = random.choice((None, None, "{compute}", "{compute,storage}", "{database}"))
        orders = "{order-1}" if random.random() < 0.1 else None
        until = random.choice(("2026-11-20", "2026-12-31", "2027-06-30", "2027-12-31"))
        self._add("stored_value_card", card_id, self._id, f"card-{card_id}", balance, _OPENED,
                  f"{until} 16:00:00+00", products, orders, _OPENED)  # fmt: skip
        self._transfer("card_grant", 0, "card", card_id, balance, _OPENED)

    def _refund(self, number: int, typical: int) -> None:
        refund_id = _FUND_IDS + self._id * 4 + 2 + number
        amount = self._random.randint(1, typical)
        cycle = self._random.choice((CYCLE_BEFORE, CYCLE, CYCLE, CYCLE_AFTER))
        self._add("credit_refund", refund_id, self._id, cycle, amount, f"2026-10-0{number + 1} 00:00:00+00")
        self._transfer("refund_grant", 0, "refund", refund_id, amount, "2026-10-01 00:00:00+00")

    def _transfer(
        self, debit: str, debit_ref: int, credit: str, credit_ref: int, amount: int, posted_at: str
    ) -> None:
        self._add("ledger_transfer", self._id, debit, debit_ref, credit, credit_ref, amount, self._currency,
                  "opening", posted_at)  # fmt: skip
        if credit in ("cash", "card", "refund"):
            self._funds_since = max(posted_at, self._funds_since or posted_at)

    def _add(self, table: str, *values: object) -> None:
        texts = ("\\N" if value is None else str(value) for value in values)
        self._rows[table].append("\t".join(texts) + "\n")


def _decimal(units: int) -> str:
    sign = "-" if units < 0 else ""
    return f"{sign}{abs(units) // _UNIT}.{abs(units) % _UNIT:010d}"
