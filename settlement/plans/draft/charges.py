"""The part of a working account that is about payment methods and charges. Accounts without a method have none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from settlement.model.accounts import AccountId
from settlement.model.collection import Collecting
from settlement.model.cycle import Cycle
from settlement.model.gateway.charge_limits import ChargeUnit
from settlement.model.gateway.charges import (
    IN_FLIGHT,
    AttemptState,
    ChargeAttempt,
    ChargeLine,
    ChargeReason,
    PaymentMethod,
)
from settlement.model.rows.charges import AttemptValues, NewAttempt
from settlement.model.snapshot import Position
from settlement.rules.charge_limits import charge_unit, chargeable_parts
from settlement.rules.credit import accruing_minor
from settlement.rules.thresholds import threshold_for

if TYPE_CHECKING:
    from settlement.plans.draft.draft import Draft, WorkingAccount

# In these states the gateway may have the money already. While the payer has to confirm, it surely has not, and what
# arrives otherwise may pay the bill.
_RESERVING: frozenset[AttemptState] = frozenset(("waiting", "sent", "unknown"))


class WorkingMethod:
    """A payment method as it stands at this point of the plan."""

    __slots__ = ("is_default", "is_touched", "method", "state", "threshold_minor")

    def __init__(self, method: PaymentMethod) -> None:
        self.method = method
        self.is_default = method.is_default
        self.state = method.state
        self.threshold_minor = method.threshold_minor
        self.is_touched = False


class WorkingAttempt:
    """A charge attempt as it stands at this point of the plan."""

    __slots__ = ("attempt", "state")

    def __init__(self, attempt: ChargeAttempt) -> None:
        self.attempt = attempt
        self.state = attempt.state


class WorkingChargeLine:
    """A bill's part of an attempt, with what remains of what it brought in."""

    __slots__ = ("is_touched", "line", "remaining_minor")

    def __init__(self, line: ChargeLine, *, is_new: bool = False) -> None:
        self.line = line
        self.remaining_minor = line.remaining_minor
        self.is_touched = is_new


class Charging:
    """Methods, attempts and what they collected, of one account. Rule: R5.*."""

    __slots__ = ("attempts", "authorizations", "is_new", "lines", "loaded", "methods", "values")

    def __init__(self, account_id: AccountId, position: Position | None = None) -> None:
        """As loaded, or empty for an account that gets its first method."""
        self.methods: list[WorkingMethod] = []
        self.attempts: list[WorkingAttempt] = []
        self.lines: list[WorkingChargeLine] = []
        self.authorizations = list(position.authorizations) if position is not None else []
        self.is_new = position is None or position.collecting is None
        self.loaded = self.values = Collecting(account_id)
        if position is None or position.collecting is None:
            return
        self.loaded = self.values = position.collecting
        self.methods = [WorkingMethod(method) for method in position.methods]
        self.attempts = [WorkingAttempt(attempt) for attempt in position.attempts]
        self.lines = [WorkingChargeLine(line) for line in position.charge_lines]

    @property
    def default(self) -> WorkingMethod | None:
        """The default payment method."""
        return next((method for method in self.methods if method.is_default), None)

    @property
    def chargeable(self) -> PaymentMethod | None:
        """The default method, unless it is one that only hears what is due. Rule: R5.1."""
        default = self.default
        return None if default is None or default.method.kind == "bank_transfer" else default.method

    @property
    def in_flight(self) -> WorkingAttempt | None:
        """The attempt under way; there is at most one. Rule: R5.2b."""
        return next((attempt for attempt in self.attempts if attempt.state in IN_FLIGHT), None)

    def attempt(self, attempt_no: int) -> WorkingAttempt | None:
        """An attempt by its number, if it was loaded or made here."""
        return next((found for found in self.attempts if found.attempt.attempt_no == attempt_no), None)

    def reserved_minor(self, cycle: Cycle) -> int:
        """What a charge that may have happened already covers of a bill."""
        under_way = self.in_flight
        if under_way is None or under_way.state not in _RESERVING or under_way.attempt.reason == "manual":
            # What a manual payment is about is reserved on the bill itself, for as long as the payment runs.
            return 0
        no = under_way.attempt.attempt_no
        return sum(
            working.line.amount_minor
            for working in self.lines
            if working.line.attempt_no == no and working.line.cycle == cycle
        )

    def collected_minor(self, cycle: Cycle) -> int:
        """What charges brought in for a bill that is not issued yet."""
        return sum(working.remaining_minor for working in self.lines if working.line.cycle == cycle)

    def start(
        self,
        draft: Draft,
        account: WorkingAccount,
        reason: ChargeReason,
        cycle: Cycle,
        parts: list[tuple[Cycle, int]],
    ) -> bool:
        """A new attempt over the default method: a row that waits to be sent, never a call.

        Of the parts, as much as the gateway takes; False where that is nothing. The rest waits. Rule: R5.8a.
        """
        method = self.chargeable
        if method is None:
            raise ValueError("there is no method to charge")
        parts = chargeable_parts(parts, charge_unit_of(draft, account, method))
        if not parts:
            return False
        self._start(draft, account, method, reason, cycle, parts)
        return True

    def _start(
        self,
        draft: Draft,
        account: WorkingAccount,
        method: PaymentMethod,
        reason: ChargeReason,
        cycle: Cycle,
        parts: list[tuple[Cycle, int]],
    ) -> None:
        no = self.values.last_attempt_no + 1
        total = sum(amount for _, amount in parts)
        self.values = self.values._replace(last_attempt_no=no)
        if reason in ("threshold", "retry"):
            today = draft.at.astimezone(draft.policy.zone).date()
            before = self.values.attempts_that_day if self.values.attempts_on == today else 0
            self.values = self.values._replace(attempts_on=today, attempts_that_day=before + 1)
        attempt = ChargeAttempt(
            account.id, no, "", reason, cycle, method.id, method.gateway, method.customer_token,
            method.method_token, total, "waiting", draft.at, None, 0, None,
        )  # fmt: skip
        self.attempts.append(WorkingAttempt(attempt))
        draft.changes.charges.new_attempts.append(
            NewAttempt(
                account.id, no, reason, cycle, method.id, method.gateway, method.customer_token,
                method.method_token, total, account.currency,
            )
        )  # fmt: skip
        for part_cycle, amount in parts:
            line = ChargeLine(account.id, no, part_cycle, amount, 0)
            self.lines.append(WorkingChargeLine(line, is_new=True))

    def start_manual(
        self, draft: Draft, account: WorkingAccount, method: PaymentMethod, cycle: Cycle, amount_minor: int
    ) -> int:
        """A new attempt that a person asked for, over the method they chose. Returns its number. Rule: R8.1."""
        self._start(draft, account, method, "manual", cycle, [(cycle, amount_minor)])
        return self.values.last_attempt_no

    def withdraw(self, draft: Draft, working: WorkingAttempt) -> bool:
        """Takes back an attempt that this very plan made, as if it had not been. False when it is an older one."""
        attempt = working.attempt
        changes, key = draft.changes, (attempt.account_id, attempt.attempt_no)
        others = [row for row in changes.charges.new_attempts if (row.account_id, row.attempt_no) != key]
        if len(others) == len(changes.charges.new_attempts):
            return False
        changes.charges.new_attempts = others
        self.attempts.remove(working)
        self.lines = [line for line in self.lines if line.line.attempt_no != attempt.attempt_no]
        return True

    def is_capped(self, draft: Draft) -> bool:
        """Has this local day seen as many charges as it may? Rule: R5.4f."""
        today = draft.at.astimezone(draft.policy.zone).date()
        used = self.values.attempts_that_day if self.values.attempts_on == today else 0
        return used >= draft.policy.collection.attempts_per_day


def not_charged(draft: Draft, account: WorkingAccount, working: WorkingAttempt, *, code: str) -> None:
    """Ends an attempt that was not sent and never will be. Under the account's lock and its own."""
    attempt = working.attempt
    working.state = "not_charged"
    fresh = draft.changes.charges.new_attempts
    for place, row in enumerate(fresh):
        if (row.account_id, row.attempt_no) == (account.id, attempt.attempt_no):
            fresh[place] = row._replace(state="not_charged", code=code)
            return
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, "not_charged", attempt.asks, None, None, None, code, None, None,
            attempt.sent_at, draft.at,
        )
    )  # fmt: skip


def is_given_up(account: WorkingAccount, working: WorkingAttempt) -> bool:
    """Was it started for a payment by hand that is over? Nobody waits for its money any more. Rule: R8.2c."""
    attempt, payment = working.attempt, account.payment
    return attempt.reason == "manual" and (payment is None or payment.attempt_no != attempt.attempt_no)


def ask_at_once(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    *,
    ref: str | None = None,
    url: str | None = None,
) -> None:
    """The attempt waits for its payer, and its next question is due now."""
    attempt = working.attempt
    working.state = "requires_action"
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, "requires_action", attempt.asks, draft.at, ref, None, None, None, url,
            attempt.sent_at or draft.at, None,
        )
    )  # fmt: skip


def charge_unit_of(draft: Draft, account: WorkingAccount, method: PaymentMethod) -> ChargeUnit:
    """The amounts that the method's gateway takes."""
    return charge_unit(method.gateway, account.currency, draft.policy.collection)


def uncollected(account: WorkingAccount, charging: Charging) -> list[tuple[Cycle, int]]:
    """By cycle not issued yet: fees less what was collected, or is being charged, for them. Rule: R5.2a."""
    parts = []
    for bill in account.bills:
        if bill.payable_minor is None:
            left = accruing_minor(bill.accrued, bill.carried_in, account.currency)
            left -= charging.collected_minor(bill.cycle) + charging.reserved_minor(bill.cycle)
            if left > 0:
                parts.append((bill.cycle, left))
    return parts


def threshold_of(draft: Draft, account: WorkingAccount, charging: Charging) -> int | None:
    """At how much the next charge starts by itself; None while none may. Rule: R5.1, R5.2b, R5.4."""
    default = charging.default
    if (
        default is None
        or account.credit_control
        or charging.in_flight is not None
        or charging.values.declining_since is not None
    ):
        return None
    method = default.method
    if default.threshold_minor != method.threshold_minor:
        method = replace(method, threshold_minor=default.threshold_minor)
    return threshold_for(method, account.currency, draft.policy.collection)
