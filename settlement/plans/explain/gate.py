"""What keeps the gate shut, as reasons: not issued, parked, switch, holds, available credit, a charge in flight.

Rule: R4.2, R4.8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from settlement.model.cycle import Cycle
from settlement.model.instants import instant_text, local_text
from settlement.model.money import decimal_text, money_text
from settlement.model.payments import PAYMENT_HOLD
from settlement.model.policies.policy import Policy
from settlement.model.reasons import Amount, Reason, ReasonCode, RemedyEvent
from settlement.model.skip import SkipReason
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.write_off import shut_by as gate_shut_by
from settlement.rules.calendar import issuance_at
from settlement.rules.credit import AvailableCredit

# By reason and reference of a hold, the name that people gave to the settlement or payment that holds.
HoldNames = Mapping[tuple[str, str], str]


class Shut(NamedTuple):
    """What shuts an account's gate, and its available credit."""

    by: Sequence[SkipReason]
    available: AvailableCredit

    @property
    def lacking_minor(self) -> int:
        """What available credit lacks to open the gate, minor units; zero where it is not what shuts it."""
        return 1 - self.available.minor if SkipReason.NO_AVAILABLE_CREDIT in self.by else 0


def shut_by(draft: Draft, account: WorkingAccount) -> Shut:
    """What shuts the gate at this point of the draft."""
    return Shut(gate_shut_by(draft, account), account.available_credit(draft.policy))


def by_gate(
    shut: Shut, account: WorkingAccount, parked_at: datetime | None, names: HoldNames, *, zone: tzinfo
) -> Iterator[Reason]:
    """Reasons that no money changes: parked, switched off, each hold by its name. `zone` is the billing zone."""
    for reason in shut.by:
        match reason:
            case SkipReason.PARKED:
                yield _parked(parked_at, zone)
            case SkipReason.SWITCH_OFF:
                yield _SWITCH_OFF
            case SkipReason.ON_HOLD:
                yield from (
                    _on_hold(name, names.get((name, ref), ref)) for name, ref in sorted(account.holds)
                )
            case SkipReason.NO_AVAILABLE_CREDIT:
                pass
            case SkipReason.NO_FUNDS | SkipReason.PARTIAL_NOT_ALLOWED | SkipReason.CHARGE_IN_FLIGHT:
                raise AssertionError(f"{reason} does not shut the gate")


def not_issued(at: datetime, cycle: Cycle, policy: Policy) -> Reason:
    """The bill has no amount yet. `at` is the instant that is asked about."""
    instant = issuance_at(cycle, policy)
    local = local_text(instant, policy.zone)
    figures: dict[str, Amount | str] = {"issued_at": instant_text(instant)}
    if at < instant:
        return Reason(
            ReasonCode.NOT_ISSUED,
            f"it is not issued yet: that happens at {local}; until then its figures are indicative",
            figures,
            "waiting until then",
        )
    return Reason(
        ReasonCode.NOT_ISSUED,
        f"it is not issued yet, although that was due at {local}: its month close has not reached it",
        figures,
        "the month close of its cycle (`settle runs list` shows how far it is; `settle tick` does what is due)",
    )


def no_available_credit(
    shut: Shut, account: WorkingAccount, top_up_minor: int | None = None
) -> Iterator[Reason]:
    """Available credit is not above zero: with its three terms. `top_up_minor`: the top-up that settles the bill."""
    if not shut.lacking_minor:
        return
    currency, available, lacking = (
        account.currency,
        shut.available,
        Amount(shut.lacking_minor, account.currency),
    )
    accruing = available.frozen_minor - account.frozen_minor - account.held_minor
    yield Reason(
        ReasonCode.NO_AVAILABLE_CREDIT,
        f"available credit is {money_text(available.minor, currency)} and must be above zero: "
        f"cash {money_text(available.cash_minor, currency)} "
        f"+ limit {money_text(available.credit_limit_minor, currency)} "
        f"- frozen {money_text(available.frozen_minor, currency)}"
        + (f" (of which {money_text(accruing, currency)} are fees of cycles not issued yet)" if accruing else ""),
        {
            "available_credit": Amount(available.minor, currency),
            "cash": Amount(available.cash_minor, currency),
            "credit_limit": Amount(available.credit_limit_minor, currency),
            "frozen": Amount(available.frozen_minor, currency),
            "frozen_accruing": Amount(accruing, currency),
            "lacking": lacking,
        },
        *_opening(account, lacking, top_up_minor),
    )  # fmt: skip


def shut_after_this(shut: Shut, account: WorkingAccount, left_minor: int) -> Iterator[Reason]:
    """The gate is open, and what the next write-off pays shuts it for the one after it. Rule: R4.2e.

    `shut` and `account` as they are after the next write-off, which leaves `left_minor` of the bill.
    """
    if not shut.lacking_minor:
        return
    currency, available = account.currency, shut.available
    left, lacking = Amount(left_minor, currency), Amount(shut.lacking_minor, currency)
    yield Reason(
        ReasonCode.NO_AVAILABLE_CREDIT,
        f"what the next write-off pays brings available credit to {money_text(available.minor, currency)}, which shuts "
        f"the gate for the {money_text(*left)} that are left of it then",
        {
            "available_credit": Amount(available.minor, currency),
            "cash": Amount(available.cash_minor, currency),
            "credit_limit": Amount(available.credit_limit_minor, currency),
            "frozen": Amount(available.frozen_minor, currency),
            "lacking": lacking,
        },
        f"what settles it, if it comes before that write-off; after it {money_text(*lacking)} more open the gate",
    )


def _opening(
    account: WorkingAccount, lacking: Amount, top_up_minor: int | None
) -> tuple[str, tuple[RemedyEvent, ...]]:
    """What opens the gate again, in words and as events."""
    currency, amount = account.currency, money_text(*lacking)

    def changed(**values: int) -> RemedyEvent:
        texts = {name: decimal_text(minor, currency) for name, minor in values.items()}
        return RemedyEvent("account_changed", {"currency": currency, **texts})

    events = [
        RemedyEvent("top_up", {"amount": decimal_text(*lacking), "currency": currency}),
        changed(credit_limit=account.credit_limit_minor + lacking.minor),
    ]
    others = "a higher limit"
    if account.frozen_minor >= lacking.minor:
        others += " or an unfreezing"
        events.append(changed(frozen_amount=account.frozen_minor - lacking.minor))
    if top_up_minor == lacking.minor:
        text = f"a top-up of {amount} settles it; {others} of {amount} opens the gate"
    else:
        text = f"a top-up of {amount} opens the gate, and so does {others} of {amount}"
    return f"{text}; a limit only opens the gate, it never pays", tuple(events)


def charge_in_flight(account: WorkingAccount, cycle: Cycle) -> Iterator[Reason]:
    """A charge that may have happened already, so that no other fund pays what it is for. Rule: R5.5."""
    charges = account.charges
    if charges is None or (attempt := charges.in_flight) is None:
        return
    reserved = charges.reserved_minor(cycle)
    if not reserved:
        return
    charge, amount = attempt.attempt, Amount(reserved, account.currency)
    doubt = (
        "its outcome is not known yet, so that nothing else pays it meanwhile"
        if attempt.state == "unknown"
        else f"it is {attempt.state}"
    )
    yield Reason(
        ReasonCode.CHARGE_IN_FLIGHT,
        f"a charge of the payment method is under way for {money_text(*amount)} of it, and {doubt}",
        {"charge": charge.reference, "state": attempt.state, "amount": amount},
        f"the gateway's answer, which is requested by itself (`settle charges show {charge.reference}`)",
    )


def _parked(parked_at: datetime | None, zone: tzinfo) -> Reason:
    since = "" if parked_at is None else local_text(parked_at, zone)
    return Reason(
        ReasonCode.PARKED,
        f"the account is parked since {since}, because its figures did not add up",
        {"parked_at": "" if parked_at is None else instant_text(parked_at)},
        "finding out why (`settle parked recheck`) and releasing the account (`settle parked release`)",
    )


_SWITCH_OFF = Reason(
    ReasonCode.SWITCH_OFF,
    "automatic write-off is switched off for this account",
    {},
    "turning the switch on (event account_changed, auto_write_off: true)",
    (RemedyEvent("account_changed", {"auto_write_off": True}),),
)


def _on_hold(name: str, ref: str) -> Reason:
    if name == UNIFIED_HOLD:
        return Reason(
            ReasonCode.UNIFIED_SETTLEMENT,
            f"unified settlement {ref} holds the account: its listed bills are paid by the main account, in its order",
            {"settlement": ref},
            "the settlement's completion, or closing it (event unified_settlement_closed)",
        )
    if name == PAYMENT_HOLD:
        return Reason(
            ReasonCode.MANUAL_PAYMENT,
            f"manual payment {ref} of the account is in progress; automatic write-off goes on by itself when it ends",
            {"payment": ref},
            "the payment's end, at the latest when its lease is over",
        )
    return Reason(
        ReasonCode.ON_HOLD,
        f"automatic write-off is on hold: {name}" + (f" ({ref})" if ref else ""),
        {"hold": name, "ref": ref},
        "releasing this hold (event account_changed, release)",
        (RemedyEvent("account_changed", {"release": {"reason": name, "ref": ref}}),),
    )
