"""The oracle: an independent, naive model of the rules by which bills are paid, to hold the deployment against.

What it is. One event, one look at the calendar or one answer of a gateway at a time, applied to plain objects in
memory, as docs/rules.md and docs/events.md say it. It knows no database, no set of accounts and no transaction,
shares no code with the rooms that decide (settlement/rules, settlement/plans), and is in no hurry: whatever can be
recomputed is.

How it is used. tests/oracle/test_oracle.py draws stories, tells each step both to a deployment, through its public
doors, and to the oracle, and compares everything afterwards: balances with the parts of available credit, bills (paid,
reserved, state), holds, payments, charges, settlements with their lines, repayment records with their sources, and
why an event was refused. `make test` runs a short form of it, `make oracle` one of hundreds of stories.

Where to look. `nouns.py` what there is · `months.py` the calendar · `owed.py` what of it was missed ·
`paying.py` available credit, gate, write-off · `cards.py` stored value cards · `collection.py` the card of a standard
account, issuance · `reversals.py` what the gateway takes back by itself · `people.py` relationships, transfers, manual
payments · `unified.py` unified settlement · here, the way in · `comparison.py` both sides in one shape. `acts.py` draws
what happens; `racers.py`, `stage.py` and test_races_in_pairs.py let two acts happen at once, and ask the oracle for
both orders.

Time. A story has outages: nothing runs for minutes or months while events come in, or nobody looks at the calendar.
What is missed then is made up for as docs/rules.md says (`owed.py`), and at no instant of the ledger, read in the order
of its dates, has anything been spent that was not there.

What it leaves out. Coupons, cards named for orders, bank transfers and PayPal, refunds that we ask for, due dates,
declines of what the system charges by itself, parking, and files of fees: they have stories and properties of their
own.

When the two differ. One of them is wrong, and docs/rules.md says which. A fault of the deployment first becomes a small
test of its own in tests/scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle import cards, months, people, reversals, unified
from tests.oracle.collection import collect_what_reached, issue, not_taken, resume, sweep
from tests.oracle.nouns import Account, Bill, Books, Charge, CreditRefund, Reversal, StoredCard
from tests.oracle.owed import Owed
from tests.oracle.paying import came_in
from tests.oracle.people import answered

Data = Mapping[str, Any]


def cents(amount: str) -> int:
    """`"12.30"` as 1230."""
    return int(Decimal(amount) * 100)


def cycle_number(text: str) -> int:
    """`"2026-10"` as 202610."""
    return int(text.replace("-", ""))


class Arrived(NamedTuple):
    """An event that waits."""

    at: datetime
    id: str
    kind: str
    name: str
    data: Data


class Oracle:
    """What should be there by now."""

    def __init__(self, now: datetime, *, partial: bool) -> None:
        self.books = Books(now, partial)
        self.owed = Owed(now)
        self.waiting: list[Arrived] = []
        # By event id, what `event` has returned.
        self.outcomes: dict[str, set[str]] = {}
        self._arrived_at: datetime | None = None

    def account(self, name: str) -> Account:
        return self.books.accounts[name]

    def charge(self, name: str, no: int) -> Charge:
        return self.account(name).charges[no - 1]

    # -------------------------------------------------------------------------------------------- time
    def receive(self, event_id: str, kind: str, name: str, data: Data) -> None:
        """An event arrives, and waits."""
        self.waiting.append(Arrived(self.books.now, event_id, kind, name, data))

    def drain(self) -> None:
        """Handles what waits, as far as nothing that was missed comes first. Rule: R3.6d."""
        if not self.waiting:
            return
        bound = self.owed.holds_back_from(self.books.now, self.waiting[0].at)
        early = [event for event in self.waiting if bound is None or event.at < bound]
        if not early:
            return
        self.waiting = self.waiting[len(early) :]
        with self._at(self.books.now if bound is None else early[-1].at):
            for event in early:
                self._arrived_at = event.at
                self.outcomes[event.id] = self.event(event.kind, event.name, event.data)
        self._arrived_at = None

    def tick(self) -> None:
        """Everything that is due now; what was missed first, in the order of time. Rule: R3.6."""
        now = self.books.now
        self.owed.notice(now)
        while missed := self.owed.missed():
            self.drain()
            with self._at(missed[0] - timedelta.resolution):
                self._of_no_instant()
            self._make_up_for(missed[0])
        self.drain()
        self._make_up_for(now)
        self._of_no_instant()
        for account in self.books.accounts.values():
            collect_what_reached(self.books, account)

    def _make_up_for(self, until: datetime) -> None:
        books = self.books
        for at in self.owed.take(until):
            with self._at(at):
                for cycle in sorted(
                    {cycle for account in books.accounts.values() for cycle in account.bills}
                ):
                    for account in books.accounts.values():
                        if at == months.swept_at(cycle):
                            sweep(books, account, cycle)
                        if at == months.issued_at(cycle):
                            issue(books, account, cycle)
                if at == months.midnight(at):
                    cards.lapse(books)

    def _of_no_instant(self) -> None:
        """Payments whose time is over end, settlements that run go on."""
        for account in self.books.accounts.values():
            people.expire(self.books, account)
        for settlement in list(self.books.settlements):
            if settlement.state == "running":
                unified.go_on(self.books, settlement)

    @contextmanager
    def _at(self, at: datetime) -> Iterator[None]:
        """What happens here is booked under this instant."""
        now, self.books.now = self.books.now, at
        yield
        self.books.now = now

    # -------------------------------------------------------------------------------------------- what happens
    def event(self, kind: str, name: str, data: Data) -> set[str]:
        """Handles an event; returns the codes of which one has to be its refusal, none if it has to be done."""
        if kind == "account_opened":
            cash = cents(data["opening_cash"])
            self.books.accounts[name] = Account(
                name, data["credit_control"], cash=cash, limit=cents(data["credit_limit"]),
                switch=data["auto_write_off"], funds_since=self.books.now if cash else None,
            )  # fmt: skip
            return set()
        acts = {
            "top_up": self._top_up, "fees": self._fees, "refund": self._refund, "account_changed": self._change,
            "card_activated": self._activate,
            "payment_method_added": self._add_card, "relationship_requested": self._ask,
            "relationship_accepted": self._accept, "relationship_ended": self._end, "transfer": self._transfer,
            "transfer_pulled_back": self._pull_back, "bill_payment_requested": self._pay,
            "bill_payment_cancelled": self._cancel, "unified_settlement_created": self._create,
            "unified_settlement_edited": self._edit, "unified_settlement_run": self._run,
            "unified_settlement_closed": self._close, "unified_settlement_deleted": self._delete,
        }  # fmt: skip
        return acts[kind](self.account(name), data)

    def sent(self, name: str) -> None:
        """The gateway is called about the account's charge: for the first time, or again."""
        charge = self.account(name).charge_under_way
        assert charge is not None, f"nothing of {name} is under way"
        if charge.sent is None:
            payment = self.account(name).running_payment
            assert payment is None or self.books.now < payment.until, (
                "its time is over: it is not sent. Rule: R8.2c"
            )
            charge.sent = self.books.now

    def said(self, name: str, answer: str) -> None:
        """What the gateway then answered: `taken`, `declined`, `unknown`, or `nothing`: surely not there."""
        account = self.account(name)
        charge = account.charge_under_way
        assert charge is not None
        if answer == "nothing" and charge.reason != "manual":
            not_taken(self.books, account, charge)
        else:
            answered(self.books, account, charge, answer)

    def shown(self, name: str, reversal: Reversal, *, gone: int) -> None:
        """What the gateway shows of a refund or dispute of one of the account's charges, and how much is gone by it."""
        reversals.read(self.books, self.account(name), reversal, gone=gone)

    # -------------------------------------------------------------------------------------------- events
    def _top_up(self, account: Account, data: Data) -> set[str]:
        account.cash += cents(data["amount"])
        came_in(account, self.books.now)
        resume(self.books, account)
        return set()

    def _fees(self, account: Account, data: Data) -> set[str]:
        """Rule: R2.3, R3.4, R4.1c."""
        (fee,) = data["fees"]
        amount, arrived_at = Decimal(fee["amount"]), self._arrived_at or self.books.now
        cycle = months.month_of(datetime.fromisoformat(fee["incurred_at"]))
        is_late = arrived_at >= months.issued_at(cycle)
        if is_late:
            cycle = months.month_of(arrived_at)
        bill = account.bills.setdefault(cycle, Bill(cycle))
        bill.accrued += amount
        if not is_late:
            bill.fees[fee["product"]] = bill.fees.get(fee["product"], Decimal(0)) + amount
        if amount < 0:
            resume(self.books, account)
        else:
            collect_what_reached(self.books, account)
        return set()

    def _refund(self, account: Account, data: Data) -> set[str]:
        account.refunds.append(CreditRefund(cycle_number(data["cycle"]), cents(data["amount"])))
        came_in(account, self.books.now)
        resume(self.books, account)
        return set()

    def _activate(self, account: Account, data: Data) -> set[str]:
        begins, ends = (datetime.fromisoformat(data[name]) for name in ("valid_from", "valid_until"))
        products = frozenset(data["products"]) if "products" in data else None
        account.cards.append(StoredCard(data["card"], cents(data["amount"]), begins, ends, products))
        came_in(account, self.books.now)
        resume(self.books, account)
        return set()

    def _change(self, account: Account, data: Data) -> set[str]:
        account.switch = data.get("auto_write_off", account.switch)
        account.past_bills = data.get("write_off_past_bills", account.past_bills)
        if "credit_limit" in data:
            account.limit = cents(data["credit_limit"])
        if "frozen_amount" in data:
            account.frozen = cents(data["frozen_amount"])
        if "hold" in data:
            account.holds.add((data["hold"]["reason"], ""))
        if "release" in data:
            account.holds.discard((data["release"]["reason"], ""))
        resume(self.books, account)
        return set()

    def _add_card(self, account: Account, data: Data) -> set[str]:
        account.card = data["method"]
        resume(self.books, account)
        return set()

    def _ask(self, account: Account, data: Data) -> set[str]:
        return people.ask_member(self.books, account, self.account(data["member"]))

    def _accept(self, account: Account, data: Data) -> set[str]:
        return people.accept_main(account, self.account(data["main"]))

    def _end(self, account: Account, data: Data) -> set[str]:
        return people.end_relationship(self.books, account, self.account(data["other"]))

    def _transfer(self, account: Account, data: Data) -> set[str]:
        return people.transfer(self.books, self.account(data["from_account"]), account, cents(data["amount"]))

    def _pull_back(self, account: Account, data: Data) -> set[str]:
        return people.pull_back(
            self.books, account, self.account(data["from_account"]), cents(data["amount"])
        )

    def _pay(self, account: Account, data: Data) -> set[str]:
        return people.request_payment(
            self.books, account, data["payment"], cycle_number(data["cycle"]),
            cents(data["amount"]) if "amount" in data else None,
            cents(data["from_balance"]) if "from_balance" in data else None, data.get("channel"),
        )  # fmt: skip

    def _cancel(self, account: Account, data: Data) -> set[str]:
        return people.cancel_payment(self.books, account, data["payment"])

    def _create(self, account: Account, data: Data) -> set[str]:
        cycles = [cycle_number(text) for text in data["cycles"]]
        return unified.create(self.books, account, data["settlement"], data["accounts"], cycles)

    def _edit(self, account: Account, data: Data) -> set[str]:
        return unified.edit(
            self.books, account, data["settlement"], accounts=data.get("accounts", ()),
            cycles=[cycle_number(text) for text in data.get("cycles", ())],
            bills=[(bill["account"], cycle_number(bill["cycle"])) for bill in data.get("bills", ())],
        )  # fmt: skip

    def _run(self, account: Account, data: Data) -> set[str]:
        return unified.run(self.books, account, data["settlement"])

    def _close(self, account: Account, data: Data) -> set[str]:
        return unified.close(self.books, account, data["settlement"])

    def _delete(self, account: Account, data: Data) -> set[str]:
        return unified.delete(self.books, account, data["settlement"])
