"""Payment methods: added, made default, removed, checked, also when a product is activated. Rule: R5.1, R5.3."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.announcements.facts import ActivationFacts
from settlement.model.commands.command import EventHead
from settlement.model.commands.methods import (
    MethodAdded,
    MethodMadeDefault,
    MethodRemoved,
    MethodVerification,
    ProductActivated,
)
from settlement.model.gateway.charges import PaymentMethod
from settlement.model.rows.methods import NewAuthorization, NewMethod
from settlement.plans.charges.attempts import withdraw
from settlement.plans.charges.collection import collect_next
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges, WorkingMethod
from settlement.plans.draft.collection import charge_unit_of
from settlement.plans.draft.draft import Draft
from settlement.plans.events.batch import Batch, handle
from settlement.plans.outcomes.charges import end_uncharged
from settlement.plans.write_off.write_off import write_off
from settlement.rules.charge_limits import holdable_minor
from settlement.rules.thresholds import check_threshold


@handle.register
def add_method(command: MethodAdded, batch: Batch) -> None:
    """A new method; the first one of an account is its default.

    Raises:
        Refused: `method_exists`, `gateway_not_set_up`, or its threshold is none (settlement.rules.thresholds).
    """
    draft, account = batch.draft, batch.account(command.head.account)
    head = command.head
    charges = account.charges
    if charges is not None and _find(charges, command.method) is not None:
        raise Refused(
            "method_exists", f"payment method {command.method} of account {head.account} is known already"
        )
    known = draft.policy.collection.gateways
    if command.gateway and command.gateway not in known:
        raise Refused(
            "gateway_not_set_up",
            f"gateway {command.gateway} is not set up in this deployment; set up are {', '.join(known) or 'none'}",
        )
    threshold = check_threshold(
        command.kind, command.threshold_minor, account.currency, draft.policy.collection
    )
    if charges is None:
        charges = account.charges = WorkingCharges(account.id)
    token = (command.gateway, command.method_token)
    method = PaymentMethod(
        head.inbox_id, account.id, command.method, command.kind, command.gateway, command.customer_token,
        command.method_token, threshold, False, "unverified",
        disputes=max((known.disputes for known in charges.methods if known.method.token == token), default=0),
    )  # fmt: skip
    draft.changes.methods.new.append(
        NewMethod(
            method.id, account.id, method.external_id, method.kind, method.gateway, method.customer_token,
            method.method_token, threshold,
        )
    )  # fmt: skip
    working = WorkingMethod(method)
    charges.methods.append(working)
    if command.make_default or charges.default is None:
        _make_default(draft, account, charges, working, head)


@handle.register
def make_default(command: MethodMadeDefault, batch: Batch) -> None:
    """Another method becomes the default. What was declined is tried with it at once. Rule: R5.4g.

    For the default itself it means that the method is good again: a final decline of it is forgotten.
    """
    draft, account = batch.draft, batch.account(command.head.account)
    charges, working = _method(account, command.method)
    if not working.is_default or charges.values.hard:
        _make_default(draft, account, charges, working, command.head)


@handle.register
def remove_method(command: MethodRemoved, batch: Batch) -> None:
    """The method is never charged again. A charge that still waits is not made; one in progress ends as it ends."""
    draft, account = batch.draft, batch.account(command.head.account)
    charges, working = _method(account, command.method)
    working.is_default = False
    working.state = "removed"
    working.is_touched = True
    waits = charges.in_flight
    if waits is not None and waits.state == "waiting" and waits.attempt.method_id == working.method.id:
        if waits.attempt.reason == "manual" or not withdraw(draft, charges, waits):
            end_uncharged(draft, account, waits, code="method_removed")
            return
        if waits.attempt.reason == "retry" and charges.values.declining_since is not None:
            charges.values = charges.values._replace(retry_owed=True)
        write_off(draft, account, cause=command.head.cause, correlation_id=command.head.correlation_id)
        collect_next(draft, account, correlation_id=command.head.correlation_id)


@handle.register
def verify_method(command: MethodVerification, batch: Batch) -> None:
    """Holds a small amount and lets it go: `payment_method.verified` or `.unverified` follows. Rule: R5.3."""
    draft, account = batch.draft, batch.account(command.head.account)
    _, working = _method(account, command.method)
    _pre_authorize(draft, account, working.method, command.head.inbox_id, product="")


@handle.register
def activate_product(command: ProductActivated, batch: Batch) -> None:
    """Answers an activation: at once, or after the check that PayPal as unverified default asks for. Rule: R5.3."""
    draft, account = batch.draft, batch.account(command.head.account)
    default = account.charges.default if account.charges is not None else None
    if default is not None and default.method.kind == "paypal" and default.state != "verified":
        _pre_authorize(draft, account, default.method, command.head.inbox_id, product=command.product)
        return
    facts = ActivationFacts(account.external_id, command.product, accepted=True, reason=None)
    draft.announce(account, "product.activation", facts, command.head.correlation_id)


def _find(charges: WorkingCharges, name: str) -> WorkingMethod | None:
    return next((method for method in charges.methods if method.method.external_id == name), None)


def _method(account: WorkingAccount, name: str) -> tuple[WorkingCharges, WorkingMethod]:
    charges = account.charges
    working = _find(charges, name) if charges is not None else None
    if charges is None or working is None or working.state == "removed":
        raise Refused("unknown_method", f"account {account.external_id} has no payment method {name!r}")
    return charges, working


def _make_default(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, working: WorkingMethod, head: EventHead
) -> None:
    for other in charges.methods:
        if other.is_default:
            other.is_default = False
            other.is_touched = True
    working.is_default = working.is_touched = True
    if charges.values.declining_since is not None and working.method.kind != "bank_transfer":
        # A method that has not declined anything yet is tried as soon as nothing stands in its way; the tries that are
        # still to come are its own.
        charges.values = charges.values._replace(hard=False, retry_owed=True, due_at=draft.at)
    # With a method that is charged by itself the gate no longer asks for available credit.
    write_off(draft, account, cause=head.cause, correlation_id=head.correlation_id)
    collect_next(draft, account, correlation_id=head.correlation_id)


def _pre_authorize(
    draft: Draft, account: WorkingAccount, method: PaymentMethod, inbox_id: int, *, product: str
) -> None:
    amount = draft.policy.collection.pre_authorization_for(account.currency)
    if method.kind == "bank_transfer":
        raise Refused("nothing_to_verify", f"payment method {method.external_id} is a bank transfer")
    if amount is None:
        raise Refused(
            "no_pre_authorization_for_currency",
            f"no pre-authorization amount is set for {account.currency}: add it to the setting "
            "collection.pre_authorization",
        )
    draft.changes.methods.new_authorizations.append(
        NewAuthorization(
            inbox_id, account.id, method.id, product, method.gateway, method.customer_token, method.method_token,
            holdable_minor(amount, charge_unit_of(draft, account, method)), account.currency,
        )
    )  # fmt: skip
