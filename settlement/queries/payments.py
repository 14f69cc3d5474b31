"""Reads for people about manual payments and billing relationships; each listing in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import AttemptState
from settlement.model.payments import PaymentState
from settlement.queries import accounts
from settlement.storage.sql.columns import columns
from settlement.storage.tables.payments import BILL_PAYMENT


class PaymentCounts(NamedTuple):
    """What people have under way: payments, and settlements that wait for money, the oldest since `waiting_since`."""

    payments: int
    settlements: int
    waiting_since: datetime | None


class PaymentView(NamedTuple):
    """A manual payment. Amounts in minor units; `balance_minor` of the total comes from the account's balance.

    `number` orders payments; `charge` is the reference of its charge, None where the balance pays all.
    `requested_by`: the source of the event that requested it.
    """

    number: int
    account: str
    name: str
    cycle: Cycle
    total_minor: int
    balance_minor: int
    currency: str
    channel: str
    state: PaymentState
    reason: str | None
    started_at: datetime
    lease_until: datetime
    finished_at: datetime | None
    charge: str | None
    charge_state: AttemptState | None
    action_url: str | None
    requested_by: str | None


# The charge of a payment is named as in `settle charges`; a payment has the number of the event that requested it.
_COLUMNS = columns(
    BILL_PAYMENT,
    PaymentView,
    "p",
    number="p.id",
    account="a.external_id",
    name="p.external_id",
    charge="CAST(t.reference AS text)",
    charge_state="t.state",
    action_url="t.action_url",
    requested_by="(SELECT i.source FROM inbox i WHERE i.id = p.id)",
)
_PAYMENT_SELECT = f"""
    SELECT {_COLUMNS}
    FROM bill_payment p JOIN account a ON a.id = p.account_id
    LEFT JOIN charge_attempt t ON t.account_id = p.account_id AND t.attempt_no = p.attempt_no"""
_PAYMENTS = text(f"""{_PAYMENT_SELECT}
    WHERE (CAST(:account AS text) IS NULL OR p.account_id = (SELECT id FROM account WHERE external_id = :account))
      AND (CAST(:cycle AS integer) IS NULL OR p.cycle = :cycle)
      AND (CAST(:state AS text) IS NULL OR p.state = CAST(CAST(:state AS text) AS payment_state))
      AND (CAST(:after AS bigint) IS NULL OR p.id < :after)
    ORDER BY p.id DESC LIMIT :limit""")
_PAYMENT = text(f"{_PAYMENT_SELECT} WHERE a.external_id = :account AND p.external_id = :payment")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM bill_payment WHERE state = 'running'),
           (SELECT count(*) FROM unified_settlement WHERE state = 'running'),
           (SELECT min(run_at) FROM unified_settlement WHERE state = 'running')""")


def payments(
    tx: Connection,
    *,
    limit: int,
    after: int | None = None,
    account: str | None = None,
    cycle: int | None = None,
    state: PaymentState | None = None,
) -> list[PaymentView]:
    """Manual payments, the newest first, from the one after number `after` in that order on.

    Raises:
        NotFound: the account does not exist.
    """
    if account is not None:
        accounts.account(tx, account)
    parameters = {"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state}
    return [PaymentView(*row) for row in tx.execute(_PAYMENTS, parameters)]


def payment(tx: Connection, account: str, name: str) -> PaymentView:
    """One manual payment by its name within the account.

    Raises:
        NotFound: the account has none of this name, or does not exist.
    """
    row = tx.execute(_PAYMENT, {"account": account, "payment": name}).one_or_none()
    if row is None:
        accounts.account(tx, account)
        raise NotFound(
            "unknown_payment",
            f"account {account} has no payment {name!r}; `settle payments list --account {account}` shows all",
        )
    return PaymentView(*row)


def counts(tx: Connection) -> PaymentCounts:
    """How much people have under way."""
    return PaymentCounts(*tx.execute(_COUNTS).one())
