"""The month close as most billing systems do it: ordinary ORM code, one session and one transaction per bill."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, JSON, BigInteger, Enum, ForeignKey, ForeignKeyConstraint, Text, create_engine
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

from bench.data import CYCLE, CYCLE_AFTER, ISSUED_AT
from settlement.storage.store import engine_url

_ZONE = ZoneInfo("Asia/Shanghai")
_EXPONENTS = {"JPY": 0}
_KINDS = ("cash", "card", "refund", "receivable", "revenue")


class Base(DeclarativeBase):
    """Tables as the migrations make them; only what this code touches is mapped."""

    type_annotation_map = {  # noqa: RUF012 - declared so by SQLAlchemy
        int: BigInteger,
        str: Text,
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class Hold(Base):
    """A hold on automatic write-off."""

    __tablename__ = "write_off_hold"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)


class Line(Base):
    """A line of a bill."""

    __tablename__ = "bill_line"
    account_id: Mapped[int] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    single_month: Mapped[bool] = mapped_column(primary_key=True)
    accrued: Mapped[Decimal]
    card_paid_minor: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["account_id", "cycle"], ["bill.account_id", "bill.cycle"]),)


class Bill(Base):
    """A bill."""

    __tablename__ = "bill"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(
        Enum("accruing", "unsettled", "settled", name="bill_state"), default="accruing"
    )
    accrued: Mapped[Decimal] = mapped_column(default=Decimal(0))
    carried_in: Mapped[Decimal] = mapped_column(default=Decimal(0))
    payable_minor: Mapped[int | None]
    dropped: Mapped[Decimal | None]
    carried_out: Mapped[Decimal | None]
    paid_minor: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    lines: Mapped[list[Line]] = relationship(order_by=[Line.product, Line.order_id, Line.single_month])


class Card(Base):
    """A stored value card."""

    __tablename__ = "stored_value_card"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    balance_minor: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    products: Mapped[list[str] | None]
    orders: Mapped[list[str] | None]
    granted_at: Mapped[datetime]


class CreditRefund(Base):
    """A credit refund."""

    __tablename__ = "credit_refund"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    cycle: Mapped[int]
    remaining_minor: Mapped[int]
    granted_at: Mapped[datetime]


class Account(Base):
    """A funding account."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    currency: Mapped[str]
    cash_minor: Mapped[int]
    credit_limit_minor: Mapped[int]
    frozen_minor: Mapped[int]
    credit_control: Mapped[bool]
    auto_write_off_enabled: Mapped[bool]
    write_off_past_bills: Mapped[bool]
    parked_at: Mapped[datetime | None]
    bills: Mapped[list[Bill]] = relationship(order_by=Bill.cycle)
    holds: Mapped[list[Hold]] = relationship()
    cards: Mapped[list[Card]] = relationship(order_by=[Card.valid_until, Card.granted_at, Card.id])
    refunds: Mapped[list[CreditRefund]] = relationship(order_by=[CreditRefund.granted_at, CreditRefund.id])


class RepaymentLine(Base):
    """One source of a repayment."""

    __tablename__ = "repayment_line"
    account_id: Mapped[int] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Enum("card", "refund", "cash", name="fund_source"))
    source_id: Mapped[int]
    amount_minor: Mapped[int]


class Repayment(Base):
    """A repayment of a bill."""

    __tablename__ = "repayment"
    account_id: Mapped[int] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    initiator: Mapped[str] = mapped_column(Enum("auto_write_off", name="repayment_initiator"))
    amount_minor: Mapped[int]
    currency: Mapped[str]
    paid_at: Mapped[datetime]


class Entry(Base):
    """A transfer of the ledger."""

    __tablename__ = "ledger_transfer"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    debit: Mapped[str] = mapped_column(Enum(*_KINDS, name="ledger_kind"))
    debit_ref: Mapped[int]
    credit: Mapped[str] = mapped_column(Enum(*_KINDS, name="ledger_kind"))
    credit_ref: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    cause: Mapped[str]
    posted_at: Mapped[datetime]


class Outgoing(Base):
    """An announcement."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    correlation_id: Mapped[str]
    created_at: Mapped[datetime]


def close_bill(session: Session, account_id: int, cause: str, correlation_id: str, at: datetime) -> None:
    """Issues the bill of one account and pays what can be paid."""
    account = session.get_one(Account, account_id, with_for_update=True)
    bill = next((b for b in account.bills if b.cycle == CYCLE), None)
    if account.parked_at is not None or bill is None or bill.state != "accruing":
        return
    _issue(session, account, bill, cause, correlation_id, at)
    if account.auto_write_off_enabled and not account.holds and _available_credit(account) > 0:
        for open_bill in account.bills:
            if open_bill.state == "unsettled":
                _pay(session, account, open_bill, cause, correlation_id, at)


def _floor(amount: Decimal, currency: str) -> int:
    return int((amount * 10 ** _EXPONENTS.get(currency, 2)).to_integral_value(ROUND_FLOOR))


def _issue(
    session: Session, account: Account, bill: Bill, cause: str, correlation_id: str, at: datetime
) -> None:
    total = bill.accrued + bill.carried_in
    payable = max(0, _floor(total, account.currency))
    bill.payable_minor = payable
    bill.carried_out = min(Decimal(0), total)
    bill.dropped = max(Decimal(0), total) - Decimal(payable) / 10 ** _EXPONENTS.get(account.currency, 2)
    bill.issued_at = at
    bill.state = "unsettled" if payable else "settled"
    if payable:
        _book(session, account, ("receivable", CYCLE), ("revenue", 0), payable, cause, at)
    else:
        bill.settled_at = at
    if bill.carried_out:
        following = next((b for b in account.bills if b.cycle == CYCLE_AFTER), None)
        if following is None:
            following = Bill(
                cycle=CYCLE_AFTER, currency=account.currency, state="accruing", accrued=Decimal(0),
                carried_in=Decimal(0), paid_minor=0,
            )  # fmt: skip
            account.bills.append(following)
        following.carried_in += bill.carried_out
    _announce(session, account, bill, "bill.issued", correlation_id, at)
    if not payable:
        _announce(session, account, bill, "bill.settled", correlation_id, at)


def _available_credit(account: Account) -> int:
    accruing = [b.accrued + b.carried_in for b in account.bills if b.state == "accruing"]
    frozen = account.frozen_minor + sum(max(0, _floor(total, account.currency)) for total in accruing)
    return account.cash_minor + account.credit_limit_minor - frozen


def _pay(
    session: Session, account: Account, bill: Bill, cause: str, correlation_id: str, at: datetime
) -> None:
    owed = (bill.payable_minor or 0) - bill.paid_minor
    taken: list[tuple[str, int, int]] = []
    for card in account.cards:
        amount = _pay_by_card(card, bill, owed, account.currency, at)
        owed -= amount
        taken.append(("card", card.id, amount))
    for refund in account.refunds:
        if refund.cycle <= bill.cycle or (account.credit_control and account.write_off_past_bills):
            amount = min(owed, refund.remaining_minor)
            refund.remaining_minor -= amount
            owed -= amount
            taken.append(("refund", refund.id, amount))
    amount = min(owed, max(0, account.cash_minor - account.frozen_minor))
    account.cash_minor -= amount
    taken.append(("cash", 0, amount))
    taken = [part for part in taken if part[2]]
    if not taken:
        return
    total = sum(part[2] for part in taken)
    key = {"account_id": account.id, "cycle": bill.cycle, "cause": cause}
    session.add(
        Repayment(
            **key, initiator="auto_write_off", amount_minor=total, currency=account.currency, paid_at=at
        )
    )
    for number, (source, fund_id, amount) in enumerate(taken, start=1):
        session.add(
            RepaymentLine(**key, line_no=number, source=source, source_id=fund_id, amount_minor=amount)
        )
        _book(session, account, (source, fund_id), ("receivable", bill.cycle), amount, cause, at)
    bill.paid_minor += total
    if bill.paid_minor == bill.payable_minor:
        bill.state, bill.settled_at = "settled", at
    topic = "bill.settled" if bill.state == "settled" else "bill.paid_in_part"
    _announce(session, account, bill, topic, correlation_id, at)


def _pay_by_card(card: Card, bill: Bill, owed: int, currency: str, at: datetime) -> int:
    year, month = divmod(bill.cycle, 100)
    starts = datetime(year, month, 1, tzinfo=_ZONE)
    ends = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=_ZONE)
    if at < card.valid_from or card.valid_from >= ends or card.valid_until <= starts:
        return 0
    fits = [
        line
        for line in bill.lines
        if line.single_month
        and (card.products is None or line.product in card.products)
        and (card.orders is None or line.order_id in card.orders)
    ]
    together = _floor(sum((line.accrued for line in fits), Decimal(0)), currency)
    most = min(owed, card.balance_minor, max(0, together - sum(line.card_paid_minor for line in fits)))
    paid = 0
    for whole in (True, False):
        for line in fits:
            room = _floor(line.accrued, currency) if whole else -_floor(-line.accrued, currency)
            part = min(most - paid, max(0, room - line.card_paid_minor))
            line.card_paid_minor += part
            paid += part
    card.balance_minor -= paid
    return paid


def _book(
    session: Session,
    account: Account,
    debit: tuple[str, int],
    credit: tuple[str, int],
    amount: int,
    cause: str,
    at: datetime,
) -> None:
    session.add(
        Entry(
            account_id=account.id,
            debit=debit[0],
            debit_ref=debit[1],
            credit=credit[0],
            credit_ref=credit[1],
            amount_minor=amount,
            currency=account.currency,
            cause=cause,
            posted_at=at,
        )
    )


def _announce(
    session: Session, account: Account, bill: Bill, topic: str, correlation_id: str, at: datetime
) -> None:
    payable = bill.payable_minor or 0
    amounts = {"payable": payable, "paid": bill.paid_minor, "outstanding": payable - bill.paid_minor}
    exponent = _EXPONENTS.get(account.currency, 2)
    payload = {
        "account": account.external_id, "cycle": f"{bill.cycle // 100}-{bill.cycle % 100:02d}",
        "currency": account.currency, "state": bill.state,
    } | {name: str(Decimal(amount).scaleb(-exponent)) for name, amount in amounts.items()}  # fmt: skip
    session.add(
        Outgoing(
            account_id=account.id, topic=topic, payload=payload, correlation_id=correlation_id, created_at=at
        )
    )


def close_month(
    url: str, account_ids: Sequence[int], *, processes: int = 2, correlation_id: str = "run:1"
) -> float:
    """Closes the month of these accounts one by one in `processes` processes. Returns the seconds from start to end.

    The processes are started and connected before the clock starts.
    """
    context = get_context("spawn")
    ready = context.Barrier(processes + 1)
    workers = [
        context.Process(
            target=_work, args=(url, list(account_ids[number::processes]), correlation_id, ready), daemon=True
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    ready.wait(60)
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a process of the one-transaction-per-bill run failed; its traceback is above")
    return seconds


def _work(url: str, account_ids: list[int], correlation_id: str, ready: Barrier) -> None:
    engine = create_engine(engine_url(url), connect_args={"options": "-c timezone=UTC"})
    sessions = sessionmaker(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    ready.wait(60)
    for account_id in account_ids:
        with sessions.begin() as session:
            close_bill(
                session, account_id, f"close:{CYCLE // 100}-{CYCLE % 100:02d}", correlation_id, ISSUED_AT
            )
    engine.dispose()
