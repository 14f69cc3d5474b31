"""Credit control in the demonstration: a contract, a coupon, a bill reminded of, overdue and paid, a statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from interfaces.cli.render.progress import Meter, Reading
from interfaces.cli.render.statement_page import statement_page
from interfaces.fields.values import local
from sandbox.demo import figures
from sandbox.demo.cast import Event, event
from sandbox.demo.stage import Stage
from sandbox.demo.steps import must, watch
from settlement.model.cycle import Cycle, cycle_of, cycle_text, next_cycle
from settlement.model.money import money_text
from settlement.operations.reports.statements import read_statement
from settlement.queries import bills
from settlement.queries.bills import BillView
from settlement.rules.days import day_begins_at
from worker.runtime import Runtime

CUSTOMER = "contract-customer"
CURRENCY = "USD"
FEES, COUPON = "320.00", "20.00"
PERIOD_DAYS = 5


def contract(cycle: Cycle, at: datetime) -> list[Event]:
    """An account on credit control with a payment term, a coupon, and fees of the month. It has no cash."""
    year = {"valid_from": at.isoformat(), "valid_until": (at + timedelta(days=365)).isoformat()}
    fee = {
        "id": "contract-1", "amount": FEES, "currency": CURRENCY, "product": "ECS",
        "incurred_at": (at - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return [
        _event("account_opened", currency=CURRENCY, credit_control=True, credit_limit="1000"),
        _event("payment_term_agreed", from_cycle=cycle_text(cycle), period_days=PERIOD_DAYS),
        _event(
            "coupon_granted", coupon="welcome", kind="amount_off", amount=COUPON, currency=CURRENCY, **year
        ),
        _event("fees", fees=[fee]),
    ]


@dataclass(slots=True)
class CreditControl:
    """What happens to the customer as days pass. `send` waits until events are handled."""

    stage: Stage
    runtime: Runtime
    cycle: Cycle
    send: Callable[[Meter, list[Event]], None]
    set_clock: Callable[[datetime], None]
    sentences: list[str] = field(default_factory=list)

    def play(self, meter: Meter) -> Sequence[str]:
        """From a few days before the due date to the payment, and the statement of it all."""
        bill = self._bill()
        coupon = money_text(bill.paid_minor, CURRENCY)
        must(bill.due_on is not None, f"the bill of {CUSTOMER} has no due date")
        if bill.due_on is None:
            return self.sentences
        self._report(
            f"{CUSTOMER}: {coupon} came off by coupon when its bill was issued, {self._left(bill)} due on {bill.due_on}"
        )
        zone = self.runtime.policy.zone
        self._pass(meter, day_begins_at(bill.due_on - timedelta(days=1), zone), "bill.due_reminder")
        self._report("reminded of, a day before it is due")
        self._pass(meter, day_begins_at(bill.due_on + timedelta(days=1), zone), "bill.overdue_reminder")
        must(
            self._bill().overdue_at is not None, f"the bill of {CUSTOMER} was reminded of and is not overdue"
        )
        self._report("nobody paid, the day is over: overdue, announced and reminded of")
        self.send(meter, [_event("top_up", amount="300.00", currency=CURRENCY)])
        must(self._bill().state == "settled", f"the bill of {CUSTOMER} was not settled by a top-up")
        must(self._announced("account.overdue_ended") == 1, f"{CUSTOMER} has paid, and it was not announced")
        self._report("a bank transfer arrived: settled, and overdue no longer, in the same transaction")
        return [*self.sentences, self._statement()]

    def _statement(self) -> str:
        runtime = self.runtime
        month = next_cycle(self.cycle)
        must(
            cycle_of(runtime.now(), runtime.policy.zone) == month,
            "the statement is to be of the month that it is",
        )
        statement = read_statement(runtime.store, CUSTOMER, month, at=runtime.now(), policy=runtime.policy)
        page = self.stage.folder / f"statement-{cycle_text(month)}.html"
        page.write_text(statement_page(statement, runtime.policy.zone), "utf-8")
        owed = statement.balances["receivable"]
        steps = [f"{what.replace('_', ' ')} {money_text(minor, CURRENCY)}" for what, minor in owed.movements]
        begun, ended = (money_text(minor, CURRENCY) for minor in (owed.opening_minor, owed.closing_minor))
        return f"statement of {cycle_text(month)}: owed {begun}, {', '.join(steps)}, owed {ended}; page: {page.name}"

    def _bill(self) -> BillView:
        with self.runtime.store.transaction() as tx:
            return bills.bill(tx, CUSTOMER, self.cycle)

    def _pass(self, meter: Meter, until: datetime, topic: str) -> None:
        """Lets days pass until workers have announced what the last of them brings."""
        before = self._announced(topic)
        self.set_clock(until)

        def read() -> Reading | None:
            return (
                None if self._announced(topic) > before else Reading(0, None, f"{topic} is to be announced")
            )

        watch(meter, self.stage, read)

    def _announced(self, topic: str) -> int:
        with self.runtime.store.transaction() as tx:
            return figures.announced(tx, CUSTOMER, topic)

    def _left(self, bill: BillView) -> str:
        return money_text((bill.payable_minor or 0) - bill.paid_minor, CURRENCY)

    def _report(self, sentence: str) -> None:
        self.sentences.append(f"{local(self.runtime.now(), self.runtime.policy.zone)}: {sentence}")


def _event(event_type: str, /, **data: object) -> Event:
    return event("demo.contracts", f"{event_type}/{CUSTOMER}", event_type, CUSTOMER, data)
