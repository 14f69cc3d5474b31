"""Manual payment of a bill: from the account's balance, and for the rest from a payment method. Rule: R8.*.

While the method is being charged, automatic write-off is on hold, the bill's amount is reserved and the balance's part
is set aside. All of that ends together: when it is paid, fails, is cancelled, or when its lease is over.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from settlement.errors import Refused
from settlement.model.changes import Changes
from settlement.model.commands.payments import PaymentCancelled, PaymentRequested
from settlement.model.cycle import cycle_text
from settlement.model.gateway.charges import PaymentMethod
from settlement.model.instants import local_text
from settlement.model.money import money_text
from settlement.model.payments import BALANCE, PAYMENT_HOLD, BillPayment, PaymentState
from settlement.model.policies.policy import Policy
from settlement.model.rows.payments import NewPayment, PaymentEnd
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.payments import announce_payment, correlation_of
from settlement.plans.charges.after_charge import resume_after_charge
from settlement.plans.charges.attempts import end_unsent, inquire_at_once, start_manual_charge
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.charges import WorkingAttempt, WorkingCharges
from settlement.plans.draft.collection import charge_unit_of
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import balance_for, outstanding_minor, pay
from settlement.rules.charge_limits import chargeable_minor
from settlement.rules.waterfall import Fund, allocate


def request_payment(draft: Draft, account: WorkingAccount, command: PaymentRequested) -> None:
    """Pays at once what the balance pays alone; otherwise starts a charge and holds everything else back.

    Raises:
        Refused: see docs/events.md; a second payment while one is under way is refused with the first one named.
    """
    bill = _payable(draft, account, command)
    total, balance, method = _split(draft, account, bill, command)
    draft.payments.names.add((account.id, command.payment))
    payment = BillPayment(
        command.head.inbox_id, account.id, command.payment, bill.cycle, total, balance,
        BALANCE if method is None else method.external_id, None, "running", draft.at + draft.policy.payment_lease,
    )  # fmt: skip
    draft.payments.last_channels[account.id] = payment.channel
    if method is None:
        _pay_from_balance(draft, account, bill, balance, cause=f"payment:{payment.id}")
        _insert(draft, account, payment, "completed")
        announce_payment(draft, account, payment, "completed", None)
        return
    _start(draft, account, bill, payment, method)


def _payable(draft: Draft, account: WorkingAccount, command: PaymentRequested) -> WorkingBill:
    name = f"{account.external_id}:{cycle_text(command.cycle)}"
    if (account.id, command.payment) in draft.payments.names:
        raise Refused(
            "payment_exists", f"payment {command.payment} of account {account.external_id} is known"
        )
    if (running := account.payment) is not None:
        raise Refused(
            "payment_in_progress",
            f"payment {running.external_id} of bill {account.external_id}:{cycle_text(running.cycle)} is in progress; "
            f"it ends by itself, at {local_text(running.lease_until, draft.policy.zone)} at the latest",
        )
    bill = account.bill(command.cycle)
    if bill is None:
        raise Refused("unknown_bill", f"there is no bill {name}")
    if bill.payable_minor is None:
        raise Refused("bill_not_issued", f"bill {name} is not issued yet")
    if not outstanding_minor(bill):
        raise Refused("bill_settled", f"bill {name} is settled")
    if (listed := draft.unified_settlements.settlement_of(account.id, bill.cycle)) is not None:
        raise Refused(
            "in_unified_settlement",
            f"bill {name} is in unified settlement {listed.settlement_name}; close it, or take the bill off its list",
        )
    return bill


def _split(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, command: PaymentRequested
) -> tuple[int, int, PaymentMethod | None]:
    """The total, its part from the balance, and the method that pays the rest, if there is a rest."""
    charges = account.charges
    left = outstanding_minor(bill) - (0 if charges is None else charges.reserved_minor(bill.cycle))
    total = left if command.total_minor is None else command.total_minor
    if left <= 0:
        raise Refused("charge_in_flight", "a charge of the payment method is under way for all of it")
    if total > left:
        raise Refused(
            "over_payment",
            f"{money_text(total, account.currency)} is more than the {money_text(left, account.currency)} outstanding",
        )
    method = _channel(draft, account, command.channel)
    balance = command.balance_minor
    if balance is None:
        balance = total if method is None else 0
    if balance > total:
        raise Refused("bad_amount", "data.from_balance: is more than the amount")
    if balance < total and method is None:
        rest = money_text(total - balance, account.currency)
        raise Refused("no_channel", f"name the payment method that pays the rest, {rest}, in data.channel")
    available = sum(fund.limit_minor for fund in balance_for(account, bill))
    if balance > available:
        raise Refused(
            "insufficient_funds",
            f"the balance of account {account.external_id} covers up to {money_text(available, account.currency)} "
            f"of this bill, not {money_text(balance, account.currency)}",
        )
    return total, balance, method if balance < total else None


def _channel(draft: Draft, account: WorkingAccount, name: str | None) -> PaymentMethod | None:
    """The method that is requested; else the channel used last, else the default method, else the balance (None)."""
    charges = account.charges
    usable = {} if charges is None else {
        working.method.external_id: working.method for working in charges.methods if working.state != "removed"
    }  # fmt: skip
    if name is None:
        last = draft.payments.last_channels.get(account.id)
        if last == BALANCE or last in usable:
            name = last
        elif charges is not None and charges.default is not None:
            # Also one that is paused: it is a person who pays with it. Rule: R5.9e.
            default = charges.default.method
            name = None if default.kind == "bank_transfer" else default.external_id
    if name is None or (name == BALANCE and BALANCE not in usable):
        return None
    method = usable.get(name)
    if method is None:
        raise Refused("unknown_method", f"account {account.external_id} has no payment method {name!r}")
    if method.kind == "bank_transfer":
        raise Refused(
            "not_a_channel", f"payment method {name} is a bank transfer: what arrives comes as a top-up"
        )
    return method


def _start(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, payment: BillPayment, method: PaymentMethod
) -> None:
    charges = account.charges
    if charges is None:
        raise ValueError("a method without charges")
    if (in_flight := charges.in_flight) is not None:
        raise Refused(
            "charge_in_flight",
            f"charge {in_flight.attempt.reference} of the payment method is {in_flight.state}; try again when it ended",
        )
    rest = payment.total_minor - payment.balance_minor
    if (takes := chargeable_minor(rest, charge_unit_of(draft, account, method))) != rest:
        raise Refused(
            "not_chargeable",
            f"gateway {method.gateway} cannot take {money_text(rest, account.currency)}"
            + (
                f"; it can take {money_text(takes, account.currency)}"
                if takes
                else ", which is below its minimum"
            ),
        )
    attempt_no = start_manual_charge(draft, account, charges, method, bill.cycle, rest)
    refunds = sum(fund.limit_minor for fund in balance_for(account, bill) if fund.source == "refund")
    account.held_minor += max(0, payment.balance_minor - refunds)
    account.touched = True
    bill.reserved_minor = payment.total_minor
    bill.touched = True
    draft.hold(account, PAYMENT_HOLD, str(payment.id))
    account.payment = _insert(draft, account, payment, "running", attempt_no)
    announce_payment(draft, account, account.payment, "started", None)


def _insert(
    draft: Draft,
    account: WorkingAccount,
    payment: BillPayment,
    state: PaymentState,
    attempt_no: int | None = None,
) -> BillPayment:
    draft.changes.payments.new.append(
        NewPayment(
            payment.id, account.id, payment.external_id, payment.cycle, payment.total_minor, payment.balance_minor,
            account.currency, payment.channel, attempt_no, state, payment.lease_until, None,
        )
    )  # fmt: skip
    return BillPayment(
        payment.id, account.id, payment.external_id, payment.cycle, payment.total_minor, payment.balance_minor,
        payment.channel, attempt_no, state, payment.lease_until,
    )  # fmt: skip


def _pay_from_balance(
    draft: Draft,
    account: WorkingAccount,
    bill: WorkingBill,
    amount_minor: int,
    *,
    cause: str,
    set_aside: int = 0,
) -> None:
    """Refunds that may pay this bill first, then cash, of which `set_aside` is for this whatever is frozen since."""
    funds = [
        Fund("cash", 0, max(fund.limit_minor, set_aside)) if fund.source == "cash" else fund
        for fund in balance_for(account, bill)
    ]
    allocated = allocate(min(amount_minor, outstanding_minor(bill)), funds)
    if allocated:
        pay(draft, account, bill, allocated, cause=cause, correlation_id=cause, initiator="manual")


def cancel_payment(draft: Draft, account: WorkingAccount, command: PaymentCancelled) -> None:
    """Gives a payment up that the gateway has not got, or that its payer does not confirm.

    Raises:
        Refused: it is not under way, or the gateway is about to answer.
    """
    payment, charges = account.payment, account.charges
    if payment is None or charges is None or payment.external_id != command.payment:
        raise Refused(
            "not_in_progress",
            f"payment {command.payment} of account {account.external_id} is not in progress",
        )
    attempt = charges.in_flight
    if attempt is not None and attempt.state in ("sent", "unknown"):
        raise Refused(
            "at_the_gateway",
            f"the gateway has charge {attempt.attempt.reference} and is asked for its answer; "
            f"the payment ends at {local_text(payment.lease_until, draft.policy.zone)} at the latest",
        )
    ended = _give_up(draft, account, charges, payment, "cancelled")
    resume_after_charge(
        draft, account, ended, cause=command.head.cause, correlation_id=command.head.correlation_id
    )


class BalancePart(NamedTuple):
    """What the balance still has to pay of a payment, and how much of the cash was set aside for it. Minor units."""

    payment: BillPayment
    set_aside_minor: int


def succeed_payment(draft: Draft, account: WorkingAccount, attempt_no: int) -> BalancePart | None:
    """A charge of a manual payment brought its money: nothing is held back any more. None if it is over already."""
    payment = account.payment
    if payment is None or payment.attempt_no != attempt_no:
        return None
    part = BalancePart(payment, account.held_minor)
    _end(draft, account, payment, "completed", None)
    return part


def pay_balance_part(draft: Draft, account: WorkingAccount, part: BalancePart) -> None:
    """After the method has paid its part: the balance pays the other."""
    payment = part.payment
    bill = account.bill(payment.cycle)
    if payment.balance_minor and bill is not None:
        _pay_from_balance(
            draft, account, bill, payment.balance_minor,
            cause=f"payment:{payment.id}", set_aside=part.set_aside_minor,
        )  # fmt: skip


def fail_payment(draft: Draft, account: WorkingAccount, attempt_no: int, reason: str) -> None:
    """The charge was not taken: what was held back is free again."""
    payment = account.payment
    if payment is not None and payment.attempt_no == attempt_no:
        _end(draft, account, payment, "failed", reason)


def plan_expired_payments(snapshot: Snapshot, *, at: datetime, policy: Policy) -> Changes:
    """Ends every payment whose lease is over by `at` (UTC). Money that comes later all the same is booked then."""
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        payment, charges = account.payment, account.charges
        if payment is None or charges is None or account.parked or payment.lease_until > at:
            continue
        ended = _give_up(draft, account, charges, payment, "expired")
        resume_after_charge(
            draft,
            account,
            ended,
            cause=f"payment:{payment.id}:expired",
            correlation_id=correlation_of(account, payment),
        )
    return finish(draft)


def _give_up(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, payment: BillPayment, state: PaymentState
) -> WorkingAttempt | None:
    """A charge that was not sent yet never will be, and is returned; one that was is asked about until it has ended.

    One whose payer has not confirmed is let go of with the next question, which is asked at once. Rule: R8.2e.
    """
    attempt = charges.in_flight
    ended = attempt if attempt is not None and attempt.state == "waiting" else None
    if ended is not None:
        end_unsent(draft, account, ended, code=state)
    elif attempt is not None and attempt.state == "requires_action":
        inquire_at_once(draft, account, attempt)
    _end(draft, account, payment, state, None)
    return ended


def _end(
    draft: Draft, account: WorkingAccount, payment: BillPayment, state: PaymentState, reason: str | None
) -> None:
    account.payment = None
    account.held_minor = 0
    account.touched = True
    bill = account.bill(payment.cycle)
    if bill is not None:
        bill.reserved_minor = 0
        bill.touched = True
    draft.release(account, PAYMENT_HOLD, str(payment.id))
    announce_payment(draft, account, payment, state, reason)
    fresh = draft.changes.payments.new
    for place, row in enumerate(fresh):
        if row.id == payment.id:
            # Begun and ended in the same set: it never runs, so that another one may.
            fresh[place] = row._replace(state=state, reason=reason)
            return
    draft.changes.payments.ends.append(PaymentEnd(payment.id, account.id, state, reason))
