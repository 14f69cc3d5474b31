"""What credit control has to do with an unsettled bill: the account pays it, by its due date. Rule: R1.4, R4.8d."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from settlement.model.reasons import Amount, BillDates, Reason, ReasonCode
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.rules.days import day_of
from settlement.rules.terms import is_overdue


def credit_control(draft: Draft, account: WorkingAccount, dates: BillDates) -> Iterator[Reason]:
    """Nothing is charged by itself; the bill is due by the contract's rule, or overdue by it."""
    if not account.credit_control:
        return
    money = "money of its own: a top-up, a transfer in, a card or a refund that fits"
    if dates.due_on is None:
        yield Reason(
            ReasonCode.CREDIT_CONTROL,
            "the account is on credit control, so nothing is charged by itself; no payment term of its contract "
            "holds for this bill, which therefore has no due date",
            {},
            f"{money}; a payment term is for bills issued after it was agreed on (event payment_term_agreed)",
        )
        return
    figures: dict[str, Amount | str] = {"due_on": dates.due_on.isoformat(), "due_rule": dates.due_rule or ""}
    days = (dates.due_on - day_of(draft.at, draft.policy.zone)).days
    if is_overdue(dates.due_on, draft.at, draft.policy.zone):
        first = dates.due_on + timedelta(days=1)
        figures |= {"state": "overdue", "overdue_since": first.isoformat(), "days": str(-days)}
        when = f"was due by the end of {dates.due_on} and is overdue since {first}, {_days(-days)}"
    else:
        figures |= {"state": "due", "days": str(days)}
        when = f"is due by the end of {dates.due_on}, " + (f"in {_days(days)}" if days else "today")
    yield Reason(
        ReasonCode.CREDIT_CONTROL,
        f"the account is on credit control, so nothing is charged by itself; the bill {when} ({dates.due_rule})",
        figures,
        money,
    )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
