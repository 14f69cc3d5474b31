"""What collecting does next about a standard account's bill, and when. Rule: R3.3, R5.2, R5.4, R5.5, R4.8e.

It restates in words what `collect`, `follow_up` and the calendar decide; nothing depends on it but the answer.
"""

from __future__ import annotations

from datetime import datetime

from settlement.model.cycle import Cycle, cycle_text
from settlement.model.gateway.charges import MethodKind
from settlement.model.instants import instant_text, local_text
from settlement.model.money import money_text
from settlement.model.policies.policy import Policy
from settlement.model.reasons import Amount, Collection, CollectionStep
from settlement.model.snapshot import Position, Snapshot
from settlement.plans.charges.attempts import is_given_up
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt, WorkingCharges
from settlement.plans.draft.collection import charge_unit_of, is_capped, threshold_of, uncollected
from settlement.plans.draft.draft import Draft
from settlement.rules.calendar import issuance_at
from settlement.rules.charge_limits import chargeable_minor
from settlement.rules.dunning import next_try_at, notices, product_groups
from settlement.rules.sweep import sweep_at
from settlement.rules.thresholds import reached

_KINDS: dict[MethodKind, str] = {
    "bank_card": "bank card",
    "paypal": "PayPal account",
    "bank_transfer": "bank transfer",
}


def next_collection(
    position: Position, cycle: Cycle, left_minor: int, *, at: datetime, policy: Policy
) -> Collection | None:
    """What happens next by itself, as things stand at the instant `at` (UTC); None on credit control, or where nothing
    is left that could be collected.

    `left_minor` is what the next write-off leaves of the bill.
    """
    draft = Draft(Snapshot({position.account.id: position}), at=at, policy=policy)
    account = draft.accounts[position.account.id]
    charges = account.charges
    bill = account.bill(cycle)
    is_issued = bill is not None and bill.payable_minor is not None
    has_method = charges is not None and charges.default is not None
    # What may have been taken is never left out, whatever else holds.
    is_covered = charges is not None and charges.reserved_minor(cycle) > 0
    nothing_left = not left_minor and (is_issued or not has_method)
    if not is_covered and (position.account.credit_control or nothing_left):
        return None
    if charges is None or not (has_method or is_covered):
        return Collection(
            CollectionStep.NO_METHOD, None,
            "the account has no default payment method, so nothing is charged; one that is added is charged at once "
            "for what issued bills ask for (event payment_method_added)",
            {},
        )  # fmt: skip
    left = Amount(left_minor, account.currency)
    return _Next(draft, account, charges, cycle, left, is_issued=is_issued).step()


class _Next:
    """One account with a default method, and one of its bills."""

    def __init__(
        self,
        draft: Draft,
        account: WorkingAccount,
        charges: WorkingCharges,
        cycle: Cycle,
        left: Amount,
        *,
        is_issued: bool,
    ) -> None:
        self.draft, self.policy, self.at = draft, draft.policy, draft.at
        self.account, self.charges, self.cycle, self.left = account, charges, cycle, left
        self.is_issued = is_issued

    def step(self) -> Collection:
        """The first thing that holds, in the order in which `collect_outstanding` asks."""
        values, account = self.charges.values, self.account
        if (in_flight := self.charges.in_flight) is not None:
            return self._in_flight(in_flight)
        if account.parked:
            return self._waits("the account is parked")
        if self.charges.default is not None and self.charges.default.is_paused:
            return self._waits("a dispute about one of its charges is open (`settle disputes list --open`)")
        if self.charges.chargeable is None:
            return Collection(
                CollectionStep.ANNOUNCED, None,
                "the account pays by bank transfer: what is due is announced (collection.due), nothing is charged",
                {},
            )  # fmt: skip
        if values.declining_since is not None:
            return self._declining(values.declining_since)
        if not self.is_issued:
            return self._accruing()
        if account.holds:
            return self._waits("automatic write-off is on hold")
        if not chargeable_minor(
            self.left.minor, charge_unit_of(self.draft, account, self.charges.chargeable)
        ):
            return self._waits("less is missing than its gateway takes")
        return Collection(
            CollectionStep.NEXT_EVENT, None,
            f"the {self._method} is charged for what is missing with the account's next event or month close",
            {"amount": self.left},
        )  # fmt: skip

    @property
    def _method(self) -> str:
        default = self.charges.default
        return _KINDS[default.method.kind] if default is not None else "payment method"

    def _local(self, instant: datetime) -> str:
        return local_text(instant, self.policy.zone)

    def _waits(self, why: str) -> Collection:
        return Collection(
            CollectionStep.WAITS, None, f"the {self._method} is not charged for it for as long as {why}", {}
        )

    def _in_flight(self, in_flight: WorkingAttempt) -> Collection:
        attempt = in_flight.attempt
        covered = sum(
            line.line.amount_minor
            for line in self.charges.lines
            if line.line.attempt_no == attempt.attempt_no and line.line.cycle == self.cycle
        )
        amount = Amount(covered, self.account.currency)
        figures: dict[str, Amount | str] = {
            "charge": attempt.reference, "state": in_flight.state, "amount": amount, "reason": attempt.reason,
        }  # fmt: skip
        what = f"a charge ({attempt.reason}) of {money_text(*amount)} for it"
        if in_flight.state == "requires_action":
            if is_given_up(self.account, in_flight):
                why = (
                    f"{what} was given up before its payer confirmed it, and the gateway is letting go of it"
                )
                return Collection(CollectionStep.IN_FLIGHT, None, why, figures)
            until = (attempt.sent_at or attempt.created_at) + self.policy.collection.payer_may_take
            if attempt.reason == "manual" and self.account.payment is not None:
                until = min(until, self.account.payment.lease_until)
            confirms = f"has to confirm until {self._local(until)}; nothing is taken before"
            if until <= self.at:
                confirms = f"had to confirm until {self._local(until)}; it is given up at the next tick"
            return Collection(
                CollectionStep.PAYER_CONFIRMS, until, f"{what} waits for its payer, who {confirms}", figures
            )
        then = {
            "waiting": "waits to be sent",
            "unknown": "may or may not have been taken; the gateway is asked by itself, and nothing else is charged",
        }.get(in_flight.state, "was sent and has no answer yet")
        return Collection(CollectionStep.IN_FLIGHT, None, f"{what} {then}", figures)

    def _declining(self, since: datetime) -> Collection:
        values = self.charges.values
        figures: dict[str, Amount | str] = {"declining_since": instant_text(since)}
        declined = f"a charge was declined on {self._local(since)}"
        groups = product_groups({line.line.product for line in self.account.lines}, self.policy.collection)
        suspended = [it.at for it in notices(since, groups, self.policy) if it.kind == "suspended"]
        after = ""
        if suspended:
            at = values.suspended_at or suspended[0]
            is_owed = values.suspended_at is None and at <= self.at
            figures["suspension_owed_since" if is_owed else "suspended_at"] = instant_text(at)
            after = self._suspension(suspended[0])
        again = next_try_at(since, values.noticed_until or since, final=values.hard, policy=self.policy)
        if again is None:
            why = "for good" if values.hard else "and tried for the last time"
            return Collection(
                CollectionStep.GIVEN_UP, None,
                f"{declined} {why}; a new default method is charged at once (event payment_method_added){after}",
                figures,
            )  # fmt: skip
        figures["next_try_at"] = instant_text(again)
        if again <= self.at:
            owed = f"{declined}; the try that was due on {self._local(again)} is made at the next tick{after}"
            return Collection(CollectionStep.RETRY, again, owed, figures)
        if_free = " if no hold is left by then" if self.account.holds else ""
        return Collection(
            CollectionStep.RETRY,
            again,
            f"{declined} and is tried again on {self._local(again)}{if_free}{after}",
            figures,
        )

    def _suspension(self, at: datetime) -> str:
        """What is said of a suspension that is scheduled for the instant `at`."""
        when, suspended_at = self._local(at), self.charges.values.suspended_at
        if suspended_at is not None:
            return f"; the account is suspended since {self._local(suspended_at)}, until all is paid"
        if at <= self.at:
            return f"; the account was to be suspended on {when}, which follows unless all is paid"
        return f"; the account is suspended on {when} unless all is paid by then"

    def _accruing(self) -> Collection:
        """Threshold first, then the sweep of the bill's month, then what is left right after issuance."""
        currency = self.account.currency
        open_ = Amount(sum(amount for _, amount in uncollected(self.account, self.charges)), currency)
        figures: dict[str, Amount | str] = {"uncollected": open_}
        threshold = threshold_of(self.draft, self.account, self.charges)
        first = f"{money_text(*open_)} are not collected yet"
        if threshold is not None:
            figures["threshold"] = Amount(threshold, currency)
            first += f", and the {self._method} is charged as soon as that reaches {money_text(threshold, currency)}"
            if reached(open_.minor, threshold):
                return self._over_threshold(first, figures)
        if self.account.holds:
            return Collection(
                CollectionStep.WAITS, None,
                f"{first}; month-end sweep and issuance charge nothing while automatic write-off is on hold", figures,
            )  # fmt: skip
        sweep, issuance = sweep_at(self.cycle, self.policy), issuance_at(self.cycle, self.policy)
        if self.at < sweep:
            figures["sweep_at"] = instant_text(sweep)
            return Collection(
                CollectionStep.SWEEP, sweep,
                f"{first}; what the account's own funds leave is charged by the month-end sweep of "
                f"{cycle_text(self.cycle)} at {self._local(sweep)}, and what accrues after it right after issuance",
                figures,
            )  # fmt: skip
        if issuance <= self.at:
            late = (
                f"{first}; the bill was due to be issued at {self._local(issuance)}, and what the account's own funds "
                "leave of it is charged when its month close has reached it"
            )
            return Collection(CollectionStep.ISSUANCE, issuance, late, figures)
        return Collection(
            CollectionStep.ISSUANCE, issuance,
            f"{first}; what the account's own funds leave of the bill is charged right after issuance", figures,
        )  # fmt: skip

    def _over_threshold(self, first: str, figures: dict[str, Amount | str]) -> Collection:
        if not is_capped(self.draft, self.charges):
            return Collection(CollectionStep.THRESHOLD, self.at, f"{first}: at the next tick", figures)
        most, due_at = self.policy.collection.attempts_per_day, self.charges.values.due_at
        again = "" if due_at is None else f", again from {self._local(due_at)} on"
        if due_at is not None and due_at <= self.at:
            again = ", again at the next tick"
        return Collection(
            CollectionStep.THRESHOLD,
            due_at,
            f"{first}: today it was charged {most} times already{again}",
            figures,
        )
