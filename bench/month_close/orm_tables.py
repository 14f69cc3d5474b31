"""The tables of a month close as ordinary ORM code maps them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, JSON, BigInteger, Enum, ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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
