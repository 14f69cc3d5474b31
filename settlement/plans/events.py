"""Applies accepted events to a set of accounts, in the order they were received. Rule: R4.1, R11.1.

Every inflow or release is followed at once by the write-off of that account, so a set of events gives the same result
as the same events one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from settlement.errors import Refused
from settlement.model.accounts import Account, AccountId
from settlement.model.changes import Changes
from settlement.model.commands.accounts import (
    AccountChanged,
    AccountOpened,
    CardActivated,
    Command,
    CouponGranted,
    Fees,
    MethodAdded,
    MethodMadeDefault,
    MethodRemoved,
    MethodVerification,
    ProductActivated,
    Refund,
    TermAgreed,
    TopUp,
    Transfer,
)
from settlement.model.commands.head import EventHead
from settlement.model.commands.payments import (
    PaymentCancelled,
    PaymentRequested,
    PulledBack,
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
    UnifiedClosed,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.model.cycle import cycle_of
from settlement.model.funds import Coupon, CreditRefund, StoredValueCard
from settlement.model.money import MAX_MINOR, money_text
from settlement.model.payments import OWN_HOLDS
from settlement.model.policies.policy import Policy
from settlement.model.rows.accounts import NewAccount
from settlement.model.rows.credit import TermRow
from settlement.model.rows.outcomes import EventOutcome
from settlement.model.snapshot import Position, Snapshot
from settlement.model.terms import PaymentTerm
from settlement.plans.bills.accrual import accrue
from settlement.plans.charges.collection import collect_reached
from settlement.plans.charges.inflow import resume
from settlement.plans.draft.credit import end_watch, set_line
from settlement.plans.draft.draft import Draft, WorkingAccount, WorkingFund
from settlement.plans.draft.refunds import give_back
from settlement.plans.finish.changes import finish
from settlement.plans.outcomes import methods
from settlement.plans.payments import payments, transfers, unified_settlements
from settlement.rules.terms import check_term


def plan_events(snapshot: Snapshot, *, commands: Sequence[Command], at: datetime, policy: Policy) -> Changes:
    """Books each command or refuses it with its reason; one refusal never stops the others.

    `at` is the logical instant of booking (UTC). The commands come in the order of their inbox rows.
    """
    run = _Run(snapshot, Draft(snapshot, at=at, policy=policy))
    for command in commands:
        run.take(command)
    return finish(run.draft)


class _Run:
    """One pass over the commands of a set."""

    def __init__(self, snapshot: Snapshot, draft: Draft) -> None:
        self.draft = draft
        self.fees = dict(snapshot.known_fees)
        self.cards = set(snapshot.known_cards)
        self.coupons = set(snapshot.known_coupons)
        self.handlers = {
            AccountOpened: self._open, AccountChanged: self._change, TopUp: self._top_up, Transfer: self._transfer,
            Refund: self._refund, CardActivated: self._activate_card, Fees: self._fees,
            MethodAdded: self._methods, MethodMadeDefault: self._methods, MethodRemoved: self._methods,
            MethodVerification: self._methods, ProductActivated: self._methods,
            TermAgreed: self._agree_term, CouponGranted: self._grant_coupon,
            RelationshipRequested: self._relate, RelationshipAccepted: self._relate, RelationshipEnded: self._relate,
            PulledBack: self._pull_back, PaymentRequested: self._pay, PaymentCancelled: self._cancel_payment,
            UnifiedListed: self._unified, UnifiedOrdered: self._unified, UnifiedRun: self._unified,
            UnifiedClosed: self._unified, UnifiedDeleted: self._unified,
        }  # fmt: skip

    def take(self, command: Command) -> None:
        """Every handler checks first and writes after, so that a refusal leaves no trace but its outcome."""
        head = command.head
        account = self.draft.by_name.get(head.account)
        if account is not None and account.parked:
            self._end(
                head,
                "parked",
                "account_parked",
                f"account {head.account} is parked; it waits for its release",
            )
            return
        try:
            self.handlers[type(command)](command)  # type: ignore[operator]
        except Refused as refusal:
            self._end(head, "refused", refusal.code, refusal.message)
        else:
            self.draft.changes.outcomes.append(EventOutcome(head.inbox_id, "done", None, None))

    def _end(self, head: EventHead, state: str, code: str, reason: str) -> None:
        self.draft.changes.outcomes.append(EventOutcome(head.inbox_id, state, code, reason))  # type: ignore[arg-type]

    def _account(self, name: str, currency: str | None) -> WorkingAccount:
        account = self.draft.by_name.get(name)
        if account is None:
            raise Refused("unknown_account", f"account {name!r} is not known")
        if currency is not None and currency != account.currency:
            raise Refused(
                "wrong_currency", f"account {name} is kept in {account.currency}, the event says {currency}"
            )
        return account

    def _settle(self, account: WorkingAccount, head: EventHead, *, initiator: str = "auto_write_off") -> None:
        resume(self.draft, account, cause=head.cause, correlation_id=head.correlation_id, initiator=initiator)

    def _methods(
        self,
        command: MethodAdded | MethodMadeDefault | MethodRemoved | MethodVerification | ProductActivated,
    ) -> None:
        account = self._account(command.head.account, None)
        match command:
            case MethodAdded():
                methods.add_method(self.draft, account, command)
            case MethodMadeDefault():
                methods.make_default(self.draft, account, command)
            case MethodRemoved():
                methods.remove_method(self.draft, account, command)
            case MethodVerification():
                methods.verify_method(self.draft, account, command)
            case ProductActivated():
                methods.activate_product(self.draft, account, command)

    def _open(self, command: AccountOpened) -> None:
        head = command.head
        if head.account in self.draft.by_name:
            raise Refused("account_exists", f"account {head.account} is open already")
        opened = Account(
            id=AccountId(head.inbox_id), external_id=head.account, currency=command.currency, cash_minor=0,
            credit_limit_minor=command.credit_limit_minor, frozen_minor=0, credit_control=command.credit_control,
            auto_write_off_enabled=command.auto_write_off_enabled, write_off_past_bills=command.write_off_past_bills,
            parked_at=None,
        )  # fmt: skip
        account = WorkingAccount(Position(opened))
        account.touched = True
        self.draft.add(account)
        self.draft.changes.accounts.new.append(
            NewAccount(opened.id, head.account, command.name, command.currency, self.draft.at)
        )
        if command.opening_cash_minor:
            account.cash_minor = command.opening_cash_minor
            self.draft.transfer(account, ("opening", 0), ("cash", 0), command.opening_cash_minor, head.cause)

    def _change(self, command: AccountChanged) -> None:
        account = self._account(command.head.account, command.currency)
        for hold in (command.hold, command.release):
            if hold is not None and hold[0] in OWN_HOLDS:
                raise Refused(
                    "reserved_hold", f"holds {hold[0]!r} end with the payment or settlement that set them"
                )
        for name in (
            "auto_write_off_enabled", "write_off_past_bills", "credit_control", "credit_limit_minor", "frozen_minor",
        ):  # fmt: skip
            if (value := getattr(command, name)) is not None:
                setattr(account, name, value)
                account.touched = True
        if command.low_credit_minor is not None:
            set_line(self.draft, account, command.low_credit_minor)
        if command.ends_credit_watch:
            end_watch(self.draft, account)
        if command.hold is not None:
            account.hold(self.draft, *command.hold)
        if command.release is not None:
            account.release(self.draft, *command.release)
        self._settle(account, command.head)

    def _receiving(self, name: str, currency: str, amount_minor: int) -> WorkingAccount:
        account = self._account(name, currency)
        if account.cash_minor + amount_minor > MAX_MINOR:
            raise Refused(
                "bad_amount", f"account {name} cannot hold {money_text(amount_minor, currency)} more"
            )
        return account

    def _top_up(self, command: TopUp) -> None:
        account = self._receiving(command.head.account, command.currency, command.amount_minor)
        account.cash_minor += command.amount_minor
        account.touched = True
        self.draft.transfer(
            account, ("bank_clearing", 0), ("cash", 0), command.amount_minor, command.head.cause
        )
        self._settle(account, command.head)

    def _transfer(self, command: Transfer) -> None:
        """The member's unsettled bills are paid at once, if its switch is on. Rule: R9.2."""
        account = self._receiving(command.head.account, command.currency, command.amount_minor)
        payer = self._account(command.from_account, command.currency)
        transfers.transfer(self.draft, payer, account, command.amount_minor, command.head.cause)
        self._settle(account, command.head, initiator="transfer")

    def _pull_back(self, command: PulledBack) -> None:
        account = self._receiving(command.head.account, command.currency, command.amount_minor)
        member = self._account(command.from_account, command.currency)
        transfers.pull_back(self.draft, account, member, command.amount_minor, command.head.cause)
        self._settle(account, command.head)

    def _relate(self, command: RelationshipRequested | RelationshipAccepted | RelationshipEnded) -> None:
        account = self._account(command.head.account, None)
        match command:
            case RelationshipRequested():
                other = self._account(command.member, None)
                transfers.request_relationship(self.draft, account, other, command)
            case RelationshipAccepted():
                transfers.accept_relationship(self.draft, account, self._account(command.main, None), command)
            case RelationshipEnded():
                transfers.end_relationship(self.draft, account, self._account(command.other, None), command)

    def _pay(self, command: PaymentRequested) -> None:
        account = self._account(command.head.account, command.currency)
        payments.request_payment(self.draft, account, command)

    def _cancel_payment(self, command: PaymentCancelled) -> None:
        payments.cancel_payment(self.draft, self._account(command.head.account, None), command)

    def _unified(
        self, command: UnifiedListed | UnifiedOrdered | UnifiedRun | UnifiedClosed | UnifiedDeleted
    ) -> None:
        unified_settlements.take_order(self.draft, self._account(command.head.account, None), command)

    def _refund(self, command: Refund) -> None:
        head, amount = command.head, command.amount_minor
        account = self._account(head.account, command.currency)
        if command.to == "credit":
            cycle = command.cycle or cycle_of(self.draft.at, self.draft.policy.zone)
            refund = CreditRefund(head.inbox_id, account.id, cycle, amount, self.draft.at)
            account.refunds.append(WorkingFund(refund, amount, is_new=True))
            self.draft.transfer(account, ("refund_grant", 0), ("refund", refund.id), amount, head.cause)
        else:
            # Whatever does not go back the way it came becomes cash, so the whole of it must have room there.
            account = self._receiving(head.account, command.currency, amount)
            if command.to == "original_method":
                amount = give_back(self.draft, account, amount, inbox_id=head.inbox_id, cause=head.cause)
                if not amount:
                    return
            account.cash_minor += amount
            account.touched = True
            self.draft.transfer(account, ("refund_grant", 0), ("cash", 0), amount, head.cause)
        self._settle(account, head)

    def _activate_card(self, command: CardActivated) -> None:
        head, amount = command.head, command.amount_minor
        account = self._account(head.account, command.currency)
        if (account.id, command.card) in self.cards:
            raise Refused("card_exists", f"card {command.card} of account {head.account} is active already")
        self.cards.add((account.id, command.card))
        card = StoredValueCard(
            head.inbox_id, account.id, command.card, amount, command.valid_from, command.valid_until,
            command.products, command.orders, self.draft.at,
        )  # fmt: skip
        account.cards.append(WorkingFund(card, amount, is_new=True))
        self.draft.transfer(account, ("card_grant", 0), ("card", card.id), amount, head.cause)
        self._settle(account, head)

    def _agree_term(self, command: TermAgreed) -> None:
        """A term that begins with the same cycle takes the place of the one before. Issued bills keep theirs."""
        account = self._account(command.head.account, None)
        term = PaymentTerm(
            command.head.inbox_id, account.id, command.from_cycle, command.until_cycle, command.settlement_cycle,
            command.period_days, command.day_kind, command.country, command.closing_days,
        )  # fmt: skip
        check_term(term)
        if term.day_kind == "business":
            # A country nobody knows is refused now and not on the day a bill is issued.
            self.draft.policy.credit.calendar.is_working_day(term.country or "", self.draft.at.date())
        self.draft.changes.credit.terms.append(
            TermRow(
                term.id, account.id, term.from_cycle, term.until_cycle, term.settlement_cycle, term.period_days,
                term.day_kind, term.country, sorted(term.closing_days),
            )
        )  # fmt: skip

    def _grant_coupon(self, command: CouponGranted) -> None:
        head, amount = command.head, command.amount_minor
        account = self._account(head.account, command.currency)
        if (account.id, command.coupon) in self.coupons:
            raise Refused(
                "coupon_exists", f"coupon {command.coupon} of account {head.account} is known already"
            )
        self.coupons.add((account.id, command.coupon))
        coupon = Coupon(
            head.inbox_id, account.id, command.coupon, command.kind, amount, command.valid_from,
            command.valid_until, self.draft.at,
        )  # fmt: skip
        account.coupons.append(WorkingFund(coupon, amount, is_new=True))
        self.draft.transfer(account, ("coupon_grant", 0), ("coupon", coupon.id), amount, head.cause)

    def _fees(self, command: Fees) -> None:
        account = self._account(command.head.account, None)
        fresh = []
        for fee in command.lines:
            if fee.currency != account.currency:
                raise Refused(
                    "wrong_currency",
                    f"fee {fee.label}: {fee.currency}, the account is kept in {account.currency}",
                )
            known = self.fees.get((account.id, fee.fee_key))
            if known is not None and known != fee.amount:
                raise Refused("reused_id", f"fee {fee.label} is known with amount {known}, not {fee.amount}")
            if known is None:
                fresh.append(fee)
        self.fees.update({(account.id, fee.fee_key): fee.amount for fee in fresh})
        accrue(self.draft, account, fresh, inbox_id=command.head.inbox_id)
        if any(fee.amount < 0 for fee in fresh):
            # A credit lowers the frozen amount, which is a release like any other.
            self._settle(account, command.head)
        elif account.charging is not None:
            collect_reached(self.draft, account)
