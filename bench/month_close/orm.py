"""The month close as most billing systems do it: ordinary ORM code, one session and one transaction per bill."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from bench.month_close.data import CYCLE, CYCLE_AFTER, ISSUED_AT
from bench.month_close.orm_tables import Account, Bill, Card, Entry, Outgoing, Repayment, RepaymentLine
from settlement.storage.store import engine_of

_ZONE = ZoneInfo("Asia/Shanghai")
_EXPONENTS = {"JPY": 0}


def _cycle_text(cycle: int) -> str:
    return f"{cycle // 100}-{cycle % 100:02d}"


_CAUSE = f"close:{_cycle_text(CYCLE)}"


@dataclass(frozen=True, slots=True)
class Close:
    """The close of one account's bill: its session, and what everything written in it carries."""

    session: Session
    account: Account
    correlation_id: str
    at: datetime

    def run(self) -> None:
        """Issues the bill and pays what can be paid."""
        account = self.account
        bill = next((b for b in account.bills if b.cycle == CYCLE), None)
        if account.parked_at is not None or bill is None or bill.state != "accruing":
            return
        self._issue(bill)
        if account.auto_write_off_enabled and not account.holds and _available_credit(account) > 0:
            for open_bill in account.bills:
                if open_bill.state == "unsettled":
                    self._pay(open_bill)

    def _issue(self, bill: Bill) -> None:
        account = self.account
        total = bill.accrued + bill.carried_in
        payable = max(0, _floor(total, account.currency))
        bill.payable_minor = payable
        bill.carried_out = min(Decimal(0), total)
        bill.dropped = max(Decimal(0), total) - Decimal(payable) / 10 ** _EXPONENTS.get(account.currency, 2)
        bill.issued_at = self.at
        bill.state = "unsettled" if payable else "settled"
        if payable:
            self._book(("receivable", CYCLE), ("revenue", 0), payable)
        else:
            bill.settled_at = self.at
        if bill.carried_out:
            following = next((b for b in account.bills if b.cycle == CYCLE_AFTER), None)
            if following is None:
                following = Bill(
                    cycle=CYCLE_AFTER, currency=account.currency, state="accruing", accrued=Decimal(0),
                    carried_in=Decimal(0), paid_minor=0,
                )  # fmt: skip
                account.bills.append(following)
            following.carried_in += bill.carried_out
        self._announce(bill, "bill.issued")
        if not payable:
            self._announce(bill, "bill.settled")

    def _pay(self, bill: Bill) -> None:
        account = self.account
        owed = (bill.payable_minor or 0) - bill.paid_minor
        parts: list[tuple[str, int, int]] = []
        for card in account.cards:
            amount = _pay_by_card(card, bill, owed, account.currency, self.at)
            owed -= amount
            parts.append(("card", card.id, amount))
        for refund in account.refunds:
            if refund.cycle <= bill.cycle or (account.credit_control and account.write_off_past_bills):
                amount = min(owed, refund.remaining_minor)
                refund.remaining_minor -= amount
                owed -= amount
                parts.append(("refund", refund.id, amount))
        amount = min(owed, max(0, account.cash_minor - account.frozen_minor))
        account.cash_minor -= amount
        parts.append(("cash", 0, amount))
        parts = [part for part in parts if part[2]]
        if not parts:
            return
        self._record(bill, parts)
        bill.paid_minor += sum(part[2] for part in parts)
        if bill.paid_minor == bill.payable_minor:
            bill.state, bill.settled_at = "settled", self.at
        self._announce(bill, "bill.settled" if bill.state == "settled" else "bill.paid_in_part")

    def _record(self, bill: Bill, parts: list[tuple[str, int, int]]) -> None:
        key = {"account_id": self.account.id, "cycle": bill.cycle, "cause": _CAUSE}
        total = sum(part[2] for part in parts)
        self.session.add(
            Repayment(
                **key, initiator="auto_write_off", amount_minor=total, currency=bill.currency, paid_at=self.at
            )
        )
        for number, (source, fund_id, amount) in enumerate(parts, start=1):
            self.session.add(
                RepaymentLine(**key, line_no=number, source=source, source_id=fund_id, amount_minor=amount)
            )
            self._book((source, fund_id), ("receivable", bill.cycle), amount)

    def _book(self, debit: tuple[str, int], credit: tuple[str, int], amount: int) -> None:
        self.session.add(
            Entry(
                account_id=self.account.id, debit=debit[0], debit_ref=debit[1], credit=credit[0],
                credit_ref=credit[1], amount_minor=amount, currency=self.account.currency, cause=_CAUSE,
                posted_at=self.at,
            )
        )  # fmt: skip

    def _announce(self, bill: Bill, topic: str) -> None:
        payable = bill.payable_minor or 0
        amounts = {"payable": payable, "paid": bill.paid_minor, "outstanding": payable - bill.paid_minor}
        exponent = _EXPONENTS.get(bill.currency, 2)
        payload = {
            "account": self.account.external_id, "cycle": _cycle_text(bill.cycle), "currency": bill.currency,
            "state": bill.state,
        } | {name: str(Decimal(amount).scaleb(-exponent)) for name, amount in amounts.items()}  # fmt: skip
        self.session.add(
            Outgoing(
                account_id=self.account.id, topic=topic, payload=payload, correlation_id=self.correlation_id,
                created_at=self.at,
            )
        )  # fmt: skip


def _floor(amount: Decimal, currency: str) -> int:
    return int((amount * 10 ** _EXPONENTS.get(currency, 2)).to_integral_value(ROUND_FLOOR))


def _available_credit(account: Account) -> int:
    accruing = [b.accrued + b.carried_in for b in account.bills if b.state == "accruing"]
    frozen = account.frozen_minor + sum(max(0, _floor(total, account.currency)) for total in accruing)
    return account.cash_minor + account.credit_limit_minor - frozen


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
    engine = engine_of(url, session={"options": "-c timezone=UTC"})
    sessions = sessionmaker(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    ready.wait(60)
    for account_id in account_ids:
        with sessions.begin() as session:
            account = session.get_one(Account, account_id, with_for_update=True)
            Close(session, account, correlation_id, ISSUED_AT).run()
    engine.dispose()
