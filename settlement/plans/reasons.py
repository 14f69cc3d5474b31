"""Why is this bill still unsettled? Asks the write-off itself, on a copy, and names what stands in its way. Rule: R4.8.

No rule is written down a second time here: the gate says what shuts it, the write-off is run as it is and once more
with the gate held open, and what is left after that is what funds cannot pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from settlement.model.account import AccountId
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.funds import CreditRefund, StoredValueCard
from settlement.model.money import money_text
from settlement.model.policy import Policy
from settlement.model.skip import SkipReason
from settlement.model.snapshot import Snapshot
from settlement.plans.charging import charge_unit_of
from settlement.plans.issue import issue
from settlement.plans.working import Draft, WorkingAccount, WorkingFund
from settlement.plans.write_off import line_room, shut_by, write_off
from settlement.rules.calendar import issuance_at
from settlement.rules.cards import CardClause, card_refused_by, spending_order
from settlement.rules.chargeable import chargeable_minor
from settlement.rules.credit import AvailableCredit
from settlement.rules.refunds import pays_past_bills, refund_may_pay, refund_order

_Fund = TypeVar("_Fund", StoredValueCard, CreditRefund)
_ASKED = "explain"
# A limit lifts the gate and never pays, so a limit beyond everything opens the gate and changes nothing else.
_BEYOND_EVERYTHING = 10**30


class ReasonCode(StrEnum):
    """Why the next write-off leaves a bill unsettled, in the order in which the reasons are given."""

    NOT_ISSUED = "not_issued"
    PARKED = "parked"
    SWITCH_OFF = "switch_off"
    ON_HOLD = "on_hold"
    NO_AVAILABLE_CREDIT = "no_available_credit"
    CHARGE_IN_FLIGHT = "charge_in_flight"
    CARD_NOT_USABLE = "card_not_usable"
    REFUND_NOT_ELIGIBLE = "refund_not_eligible"
    PARTIAL_NOT_ALLOWED = "partial_not_allowed"
    NO_FUNDS = "no_funds"
    BELOW_MINIMUM = "below_minimum"


class Amount(NamedTuple):
    """Minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a sentence with its figures, the figures by name for programs, and what would change it."""

    code: ReasonCode
    sentence: str
    figures: Mapping[str, Amount | str]
    remedy: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the next write-off does to a bill. No reason means that it settles the bill, and the other way round.

    `at` is the instant for which this is said: the one asked about, or for a bill not issued yet, its issuance.
    """

    at: datetime
    reasons: tuple[Reason, ...]
    would_pay_minor: int
    would_settle: bool


def plan_write_off(snapshot: Snapshot, *, at: datetime, policy: Policy) -> Changes:
    """The automatic write-off of a set at the instant `at`, for no other cause than being asked."""
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        write_off(draft, account, cause=_ASKED, correlation_id=_ASKED)
    return draft.finish()


def gate(snapshot: Snapshot, account_id: AccountId, *, at: datetime, policy: Policy) -> tuple[Reason, ...]:
    """What keeps the account's gate shut at the instant `at`; empty when it is open. Rule: R4.2."""
    return tuple(_Copy(snapshot, account_id, at=at, policy=policy).gate())


def outlook(
    snapshot: Snapshot, account_id: AccountId, cycle: Cycle, *, at: datetime, policy: Policy
) -> Outlook:
    """Every reason for which the bill is not settled by the next write-off. Rule: R4.8.

    The snapshot holds the account with all bills that are not settled and their lines; the bill is one of them.
    """
    bills = snapshot.positions[account_id].bills
    issued = any(bill.cycle == cycle and bill.payable_minor is not None for bill in bills)
    then = at if issued else max(at, issuance_at(cycle, policy))

    def copy(*, partial: bool = policy.partial_write_off, opened: bool = False) -> _Copy:
        made = _Copy(snapshot, account_id, at=then, policy=_with_partial(policy, partial=partial))
        made.issue_until(cycle)
        if opened:
            made.open_gate()
        return made

    before = copy()
    owed = before.outstanding(cycle)
    reasons = [] if issued else [_not_issued(at, cycle, policy)]
    gate_shut = list(before.gate())
    after = copy().written_off()
    if owed:
        reasons += gate_shut
        reasons += before.in_flight(cycle)
        opened = copy(opened=True).written_off()
        if opened.outstanding(cycle) > opened.reserved(cycle):
            reasons += opened.unfit_funds(cycle)
            stretched = copy(opened=True, partial=True).written_off()
            reasons += _partial(opened, stretched, cycle)
            reasons += stretched.shortfall(cycle)
            reasons += stretched.too_little_to_charge(cycle)
    else:
        # Nothing will be owed, and only a parked account is not issued.
        reasons += [reason for reason in gate_shut if reason.code is ReasonCode.PARKED]
    left = after.outstanding(cycle)
    return Outlook(then, tuple(reasons), owed - left, would_settle=left == 0 and issued)


def _with_partial(policy: Policy, *, partial: bool) -> Policy:
    return replace(policy, partial_write_off=partial)


class _Copy:
    """One account on a scratch copy, on which the write-off can be tried."""

    def __init__(self, snapshot: Snapshot, account_id: AccountId, *, at: datetime, policy: Policy) -> None:
        one = Snapshot({account_id: snapshot.positions[account_id]})
        self.parked_by = snapshot.positions[account_id].account.parked_at
        self.draft = Draft(one, at=at, policy=policy)
        self.account: WorkingAccount = self.draft.accounts[account_id]
        self.currency = self.account.currency

    def issue_until(self, cycle: Cycle) -> None:
        """Issues what is not issued yet, up to and with this cycle."""
        for bill in list(self.account.bills):
            if bill.payable_minor is None and bill.cycle <= cycle:
                issue(self.draft, self.account, bill, cause=_ASKED, correlation_id=_ASKED)

    def open_gate(self) -> None:
        self.account.parked = False
        self.account.auto_write_off_enabled = True
        self.account.holds = set()
        self.account.credit_limit_minor = _BEYOND_EVERYTHING

    def written_off(self) -> _Copy:
        write_off(self.draft, self.account, cause=_ASKED, correlation_id=_ASKED)
        return self

    def outstanding(self, cycle: Cycle) -> int:
        return sum(
            (bill.payable_minor or 0) - bill.paid_minor for bill in self.account.bills if bill.cycle == cycle
        )

    def gate(self) -> Iterator[Reason]:
        account = self.account
        for reason in shut_by(self.draft, account):
            match reason:
                case SkipReason.PARKED:
                    yield _parked(self.parked_by)
                case SkipReason.SWITCH_OFF:
                    yield _SWITCH_OFF
                case SkipReason.ON_HOLD:
                    yield from (_on_hold(name, ref) for name, ref in sorted(account.holds))
                case SkipReason.NO_AVAILABLE_CREDIT:
                    yield _no_available_credit(account.available_credit(self.draft.policy), account)
                case SkipReason.NO_FUNDS | SkipReason.PARTIAL_NOT_ALLOWED | SkipReason.CHARGE_IN_FLIGHT:
                    raise AssertionError(f"{reason} does not shut the gate")

    def in_flight(self, cycle: Cycle) -> Iterator[Reason]:
        """A charge that may have happened already, so that no other fund pays what it is for. Rule: R5.5."""
        charging = self.account.charging
        reserved = self.reserved(cycle)
        if charging is None or not reserved or (under_way := charging.in_flight) is None:
            return
        attempt, amount = under_way.attempt, Amount(reserved, self.currency)
        doubt = "its outcome is not known yet" if under_way.state == "unknown" else f"it is {under_way.state}"
        yield Reason(
            ReasonCode.CHARGE_IN_FLIGHT,
            f"a charge of the payment method is under way for {money_text(*amount)} of it, and {doubt}",
            {"charge": attempt.reference, "state": under_way.state, "amount": amount},
            f"the gateway's answer, which is asked for by itself (`settle charges show {attempt.reference}`)",
        )

    def reserved(self, cycle: Cycle) -> int:
        return 0 if self.account.charging is None else self.account.charging.reserved_minor(cycle)

    def unfit_funds(self, cycle: Cycle) -> Iterator[Reason]:
        """Cards and refunds that have something left and may not pay this bill."""
        account = self.account
        for card, balance in sorted(_left(account.cards), key=lambda left: spending_order(left[0])):
            yield from self._card(card, balance, cycle)
        past = pays_past_bills(
            credit_control=account.credit_control, write_off_past_bills=account.write_off_past_bills
        )
        for refund, balance in sorted(_left(account.refunds), key=lambda left: refund_order(left[0])):
            if not refund_may_pay(refund.cycle, cycle, past_bills=past):
                left = Amount(balance, self.currency)
                yield _refund_not_eligible(refund, left, credit_control=account.credit_control)

    def _card(self, card: StoredValueCard, balance_minor: int, cycle: Cycle) -> Iterator[Reason]:
        """What each clause keeps the card from paying, of the lines that still have something to pay."""
        kept: dict[CardClause, int] = {}
        for working in self.account.lines:
            room = line_room(working, self.currency)
            if working.line.cycle != cycle or not room:
                continue
            clause = card_refused_by(card, working.line, self.draft.at, self.draft.policy.zone)
            if clause is not None:
                kept[clause] = kept.get(clause, 0) + room
        for clause in CardClause:
            if clause in kept:
                yield _card_not_usable(
                    card, Amount(balance_minor, self.currency), clause, Amount(kept[clause], self.currency), cycle,
                    self.draft.at,
                )  # fmt: skip

    def shortfall(self, cycle: Cycle) -> Iterator[Reason]:
        """What is missing after everything that may pay has paid."""
        missing = self.outstanding(cycle) - self.reserved(cycle)
        if missing <= 0:
            return
        account = self.account
        earlier = sum(
            self.outstanding(bill.cycle) - self.reserved(bill.cycle)
            for bill in account.bills
            if bill.cycle < cycle
        )
        # Cash that an operator froze is not spent; new cash fills that up first.
        frozen_gap = max(0, account.frozen_minor - account.cash_minor)
        needed = Amount(missing + earlier + frozen_gap, self.currency)
        figures = {"missing": Amount(missing, self.currency), "top_up_needed": needed}
        behind = ""
        if earlier:
            figures["missing_for_earlier_bills"] = Amount(earlier, self.currency)
            behind = f", and {money_text(earlier, self.currency)} for earlier bills, which come first"
        if account.frozen_minor:
            figures["frozen"] = Amount(account.frozen_minor, self.currency)
            behind += f"; {money_text(account.frozen_minor, self.currency)} of cash are frozen and not spent"
        yield Reason(
            ReasonCode.NO_FUNDS,
            f"no funds are left: {money_text(missing, self.currency)} are missing for this bill{behind}",
            figures,
            f"a top-up of {money_text(*needed)} or more",
        )

    def too_little_to_charge(self, cycle: Cycle) -> Iterator[Reason]:
        """Less is missing than the payment method's gateway takes, so nothing is charged for it yet. Rule: R5.8a."""
        account, charging = self.account, self.account.charging
        method = charging.chargeable if charging is not None else None
        if charging is None or method is None or account.credit_control or charging.in_flight is not None:
            return
        owed = sum(self.outstanding(bill.cycle) for bill in account.bills)
        unit = charge_unit_of(self.draft, account, method)
        if self.outstanding(cycle) <= 0 or chargeable_minor(owed, unit):
            return
        least = Amount(max(unit.minimum_minor, unit.step_minor), self.currency)
        missing = Amount(owed, self.currency)
        yield Reason(
            ReasonCode.BELOW_MINIMUM,
            f"{money_text(*missing)} are missing in all, and {method.gateway} takes {money_text(*least)} at least",
            {"missing": missing, "minimum": least, "gateway": method.gateway},
            "the next charge of the payment method, which takes it along with what comes then",
        )


def _left(funds: Iterable[WorkingFund[_Fund]]) -> Iterator[tuple[_Fund, int]]:
    """Funds that are not used up, with what is left of them, minor units."""
    for working in funds:
        if working.balance_minor:
            yield working.fund, working.balance_minor


def _partial(opened: _Copy, stretched: _Copy, cycle: Cycle) -> Iterator[Reason]:
    """With partial write-off not allowed: the first bill that cannot be paid whole stops itself and all after it."""
    if opened.draft.policy.partial_write_off:
        return
    first = next(bill.cycle for bill in opened.account.bills if opened.outstanding(bill.cycle))
    missing = stretched.outstanding(first)
    short = money_text(missing, opened.currency)
    which = (
        "this bill cannot be paid whole"
        if first == cycle
        else (f"bill {cycle_text(first)} comes first and cannot be paid whole")
    )
    yield Reason(
        ReasonCode.PARTIAL_NOT_ALLOWED,
        f"bills are not paid in part here, and {which}: {short} are missing",
        {"bill": cycle_text(first), "missing": Amount(missing, opened.currency)},
        "a top-up that covers it, or the setting that lets a bill be paid in part",
    )


def _not_issued(at: datetime, cycle: Cycle, policy: Policy) -> Reason:
    instant = issuance_at(cycle, policy)
    local = instant.astimezone(policy.zone)
    figures: dict[str, Amount | str] = {"issued_at": instant.isoformat().replace("+00:00", "Z")}
    if at < instant:
        return Reason(
            ReasonCode.NOT_ISSUED,
            f"it is not issued yet: that happens at {local:%Y-%m-%d %H:%M %Z}; until then its figures are indicative",
            figures,
            "waiting until then",
        )
    return Reason(
        ReasonCode.NOT_ISSUED,
        f"it is not issued yet, although that was due at {local:%Y-%m-%d %H:%M %Z}: its month close has not reached it",
        figures,
        "the month close of its cycle (`settle runs list` shows how far it is; `settle tick` does what is due)",
    )


def _parked(parked_at: datetime | None) -> Reason:
    since = "" if parked_at is None else parked_at.isoformat().replace("+00:00", "Z")
    return Reason(
        ReasonCode.PARKED,
        f"the account is parked since {since}, because its figures did not add up",
        {"parked_at": since},
        "finding out why (`settle audit`, `settle accounts show`) and releasing the account",
    )


_SWITCH_OFF = Reason(
    ReasonCode.SWITCH_OFF,
    "automatic write-off is switched off for this account",
    {},
    "turning the switch on (event account_changed, auto_write_off: true)",
)


def _on_hold(name: str, ref: str) -> Reason:
    return Reason(
        ReasonCode.ON_HOLD,
        f"automatic write-off is held: {name}" + (f" ({ref})" if ref else ""),
        {"hold": name, "ref": ref},
        "releasing this hold (event account_changed, release)",
    )


def _no_available_credit(available: AvailableCredit, account: WorkingAccount) -> Reason:
    currency = account.currency
    accruing = available.frozen_minor - account.frozen_minor
    lacking = Amount(1 - available.minor, currency)
    return Reason(
        ReasonCode.NO_AVAILABLE_CREDIT,
        f"available credit is {money_text(available.minor, currency)} and must be above zero: "
        f"cash {money_text(available.cash_minor, currency)} "
        f"+ limit {money_text(available.credit_limit_minor, currency)} "
        f"- frozen {money_text(available.frozen_minor, currency)}"
        + (
            f" (of which {money_text(accruing, currency)} are fees of cycles not issued yet)"
            if accruing
            else ""
        ),
        {
            "available_credit": Amount(available.minor, currency),
            "cash": Amount(available.cash_minor, currency),
            "credit_limit": Amount(available.credit_limit_minor, currency),
            "frozen": Amount(available.frozen_minor, currency),
            "frozen_accruing": Amount(accruing, currency),
        },
        f"a top-up, a higher limit or an unfreezing of {money_text(*lacking)} or more",
    )


def _card_not_usable(
    card: StoredValueCard, balance: Amount, clause: CardClause, kept: Amount, cycle: Cycle, at: datetime
) -> Reason:
    why, remedy = _clause_text(card, clause, cycle, at)
    return Reason(
        ReasonCode.CARD_NOT_USABLE,
        f"card {card.external_id} with {money_text(*balance)} cannot pay {money_text(*kept)} of it: {why}",
        {"card": card.external_id, "balance": balance, "clause": str(clause), "lines": kept},
        remedy,
    )


def _clause_text(card: StoredValueCard, clause: CardClause, cycle: Cycle, at: datetime) -> tuple[str, str]:
    start, end = (
        instant.isoformat().replace("+00:00", "Z") for instant in (card.valid_from, card.valid_until)
    )
    another = "a card that fits, or another fund"
    match clause:
        case CardClause.NOT_VALID_NOW if at < card.valid_from:
            return f"it is valid from {start} on", "waiting until then"
        case CardClause.NOT_VALID_NOW:
            return f"it was valid until {end}", another
        case CardClause.NOT_VALID_IN_MONTH:
            return f"it is valid from {start} to {end}, which is outside {cycle_text(cycle)}", another
        case CardClause.OUT_OF_SCOPE:
            return f"it pays only for {_some(card.products)}", another
        case CardClause.SPANS_MONTHS:
            return "charges that reach over the end of a month or came late are not for cards", another
        case CardClause.NOT_NAMED_FOR_ORDER:
            return f"it is named for the orders {_some(card.orders)} only", another


def _some(names: frozenset[str] | None) -> str:
    listed = sorted(names or ())
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _refund_not_eligible(refund: CreditRefund, balance: Amount, *, credit_control: bool) -> Reason:
    month = cycle_text(refund.cycle)
    remedy = (
        "turning on the write-off of past bills (event account_changed, write_off_past_bills: true)"
        if credit_control
        else "another fund: write-off of past bills is for accounts on credit control"
    )
    return Reason(
        ReasonCode.REFUND_NOT_ELIGIBLE,
        f"a credit refund of {month} with {money_text(*balance)} left pays bills of {month} and later only",
        {"refund": str(refund.id), "cycle": month, "balance": balance},
        remedy,
    )
