"""Announcements about available credit."""

from __future__ import annotations

from settlement.model.announcements.facts import LowCreditFacts
from settlement.model.money import decimal_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.rules.credit import AvailableCredit


def announce_low_credit(
    draft: Draft, account: WorkingAccount, line_minor: int, credit: AvailableCredit, *, said: int
) -> None:
    """Available credit with its three terms, below its line, for the `said`-th time."""
    amounts = (line_minor, credit.minor, credit.cash_minor, credit.credit_limit_minor, credit.frozen_minor)
    line, available, cash, limit, frozen = (decimal_text(minor, account.currency) for minor in amounts)
    facts = LowCreditFacts(account.external_id, account.currency, line, available, cash, limit, frozen, said)
    draft.announce(account, "account.low_credit", facts, f"account:{account.external_id}")
